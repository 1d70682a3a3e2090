/** The commands of an operator whose hosts are reached over SSH, beside a real sshd. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { initWorkspace } from '#data/workspace/init.ts';
import { mustRun } from '#test/tools.ts';
import { makeKey, startSshd } from '../collector/ssh/sshd.ts';
import type { Sshd } from '../collector/ssh/sshd.ts';

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const address = '127.78.1.1';
let sshd: Sshd;
let root: string;
let fingerprint: string;

interface Said {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Not `spawnSync`: a test may have to answer meanwhile. */
function cli(...args: string[]): Promise<Said> {
  const env = { ...process.env, PATCHLEDGER_WORKSPACE: root, SSH_AUTH_SOCK: undefined, HOME: root };
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, ...said })));
}

function write(inventory: string, more = ''): void {
  writeFileSync(join(root, 'inventory/hosts.yaml'), `hosts:\n${inventory}`);
  const settings = `collector: box\nscan: { connect-seconds: 3, attempts: 1 }\nssh: { identity-files: [${sshd.identity}] }\n`;
  writeFileSync(join(root, 'patchledger.yaml'), settings + more);
}

const web1 = `  web1: { address: ${address}, port: 2222, user: ${mustRun(['id', '-un']).trim()} }\n`;
const closed = `  closed: { address: ${address}, port: 9 }\n`;

beforeAll(async () => {
  sshd = await startSshd({ address });
  root = join(mkdtempSync(join(tmpdir(), 'patchledger-ssh-')), 'workspace');
  initWorkspace(root, { hostname: 'box' });
  fingerprint = mustRun(['ssh-keygen', '-lf', join(sshd.folder, 'host_ed25519.pub')]).split(' ')[1] ?? '';
});
afterAll(() => sshd.stop());

describe('from an unknown host to a run', () => {
  test('the run names the key, and what to type after comparing it', async () => {
    write(web1);
    const { status, stdout, stderr } = await cli('scan');
    expect(status).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('0 of 1 hosts read');
    expect(stderr).toContain(
      `host-key-unknown, Nobody has vouched for the host's key ssh-ed25519 ${fingerprint}`,
    );
    expect(stderr).toContain(`patchledger known-hosts accept web1 ${fingerprint}`);
  });

  test('known-hosts shows it, and believes nothing', async () => {
    const { status, stdout, stderr } = await cli('known-hosts');
    expect(status).toBe(3);
    expect(stdout).toContain(`web1 ([${address}]:2222): unknown\n  unknown  ssh-ed25519 ${fingerprint}`);
    expect(stderr).toContain(`patchledger known-hosts accept web1 ${fingerprint}`);
    expect((await cli('known-hosts')).stdout).toBe(stdout);
  });

  test.each([
    [['accept', 'web1', 'SHA256:somethingelse'], 1, 'web1 offers another key'],
    [['accept', 'web1'], 2, "missing required argument 'fingerprint'"],
    [['accept', 'web9', 'SHA256:x'], 2, 'the inventory has no host "web9"'],
  ])('%s is refused', async (args, expected, message) => {
    const { status, stderr } = await cli('known-hosts', ...args);
    expect(status).toBe(expected);
    expect(stderr).toContain(message);
  });

  test('accepted by its fingerprint, it is read', async () => {
    const accepted = await cli('known-hosts', 'accept', 'web1', fingerprint);
    expect(accepted).toMatchObject({ status: 0, stderr: expect.stringContaining('is known now') });
    expect(readFileSync(join(root, 'known_hosts'), 'utf8')).toBe(`[${address}]:2222 ${sshd.hostKeys[0]}\n`);
    expect((await cli('known-hosts', 'accept', 'web1', fingerprint)).stderr).toContain('known already');

    const { status, stdout } = await cli('scan', '--json');

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ hosts: [{ host_id: 'web1', status: 'ok' }] });
    const { stdout: rows } = await cli(
      'query',
      '--json',
      'SELECT status, stage, attempts, host_key FROM scans ORDER BY sequence',
    );
    expect(JSON.parse(rows)).toEqual([
      { status: 'host-key-unknown', stage: 'key-exchange', attempts: 1, host_key: null },
      { status: 'ok', stage: 'probe', attempts: 1, host_key: fingerprint },
    ]);
  });

  test('some hosts failed is another exit code than the run failed', async () => {
    write(web1 + closed);
    const some = await cli('scan');
    expect(some.status).toBe(3);
    expect(some.stderr).toContain('1 of 2 hosts read');
    expect(some.stderr).toContain(`closed: refused, Nothing listens on port 9 of ${address}.`);

    write(web1, 'colector: typing error\n');
    expect((await cli('scan')).status).toBe(2);
    write(web1);
  });

  test('a changed key is refused, and forgotten only when a person says so', async () => {
    makeKey(join(sshd.folder, 'new'), 'ed25519');
    const other = readFileSync(join(sshd.folder, 'new.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    writeFileSync(join(root, 'known_hosts'), `# ours\n[${address}]:2222 ${other}\n`);

    expect((await cli('scan')).stderr).toContain('host-key-changed');
    expect((await cli('known-hosts')).stdout).toContain(': changed');
    const refused = await cli('known-hosts', 'accept', 'web1', fingerprint);
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('patchledger known-hosts forget web1'),
    });

    expect((await cli('known-hosts', 'forget', 'web1')).stderr).toContain('forgot ssh-ed25519');
    expect(readFileSync(join(root, 'known_hosts'), 'utf8')).toBe('# ours\n');
    expect((await cli('known-hosts', 'accept', 'web1', fingerprint)).status).toBe(0);
  });
});

interface Finding {
  check: string;
  state: string;
  message: string;
  next_step: string | null;
}

async function doctor(): Promise<{ status: number | null; problems: Finding[] }> {
  const { status, stdout } = await cli('doctor', '--json');
  const findings = JSON.parse(stdout) as Finding[];
  expect(findings.filter((one) => (one.state === 'problem') !== (one.next_step !== null))).toEqual([]);
  return { status, problems: findings.filter(({ state }) => state === 'problem') };
}

describe('doctor', () => {
  test('finds nothing wrong with what works', async () => {
    write(web1);
    await cli('scan');
    const { stdout, status } = await cli('doctor');
    expect(stdout).toMatch(/^ok {6}keys: 1 to log in with/m);
    expect(stdout).toMatch(/^ok {6}known hosts: a key is known for each of 1 hosts$/m);
    expect(stdout).toMatch(/^ok {6}last run: 1 of 1 hosts read/m);
    // Whether this machine keeps its clock by NTP is its own business.
    const problems = stdout.split('\n').filter((line) => line.startsWith('PROBLEM') && !line.includes('NTP'));
    expect(problems).toEqual([]);
    expect(status).toBe(stdout.includes('PROBLEM') ? 1 : 0);
  });

  test('one line and one next step for each problem', async () => {
    write(web1 + closed + '  web2: { address: 127.78.1.2 }\n');
    await cli('scan');
    chmodSync(sshd.identity, 0o644);
    writeFileSync(join(root, 'known_hosts'), `nonsense\n${readFileSync(join(root, 'known_hosts'), 'utf8')}`);
    chmodSync(join(root, 'ledger'), 0o777);

    const { status, problems } = await doctor();

    chmodSync(sshd.identity, 0o600);
    chmodSync(join(root, 'ledger'), 0o755);
    expect(status).toBe(1);
    const said = problems
      .filter(({ check }) => check !== 'clock')
      .map(({ check, message }) => `${check}: ${message}`);
    expect(said).toEqual([
      `permissions: anybody can write to ${join(root, 'ledger')}`,
      `keys: ${sshd.identity}: others can read it`,
      'keys: there is no key to log in to hosts with',
      `known hosts: ${join(root, 'known_hosts')}:1: expected names, type and key, separated by spaces`,
      'known hosts: nobody has vouched for 2 of 3 hosts: closed, web2',
      'last run: 2 of 3 hosts were not read: 2 refused',
    ]);
  });

  test('an inventory that is wrong, and a record that is damaged, are problems like others', async () => {
    write('  web1: { adress: 127.0.0.1 }\n');
    writeFileSync(join(root, 'ledger/box/00000001-scan/manifest.json'), '{}');
    const { problems } = await doctor();
    expect(problems.map(({ check }) => check)).toEqual(['workspace', 'record']);
    expect(problems[0]?.message).toContain('inventory/hosts.yaml:2');
    expect(problems[1]?.next_step).toContain('patchledger verify');
  });
});
