/** The command line as people and scripts meet it: help, exit codes, streams, read-only SQL. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { replayTransport } from '#collector/transport/replay.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { recording } from '../fixtures/replay.ts';

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
let where: Places;

function cli(
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, PATCHLEDGER_WORKSPACE: undefined, ...options.env },
  });
}

const inWorkspace = (...args: string[]): ReturnType<typeof cli> => cli([...args, '-w', where.root]);

async function newWorkspace(): Promise<Places> {
  const made = places(join(mkdtempSync(join(tmpdir(), 'patchledger-commands-')), 'workspace'));
  initWorkspace(made.root, { hostname: 'box' });
  await runScan({ places: made, waitSeconds: 0, transports: { local: replayTransport(recording().bytes) } });
  return made;
}

beforeAll(async () => {
  where = await newWorkspace();
});

describe('help and wrong use', () => {
  test.each([
    [],
    ['start'],
    ['init'],
    ['doctor'],
    ['known-hosts'],
    ['scan'],
    ['probe'],
    ['import'],
    ['build'],
    ['serve'],
    ['query'],
    ['verify'],
  ])('%s --help shows an example first', (...words) => {
    const { status, stdout } = cli([...words, '--help']);

    expect(status).toBe(0);
    expect(stdout).toMatch(/^Example: /);
    expect(stdout).toContain('Usage: patchledger');
  });

  test.each<[string[], string]>([
    [['scna'], 'Did you mean scan?'],
    [['scan', '--jsn'], 'Did you mean --json?'],
    [['query', '--format', 'xml', 'SELECT 1'], 'Allowed choices are table, csv, json'],
    [['serve', 'a', 'b'], 'too many arguments'],
  ])('%j ends with 2 and the nearest word', (args, hint) => {
    const { status, stderr, stdout } = cli(args);

    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(hint);
  });

  test('no workspace: 2, and the next step', () => {
    const empty = mkdtempSync(join(tmpdir(), 'patchledger-none-'));
    const { status, stderr } = cli(['scan'], { cwd: empty });

    expect(status).toBe(2);
    expect(stderr).toContain('no workspace here');
    expect(stderr).toContain('next: patchledger init');
  });

  test('an invalid workspace: 2, and file, line and column', async () => {
    const broken = await newWorkspace();
    writeFileSync(join(broken.root, 'inventory', 'web.yaml'), 'hosts:\n  web1:\n    adress: web1.example\n');
    const { status, stderr } = cli(['scan', '-w', broken.root]);

    expect(status).toBe(2);
    expect(stderr).toContain("inventory/web.yaml:3:5: unknown key 'adress' (did you mean 'address'?)");
  });

  test('an unknown host: 2, and nothing is recorded', () => {
    const before = listEntries(where.ledger).length;
    const { status, stderr } = inWorkspace('scan', 'nobody');

    expect(status).toBe(2);
    expect(stderr).toContain('the inventory has no host "nobody"');
    expect(listEntries(where.ledger)).toHaveLength(before);
  });

  test('an empty record: the next step is a scan', () => {
    const root = join(mkdtempSync(join(tmpdir(), 'patchledger-empty-')), 'workspace');
    expect(cli(['init', root]).status).toBe(0);
    const { status, stderr } = cli(['build', '-w', root]);

    expect(status).toBe(1);
    expect(stderr).toContain('next: patchledger scan');
  });
});

describe('where the workspace is', () => {
  test.each<[string, () => { cwd?: string; env?: NodeJS.ProcessEnv; args?: string[] }]>([
    ['named', () => ({ args: ['-w', where.root] })],
    ['in the environment', () => ({ env: { PATCHLEDGER_WORKSPACE: where.root } })],
    ['this folder', () => ({ cwd: where.root })],
    ['above this folder', () => ({ cwd: join(where.root, 'inventory') })],
    ['./workspace', () => ({ cwd: join(where.root, '..') })],
  ])('%s', (_name, how) => {
    const { args = [], ...options } = how();

    expect(cli(['verify', ...args], options)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('intact'),
    });
  });
});

describe('init', () => {
  test('writes once, keeps what is there, and says both', () => {
    const root = join(mkdtempSync(join(tmpdir(), 'patchledger-init-')), 'ws');
    const first = cli(['init', root]);
    const second = JSON.parse(cli(['init', root, '--json']).stdout) as { written: string[]; kept: string[] };

    expect(first.stderr).toContain('wrote inventory/hosts.yaml');
    expect(second.kept).toContain('patchledger.yaml');
    expect(second.written.every((path) => path.startsWith('.patchledger/'))).toBe(true);
  });

  test('refuses a folder that holds something else', () => {
    const root = mkdtempSync(join(tmpdir(), 'patchledger-init-'));
    writeFileSync(join(root, 'letter.txt'), 'dear');

    expect(cli(['init', root])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('holds other files'),
    });
    expect(readdirSync(root)).toEqual(['letter.txt']);
  });
});

describe('scan', () => {
  test('--json: the result and nothing else on standard output', () => {
    const { status, stdout } = inWorkspace('scan', '--json');
    const result = JSON.parse(stdout) as { sequence: number; hosts: { host_id: string; status: string }[] };

    expect(status).toBe(0);
    expect(result.hosts).toMatchObject([{ host_id: 'box', status: 'ok' }]);
    expect(listEntries(where.ledger).map(({ manifest }) => manifest.sequence)).toContain(result.sequence);
  });

  test('while another writes: 5, after the time one is willing to wait', async () => {
    const result = await withWriterLock(where.ledger, { waitSeconds: 0 }, () =>
      Promise.resolve(inWorkspace('scan', '--wait', '0')),
    );

    expect(result.status).toBe(5);
    expect(result.stderr).toContain('is writing to');
  });
});

describe('query', () => {
  test('as table, CSV and JSON', () => {
    const sql = "SELECT host_id, '=1+1' AS formula, [1, 2] AS list, NULL AS nothing FROM hosts";

    expect(inWorkspace('query', sql).stdout).toBe(
      'host_id  formula  list   nothing\n-------  -------  -----  -------\nbox      =1+1     [1,2]\n1 row\n',
    );
    expect(inWorkspace('query', '-f', 'csv', sql).stdout).toBe(
      '"host_id","formula","list","nothing"\n"box","\'=1+1","[1,2]",""\n',
    );
    expect(JSON.parse(inWorkspace('query', '--json', sql).stdout)).toEqual([
      { host_id: 'box', formula: '=1+1', list: [1, 2], nothing: null },
    ]);
  });

  test('--views names every view and column', () => {
    const { stdout } = inWorkspace('query', '--views', '--json');
    const rows = JSON.parse(stdout) as { view: string; column: string; meaning: string }[];

    expect(new Set(rows.map(({ view }) => view)).size).toBeGreaterThanOrEqual(15);
    expect(rows.filter(({ meaning }) => meaning === '')).toEqual([]);
  });

  const leak = join(tmpdir(), 'patchledger-query-leak');
  test.each([
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/*')",
    `COPY (SELECT 1) TO '${leak}'`,
    `ATTACH '${leak}' AS other`,
    `EXPORT DATABASE '${leak}'`,
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET enable_external_access = true',
    "SET temp_directory = '/tmp'",
    'RESET lock_configuration',
    'CREATE TABLE mine AS SELECT 1',
    'DROP TABLE hosts',
    'DELETE FROM hosts',
    'INSERT INTO hosts SELECT * FROM hosts',
    'SELECT 1; SELECT 2',
    'SELECT no_such_column FROM hosts',
    'nonsense',
    '',
  ])('%j is refused', (sql) => {
    const { status, stdout, stderr } = inWorkspace('query', sql);

    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('next: patchledger query --views');
    expect(existsSync(leak)).toBe(false);
    expect(inWorkspace('query', '--json', 'SELECT count(*) AS n FROM hosts').stdout).toContain('"n": 1');
  });

  test.each(['table', 'csv', 'json'])('no control character reaches the terminal as %s', (format) => {
    const { stdout } = inWorkspace(
      'query',
      '-f',
      format,
      "SELECT chr(27) || '[31m' || chr(155) || chr(8238) || chr(7) AS x",
    );

    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  test('a reader that goes away is no error', () => {
    const { status, stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        `"${process.execPath}" "${program}" query -w "${where.root}" -f csv 'FROM current_packages' | head -n 1`,
      ],
      {
        encoding: 'utf8',
      },
    );

    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toHaveLength(2);
  });
});

describe('verify', () => {
  test('an earlier head, whole or short', () => {
    const head = listEntries(where.ledger)[0]!.hash;

    expect(inWorkspace('verify', '--against', head).status).toBe(0);
    expect(inWorkspace('verify', '--against', head.slice(0, 12)).status).toBe(0);
    expect(inWorkspace('verify', '--against', '0'.repeat(64))).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('does not extend'),
    });
  });

  test('damage: 4, with the file, what was expected and what was found', async () => {
    const damaged = await newWorkspace();
    const entry = listEntries(damaged.ledger)[0]!;
    writeFileSync(join(entry.path, 'updates.parquet'), 'changed');
    const { status, stdout, stderr } = cli(['verify', '-w', damaged.root]);

    expect(status).toBe(4);
    expect(stdout).toContain('NOT INTACT');
    expect(stderr).toContain('updates.parquet: was changed');
    expect(stderr).toMatch(/expected [0-9a-f]{64}\n {2}found {4}[0-9a-f]{64}/);
    const report = JSON.parse(cli(['verify', '--json', '-w', damaged.root]).stdout) as { ok: boolean };
    expect(report.ok).toBe(false);
  });

  test('a damaged manifest stops every other command, which points to verify', async () => {
    const damaged = await newWorkspace();
    rmSync(join(listEntries(damaged.ledger)[0]!.path, 'manifest.json'));

    for (const command of ['scan', 'build', 'query']) {
      const result = cli([command, ...(command === 'query' ? ['SELECT 1'] : []), '-w', damaged.root]);
      expect(result).toMatchObject({ status: 4, stderr: expect.stringContaining('patchledger verify') });
    }
  });
});

test('two builds at once: one waits, both end well, one site stands', async () => {
  const shared = await newWorkspace();
  mkdirSync(shared.out, { recursive: true });
  const { status } = spawnSync(
    'sh',
    [
      '-c',
      `"${process.execPath}" "${program}" build -w "${shared.root}" & "${process.execPath}" "${program}" build -w "${shared.root}" && wait $!`,
    ],
    {
      stdio: 'ignore',
    },
  );

  expect(status).toBe(0);
  expect(readdirSync(join(shared.out, '.sites'))).toHaveLength(1);
  expect(readdirSync(shared.cache).filter((name) => name !== '.lock')).toHaveLength(1);
});
