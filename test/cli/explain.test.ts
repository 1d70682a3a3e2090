import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { initWorkspace } from '#data/workspace/init.ts';
import { recordWorkspace } from '#cli/record-workspace.ts';
import { places } from '#cli/workspace.ts';
import { advisoryRows, writeFeed } from '#test/reports/findings/feed-story.ts';
import { writeRun } from '#test/reports/findings/story.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchledger-cli-explain-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(async () => {
  initWorkspace(folder, { hostname: 'box' });
  const { ledger } = places(folder);
  await writeFeed(ledger, {
    at: '2026-09-04T00:00:00.000Z',
    feed: 'debian-dsa',
    rows: advisoryRows([['DSA-1-1', '2026-09-03', 'ssl', '2', 'CVE-2026-10000']]),
  });
  for (const [day, version] of [
    ['01', '1'],
    ['05', '1'],
    ['06', '2'],
  ])
    await writeRun(ledger, 'main', {
      at: `2026-09-${day}T03:00:00.000Z`,
      hosts: { web: { packages: { ssl: version ?? '' } } },
    });
  await recordWorkspace(places(folder));
});

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const explain = (...words: string[]) =>
  spawnSync(process.execPath, [program, 'explain', ...words, '-w', folder], { encoding: 'utf8' });

test.each(['DSA-1-1', 'DSA-1', 'CVE-2026-10000', 'ssl', 'bookworm/ssl/2'])('%s: the whole story', (fix) => {
  const { status, stdout } = explain('web', fix);
  expect(status).toBe(0);
  expect(stdout).toBe(`ssl 2 in bookworm, security
  advisories  DSA-1-1
  closes      CVE-2026-10000
  published   2026-09-03T00:00:00.000Z to 2026-09-03T23:59:59.999Z, by advisory
  learned     2026-09-04T00:00:00.000Z
  spell 1: closed
    had             1
    exposed since   2026-09-03T00:00:00.000Z to 2026-09-03T23:59:59.999Z, by published
    first observed  2026-09-05T03:00:00.000Z
    installed       2026-09-05T03:00:00.000Z to 2026-09-06T03:00:00.000Z, by between-scans
    effective       2026-09-05T03:00:00.000Z to 2026-09-06T03:00:00.000Z, by process-maps
    confirmed       2026-09-06T03:00:00.000Z
    policy default: met, by 2026-10-04T00:00:00.000Z, Other security fixes, CVE-2026-10000
    policy cyber-essentials-3.3: met, by 2026-09-18T00:00:00.000Z, Critical, high or of undisclosed severity, CVE-2026-10000
    policy pci-dss-4.0.1: met, by 2026-10-04T00:00:00.000Z, Critical by our ranking (6.3.1), CVE-2026-10000
  versions on the host
    ssl:amd64 1 from unknown to 2026-09-01T03:00:00.000Z, by late-entry
    ssl:amd64 2 from 2026-09-05T03:00:00.000Z to 2026-09-06T03:00:00.000Z, by between-scans

`);
});

test('--json holds the same', () => {
  const [story] = JSON.parse(explain('web', 'ssl', '--json').stdout) as { exposures: object[] }[];
  expect(story?.exposures).toMatchObject([{ status: 'closed', effective_evidence: 'process-maps' }]);
});

test.each([
  ['web', 'CVE-2020-1'],
  ['nobody', 'ssl'],
  ['web', "' OR 1=1 --"],
])('%s, %s: nothing to explain is said, with 2', (host, fix) => {
  const { status, stderr } = explain(host, fix);
  expect(status).toBe(2);
  expect(stderr).toMatch(/no exposure of .* is known/);
});
