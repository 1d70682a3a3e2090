/**
 * The whole way of hostile text: a host prints shell, HTML, SQL, formulas, escape codes, invalid UTF-8
 * and junk where names, versions, os-release and hostname belong; nothing of it may arrive unescaped.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { build } from '#cli/build.ts';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { replayTransport } from '#collector/transport/replay.ts';
import { verifyLedger } from '#data/ledger/verify.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { recording } from '../fixtures/replay.ts';

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const esc = '\u001b';
const script = '<script>alert(666)</script>';
const image = `"><img src=x onerror=alert(666)>`;
const sql = `'); DROP TABLE scans; --`;
const formula = `=cmd|' /C calc'!A0`;
const shell = '$(touch /tmp/patchledger-was-here)`id`;reboot';
const colour = `${esc}[31mred${esc}]0;owned\u0007`;
const invalid = '\u00ff\u00fe\u00c0\u00af';
const everything = [script, image, sql, formula, shell, colour, invalid, '\u202egnp.exe'];

/** The recorded answer with lies in it; latin1, so that any byte can be written. */
function lie(): Buffer {
  const text = recording().bytes.toString('latin1');
  const lies: [RegExp, string][] = [
    [/^hostname .*$/m, `hostname ${script}${colour}${invalid}`],
    [/^kernel-version .*$/m, `kernel-version ${image}${sql}`],
    [/^user .*$/m, `user ${formula}`],
    [/^PRETTY_NAME=.*$/m, `PRETTY_NAME="${script}${shell}${colour}"`],
    [/^VERSION_ID=.*$/m, `VERSION_ID="${formula}"`],
    [/^VERSION_CODENAME=.*$/m, `VERSION_CODENAME="${image}"`],
  ];
  let lied = text;
  for (const [pattern, replacement] of lies) {
    if (!pattern.test(lied)) throw new Error(`the recording has no ${pattern}`);
    lied = lied.replace(pattern, () => replacement);
  }
  // Into every list of packages, updates, log lines and software, after its first line.
  for (const section of [
    'processes',
    'maps',
    'software',
    'dpkg-packages',
    'apt-updates',
    'apt-repositories',
    'mapping-owners',
    'dpkg-log',
    'apt-history',
  ]) {
    const begin = new RegExp(`^(0{32} begin ${section}[^\\n]*\\n[^\\n]*\\n)`, 'm');
    if (!begin.test(lied)) throw new Error(`the recording has no section ${section}`);
    lied = lied.replace(begin, (line) => `${line}${hostileLines(section)}`);
  }
  return Buffer.from(lied, 'latin1');
}

function hostileLines(section: string): string {
  const lines = everything.flatMap((text) => [text, `${text}\t${text}\t${text}`]);
  const fitting: { [section: string]: string[] } = {
    processes: everything.map(
      (text, index) =>
        `/proc/${90_000 + index}/stat:${90_000 + index} (${text}) S 1 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 500 0 0`,
    ),
    software: everything.map((text) => `opt ${text}`),
    'dpkg-log': everything.map((text) => `2026-11-01 10:00:00 upgrade ${text}:amd64 1.0 ${text}`),
  };
  return [...lines, ...(fitting[section] ?? [])].join('\n') + '\n';
}

let where: Places;

beforeAll(async () => {
  where = places(join(mkdtempSync(join(tmpdir(), 'patchledger-hostile-')), 'workspace'));
  initWorkspace(where.root, { hostname: 'liar' });
  await runScan({ places: where, waitSeconds: 0, transports: { local: replayTransport(lie()) } });
  await build(where);
});

// Control characters but tab and newline, and what turns the direction of text.
const control = /(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u;

/** Text of the site's files; a file that is not UTF-8 throws. */
function siteFiles(ending: string): [string, string][] {
  return readdirSync(where.site, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => [
      path,
      new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(join(where.site, path))),
    ]);
}

function cli(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...args, '-w', where.root], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
}

describe('a host that lies in everything it prints', () => {
  test('the lies reached the record, as visible text', () => {
    const { stdout } = cli('query', '--json', 'SELECT hostname, os_name, os_version, scan_user FROM hosts');
    const [host] = JSON.parse(stdout) as { [column: string]: string }[];

    expect(host?.['os_name']).toContain(script);
    expect(host?.['os_name']).toContain('\\x1b[31m');
    expect(host?.['os_version']).toBe(formula);
    expect(cli('query', '--json', 'SELECT count(*) AS n FROM current_rejections').stdout).not.toContain(
      '"n": 0',
    );
  });

  test('no page holds markup of the host', () => {
    const pages = siteFiles('.html');
    expect(pages.length).toBeGreaterThanOrEqual(6);
    expect(pages.some(([, text]) => text.includes('&lt;script&gt;alert(666)'))).toBe(true);
    for (const [path, text] of pages) {
      expect(text, path).not.toContain(script);
      expect(text, path).not.toMatch(/<img[^>]+onerror/);
      expect(text, path).not.toMatch(control);
    }
  });

  test('no CSV cell is a formula, none holds control characters, every line has its columns', () => {
    const files = siteFiles('.csv');
    expect(files.length).toBeGreaterThan(10);
    for (const [path, text] of files) {
      expect(text, path).not.toMatch(control);
      const widths = parseCsv(text).map((cells) => {
        expect(
          cells.filter((cell) => /^[=+\-@\t\r]/.test(cell)),
          path,
        ).toEqual([]);
        return cells.length;
      });
      expect(new Set(widths).size, path).toBe(1);
    }
  });

  test.each(['table', 'csv', 'json'])('the terminal sees no control character as %s', (format) => {
    for (const table of [
      'hosts',
      'current_packages',
      'current_rejections',
      'current_software',
      'current_processes',
      'install_events',
    ]) {
      const { status, stdout } = cli('query', '--format', format, `FROM ${table}`);
      expect(status).toBe(0);
      expect(stdout.replaceAll('\n', ''), table).not.toMatch(control);
    }
  });

  test('names and versions that fit no grammar are no packages and no events', () => {
    const sqlOf = (table: string, columns: string): string =>
      `SELECT count(*) AS n FROM ${table} WHERE NOT regexp_full_match(concat_ws('', ${columns}), '[A-Za-z0-9+.:~_-]*')`;
    for (const [table, columns] of [
      ['current_packages', 'package, architecture, version, source_package, source_version'],
      ['current_updates', 'package, architecture, installed_version, candidate_version, newest_version'],
      ['install_events', 'package, architecture, old_version, new_version'],
    ] as const) {
      expect(JSON.parse(cli('query', '--json', sqlOf(table, columns)).stdout)).toEqual([{ n: 0 }]);
    }
  });

  test('nothing was run, the record is intact, and the tables are still there', async () => {
    expect(readdirSync('/tmp')).not.toContain('patchledger-was-here');
    expect((await verifyLedger(where.ledger)).ok).toBe(true);
    expect(cli('query', '--json', 'SELECT count(*) AS n FROM scans').stdout).toContain('"n": 1');
  });

  test('50 MB of junk end as a status, and cost the others nothing', async () => {
    const junk = Buffer.alloc(50 * 1024 * 1024, `${script}${colour}\n`, 'latin1');
    const other = places(join(mkdtempSync(join(tmpdir(), 'patchledger-hostile-')), 'workspace'));
    initWorkspace(other.root, { hostname: 'liar' });
    const run = await runScan({
      places: other,
      waitSeconds: 0,
      transports: { local: replayTransport(junk) },
    });

    expect(run.scans[0]?.status).not.toBe('ok');
    expect(run.scans[0]?.reason).not.toMatch(control);
    expect((await verifyLedger(other.ledger)).bytes).toBeLessThan(200_000);
  });
});

/** Cells of a CSV text, all of them quoted. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  for (
    let match = cell.exec(text);
    match !== null && cell.lastIndex <= text.length;
    match = cell.exec(text)
  ) {
    rows.at(-1)?.push((match[1] ?? match[2] ?? '').replaceAll('""', '"'));
    if (match[3] === '') break;
    if (match[3] !== ',') rows.push([]);
    if (cell.lastIndex === text.length) break;
  }
  return rows.filter((cells) => cells.length > 0);
}
