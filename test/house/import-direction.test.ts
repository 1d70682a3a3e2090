/** Data walks in one direction through the rooms; the linter must name every import against it. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** From a folder, what it may not and what it may import. */
const table: { from: string; forbidden: string[]; allowed: string[] }[] = [
  {
    from: 'data/model',
    forbidden: ['#data/ledger/x.ts', '../ledger/x.ts', '#ecosystems/x.ts', '#reports/x.ts', '#site/x.ts'],
    allowed: ['./x.ts', 'zod'],
  },
  {
    from: 'data/ledger',
    forbidden: [
      '#cli/x.ts',
      '#collector/x.ts',
      '#ecosystems/x.ts',
      '#reports/x.ts',
      '#site/x.ts',
      '#test/x.ts',
      '../../collector/x.ts',
    ],
    allowed: ['#data/model/x.ts', './x.ts', '../model/x.ts'],
  },
  {
    from: 'ecosystems/apt',
    forbidden: [
      '#data/ledger/x.ts',
      '#data/workspace/x.ts',
      '../../data/ledger/x.ts',
      '#collector/x.ts',
      '#reports/x.ts',
      '#site/x.ts',
      '#cli/x.ts',
    ],
    allowed: ['#data/model/x.ts', '../x.ts'],
  },
  {
    from: 'collector',
    forbidden: ['#reports/x.ts', '#site/x.ts', '#cli/x.ts', '../reports/findings/x.ts', '#test/x.ts'],
    allowed: ['#ecosystems/x.ts', '#data/ledger/x.ts', '#data/model/x.ts'],
  },
  {
    from: 'reports/findings',
    forbidden: [
      '#collector/x.ts',
      '#site/x.ts',
      '#cli/x.ts',
      '../policy/x.ts',
      '#reports/plans/x.ts',
      '../packs/x.ts',
      '../statistics/x.ts',
      '#reports/reading.ts',
    ],
    allowed: ['#data/ledger/x.ts', '#ecosystems/x.ts', './x.ts'],
  },
  {
    from: 'reports/policy',
    forbidden: ['../statistics/x.ts', '#reports/plans/x.ts', '../packs/x.ts', '#site/x.ts'],
    allowed: ['../findings/x.ts'],
  },
  {
    from: 'reports/statistics',
    forbidden: ['../plans/x.ts', '#reports/packs/x.ts', '#collector/x.ts'],
    allowed: ['../policy/x.ts', '../findings/x.ts'],
  },
  {
    from: 'reports/plans',
    forbidden: ['../packs/x.ts', '#cli/x.ts'],
    allowed: ['../statistics/x.ts', '../policy/x.ts'],
  },
  {
    from: 'reports/packs',
    forbidden: ['#site/x.ts', '#collector/x.ts'],
    allowed: ['../plans/x.ts', '#data/model/x.ts'],
  },
  {
    from: 'site/pages',
    forbidden: [
      '#collector/x.ts',
      '#ecosystems/x.ts',
      '#cli/x.ts',
      '#data/ledger/x.ts',
      '#data/workspace/x.ts',
      '#reports/findings/x.ts',
      '../../reports/findings/x.ts',
      '#reports/reading/x.ts',
    ],
    allowed: ['#reports/reading.ts', '#data/model/x.ts', '../components/x.ts'],
  },
  {
    from: 'cli',
    forbidden: ['#test/x.ts', '../test/x.ts'],
    allowed: ['#collector/x.ts', '#site/x.ts', '#reports/findings/x.ts', '#data/ledger/x.ts'],
  },
];

const forms: { [form: string]: (target: string) => string } = {
  value: (target) => `import { x } from '${target}';\nexport const y = x;\n`,
  type: (target) => `import type { X } from '${target}';\nexport interface Y extends X {}\n`,
  'export from': (target) => `export { x } from '${target}';\n`,
};

const endings: { [ending: string]: (code: string) => string } = {
  ts: (code) => code,
  tsx: (code) => code,
  astro: (code) =>
    `---\n${code.replace(/export const y = x;|export interface Y extends X \{\}/, '')}---\n\n<p>{x}</p>\n`,
};

interface Planted {
  file: string;
  title: string;
  forbidden: boolean;
}

let folder: string;
let planted: Planted[];
let named: Set<string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchledger-rooms-'));
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  planted = plantAll();
  const { stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/oxlint/bin/oxlint'), '--format=json', '.'],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  named = new Set(
    diagnostics.filter(({ code }) => code.includes('no-restricted-imports')).map(({ filename }) => filename),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function plantAll(): Planted[] {
  const all: Planted[] = [];
  for (const { from, forbidden, allowed } of table) {
    for (const [number, target] of [...forbidden, ...allowed].entries()) {
      for (const [form, write] of Object.entries(forms)) {
        for (const [ending, wrap] of Object.entries(endings)) {
          const file = `${from}/planted-${number}-${form.replace(' ', '-')}.${ending}`;
          mkdirSync(dirname(join(folder, file)), { recursive: true });
          writeFileSync(join(folder, file), wrap(write(target)));
          all.push({
            file,
            title: `${from}: ${form} import of ${target} in .${ending}`,
            forbidden: number < forbidden.length,
          });
        }
      }
    }
  }
  return all;
}

describe('the direction of imports', () => {
  test('every planted violation is named, in .ts, .tsx and .astro', () => {
    const missed = planted.filter(({ file, forbidden }) => forbidden && !named.has(file));

    expect(missed.map(({ title }) => title)).toEqual([]);
    expect(planted.filter(({ forbidden }) => forbidden).length).toBeGreaterThan(300);
  });

  test('what is allowed passes', () => {
    const wronged = planted.filter(({ file, forbidden }) => !forbidden && named.has(file));

    expect(wronged.map(({ title }) => title)).toEqual([]);
  });

  // The linter's expressions cannot say "all but", so they list the inner rooms of data and reports.
  test.each(['data', 'reports'])('every inner room of %s is known to the rules', (room) => {
    const known: { [room: string]: string[] } = {
      data: ['feeds', 'ledger', 'model', 'population', 'workspace'],
      reports: ['findings', 'packs', 'plans', 'policy', 'reading', 'statistics'],
    };
    const found = readdirSync(join(root, room), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);

    expect(known[room]).toEqual(expect.arrayContaining(found));
    expect(existsSync(join(root, room))).toBe(true);
  });
});
