/** Hosts that nobody reaches: the script is made, carried, run by real shells, and its answer brought back. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { initWorkspace } from '#data/workspace/init.ts';
import { runTool } from '#test/tools.ts';

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
let root: string;
/** What a person carries. */
let stick: string;

interface Said {
  status: number | null;
  stdout: string;
  stderr: string;
}

function cli(...args: string[]): Said {
  const env = { ...process.env, PATCHLEDGER_WORKSPACE: root };
  const ran = spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8', maxBuffer: 1 << 28 });
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

const rowsOf = (sql: string): object[] => JSON.parse(cli('query', '--json', sql).stdout) as object[];

/** Runs the script that lies on the stick on a machine with another machine-id. */
function runThere(script: string, machine: string, words = ['-o', '.'], uid = 0): Said {
  writeFileSync(join(stick, 'machine-id'), `${machine}\n`);
  const there = `mount --bind "$1/machine-id" /etc/machine-id && cd "$1" && chmod 777 . && shift && exec setpriv --reuid ${uid} --clear-groups "$@"`;
  return runTool(['unshare', '--mount', 'sh', '-c', there, 'sh', stick, 'sh', script, ...words]);
}

const answers = (): string[] =>
  readdirSync(stick)
    .filter((name) => name.endsWith('.answer'))
    .sort();
const onStick = (name: string): string => join(stick, name);

function makeScript(name: string, ...words: string[]): string {
  const made = cli('probe', ...words);
  expect([made.status, made.stderr]).toEqual([0, '']);
  writeFileSync(onStick(name), made.stdout);
  return name;
}

beforeAll(() => {
  root = join(mkdtempSync(join(tmpdir(), 'patchledger-hand-')), 'workspace');
  initWorkspace(root, { hostname: 'box' });
  writeFileSync(
    join(root, 'inventory/hosts.yaml'),
    'hosts:\n  far1: { transport: bundle }\n  far2: { transport: bundle }\n  box: { transport: local }\n',
  );
});
beforeEach(() => {
  stick = mkdtempSync(join(tmpdir(), 'patchledger-stick-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const one = '1'.repeat(32);
const two = '2'.repeat(32);

describe('from the script to the record', () => {
  test('the script for a host writes its answer beside itself, and says what to do', () => {
    const ran = runThere(makeScript('probe.sh', 'far1'), one);
    expect(ran).toMatchObject({ status: 0, stdout: '' });
    expect(ran.stderr).toMatch(/^reading host$/m);
    expect(answers()).toEqual([expect.stringMatching(/^far1-\d{8}T\d{6}Z\.answer$/)]);
    expect(ran.stderr).toContain(`patchledger import ${answers()[0]}`);

    const imported = cli('import', onStick(answers()[0]!));
    expect(imported).toMatchObject({ status: 0, stdout: '' });
    expect(imported.stderr).toMatch(/import 1: head [0-9a-f]{12}\n {2}far1: ok, as of 20.*by its own clock/);
    expect(rowsOf('SELECT host_id, status, transport, clock_offset_ms, stage FROM scans')).toEqual([
      { host_id: 'far1', status: 'ok', transport: 'bundle', clock_offset_ms: null, stage: 'probe' },
    ]);
    expect(rowsOf('SELECT host_id, standing, last_read_transport FROM hosts ORDER BY host_id')).toEqual([
      { host_id: 'box', standing: 'never-read', last_read_transport: null },
      { host_id: 'far1', standing: 'read', last_read_transport: 'bundle' },
      { host_id: 'far2', standing: 'never-read', last_read_transport: null },
    ]);
    expect(cli('verify').status).toBe(0);

    const again = cli('import', onStick(answers()[0]!));
    expect(again.status).toBe(1);
    expect(again.stderr).toMatch(/was taken in before \(entry 1 of box\)/);
  });

  test('the same logs brought again add no event twice', () => {
    const events = () => rowsOf('SELECT count(*) AS events FROM install_events');
    const before = events();
    const script = makeScript('probe.sh', 'far1');
    const ran = runThere(script, one);
    expect(ran.stderr).not.toContain('not the machine');
    expect(cli('import', onStick(answers()[0]!)).status).toBe(0);
    expect(events()).toEqual(before);
    const [entry] = readdirSync(join(root, 'ledger/box'))
      .filter((name) => name.endsWith('-import'))
      .slice(-1);
    const manifest = JSON.parse(readFileSync(join(root, 'ledger/box', entry!, 'manifest.json'), 'utf8')) as {
      files: { path: string; rows: number }[];
    };
    expect(manifest.files.find(({ path }) => path === 'events.parquet')?.rows).toBe(0);
    expect(manifest.files.find(({ path }) => path === 'packages.parquet')?.rows).toBeGreaterThan(100);
  });

  test('another host is told on the spot, and refused when it is brought', () => {
    const script = makeScript('probe.sh', 'far1');
    const ran = runThere(script, two);
    expect(ran.stderr).toContain('This is not the machine that was read as far1 before.');
    const refused = cli('import', onStick(answers()[0]!));
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/comes from another machine.*\n {2}next: .*--rebuilt/);
  });

  test('a script for any host needs somebody to say whose answer it is, until the record knows the machine', () => {
    const script = makeScript('any.sh');
    runThere(script, two, ['-o', 'first']);
    expect(cli('import', onStick('first')).stderr).toMatch(
      /does not say whose it is.*\n {2}next: .*--host ID/,
    );
    expect(cli('import', onStick('first'), '--host', 'far9').stderr).toContain('far9: { transport: bundle }');
    expect(cli('import', onStick('first'), '--host', 'far2').status).toBe(0);
    runThere(script, two, ['-o', 'second']);
    expect(cli('import', onStick('second')).stderr).toMatch(/far2: ok/);
    runThere(makeScript('far1.sh', 'far1'), two, ['-o', 'third']);
    expect(cli('import', onStick('third')).stderr).toContain(
      'is the answer of far2: that machine gave it, not far1',
    );
  });

  test('several at once: one entry, another for the second answer of a host; what is not whole is named, and the rest taken', () => {
    const script = makeScript('far1.sh', 'far1');
    runThere(script, one, ['-o', 'a']);
    runThere(script, one, ['-o', 'b']);
    runThere(makeScript('far2.sh', 'far2'), two, ['-o', 'c']);
    writeFileSync(onStick('d'), readFileSync(onStick('c')).subarray(0, 50_000));
    appendFileSync(onStick('e'), readFileSync(onStick('c'), 'latin1').replaceAll('\n', '\r\n'));

    const imported = cli('import', ...['b', 'a', 'c', 'd', 'e', 'c', 'none'].map(onStick), '--json');

    expect(imported.status).toBe(3);
    const result = JSON.parse(imported.stdout) as {
      entries: object[];
      taken: { file: string; host_id: string; status: string }[];
      refused: { file: string; code: string; next_step: string | null }[];
    };
    expect(result.entries).toHaveLength(2);
    expect(result.taken.map(({ host_id, status }) => `${host_id} ${status}`)).toEqual([
      'far1 ok',
      'far1 ok',
      'far2 ok',
    ]);
    expect(result.refused.map(({ code }) => code)).toEqual([
      'bundle-cut',
      'bundle-line-ends',
      'bundle-known',
      'no-answer',
    ]);
    expect(result.refused.every(({ next_step }) => next_step !== null)).toBe(true);
    expect(cli('verify').status).toBe(0);
  });

  test('an ordinary account reads what it may, and is told that root would read more', () => {
    // With two accounts on the stick, it is carried in a folder that anybody may use.
    const ran = runThere(makeScript('far2.sh', 'far2'), two, [], 65534);
    expect(ran.stderr).toContain('root would read more');
    writeFileSync(onStick('a'), ran.stdout);
    expect(cli('import', onStick('a')).stderr).toMatch(/far2: ok/);
    expect(rowsOf(`SELECT is_root, scan_user FROM hosts WHERE host_id = 'far2'`)).toEqual([
      { is_root: false, scan_user: 'nobody' },
    ]);
  });

  test('does not write over a file, nor leave half an answer as a whole one', () => {
    const script = makeScript('far1.sh', 'far1');
    writeFileSync(onStick('there'), 'something\n');
    expect(runThere(script, one, ['-o', 'there'])).toMatchObject({ status: 1 });
    expect(readFileSync(onStick('there'), 'utf8')).toBe('something\n');
    const full = 'mount -t tmpfs -o size=64k none "$1" && exec sh "$2" -o "$1/answer"';
    const small = mkdtempSync(join(tmpdir(), 'patchledger-full-'));
    const ran = runTool(['unshare', '--mount', 'sh', '-c', full, 'sh', small, onStick(script)]);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('could not be written');
  });
});

describe('beside what is scanned', () => {
  test('a scan does not try such hosts, and does not count them as failed', () => {
    const scanned = cli('scan', '--json');
    expect(scanned.status).toBe(0);
    expect(JSON.parse(scanned.stdout)).toMatchObject({ hosts: [{ host_id: 'box', status: 'ok' }] });
    expect(rowsOf('SELECT host_id, standing, failed_scans FROM hosts ORDER BY host_id')).toEqual([
      { host_id: 'box', standing: 'read', failed_scans: 0 },
      { host_id: 'far1', standing: 'read', failed_scans: 0 },
      { host_id: 'far2', standing: 'read', failed_scans: 0 },
    ]);
    expect(cli('scan', 'far1')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('patchledger probe far1'),
    });
    expect(cli('doctor').stdout).toMatch(/last run: 1 of 1 hosts read/);
  });

  test('the site says that they were brought by hand, and by which clock', () => {
    expect(cli('build')).toMatchObject({ status: 0 });
    const page = (path: string) => readFileSync(join(root, 'out/site', path), 'utf8');
    expect(page('coverage/index.html').match(/brought by hand/g)?.length).toBeGreaterThan(2);
    const host = page('hosts/far1/index.html');
    expect(host).toContain('nobody: its answers are brought by hand');
    expect(host).toContain('not measured: its times are as it says them');
    expect(host).toContain('nothing shows who wrote it');
  });
});

describe('wrong use', () => {
  test.each<[string[], number, string]>([
    [['probe', 'nobody'], 2, 'the inventory has no host "nobody"'],
    [['probe', 'far1', '--installed'], 2, 'ask for one at a time'],
    [['probe', '--sudoers', '--account', 'a b'], 2, 'expected an account name'],
    [['import'], 2, "missing required argument 'answers'"],
    [['import', '/no/such/file'], 1, 'cannot be read (ENOENT)'],
  ])('%j', (words, status, message) => {
    const ran = cli(...words);
    expect([ran.status, ran.stdout]).toEqual([status, '']);
    expect(ran.stderr).toContain(message);
  });

  test('without a workspace the scripts that need none are printed all the same', () => {
    const elsewhere = (...words: string[]) =>
      spawnSync(process.execPath, [program, ...words], { cwd: '/', encoding: 'utf8' });
    for (const words of [['probe'], ['probe', '--installed'], ['probe', '--sudoers', '--account', 'audit']]) {
      const ran = elsewhere(...words);
      expect([words, ran.status, ran.stderr]).toEqual([words, 0, '']);
    }
    expect(elsewhere('probe', 'far1').status).toBe(2);
  });
});
