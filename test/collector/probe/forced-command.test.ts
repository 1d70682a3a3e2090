/** An account whose key can do nothing but run the probe: a real sshd, real sudo. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeRun } from '#cli/scan.ts';
import { probeBuild, renderInstalledProbe } from '#collector/probe/installed.ts';
import { renderProbe } from '#collector/probe/program.ts';
import { installedPath } from '#collector/probe/shell.ts';
import { sectionsForRoot } from '#collector/probe/sudoers.ts';
import { defaultLimits } from '#collector/scan.ts';
import { simulateAll } from '#collector/simulate.ts';
import type { Snapshot } from '#data/model/tables.ts';
import { account } from '#test/fleet/roots.ts';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { runTool } from '#test/tools.ts';
import { startRestrictedHost } from './restricted-host.ts';
import type { RestrictedHost, RestrictedOptions } from './restricted-host.ts';

let host: RestrictedHost;
beforeAll(async () => {
  host = await startRestrictedHost({ id: 'locked', address: '127.94.1.1' });
});
afterAll(() => host.stop());

type Way = 'ssh' | 'openssh';
const ways: Way[] = ['ssh', 'openssh'];

function scan(
  one: RestrictedHost,
  way: Way = 'ssh',
  positions: { [log: string]: string } = {},
): Promise<Snapshot> {
  return scanHost({ ...one.host, transport: way }, { transports: one.transports, positions });
}

async function withHost(options: RestrictedOptions, work: (one: RestrictedHost) => Promise<void>) {
  const one = await startRestrictedHost(options);
  try {
    await work(one);
  } finally {
    await one.stop();
  }
}

const readingOf = (snapshot: Snapshot, subject: string) =>
  snapshot.readings.find((reading) => reading.subject === subject);
const asRoot = (snapshot: Snapshot) =>
  snapshot.sections.filter(({ as_root }) => as_root).map(({ section }) => section);
const hasRoot = sectionsForRoot().map(({ name }) => name);

/** The sections that the host, of one family, was asked for as root. */
const askedAsRoot = (snapshot: Snapshot) =>
  snapshot.sections.map(({ section }) => section).filter((name) => hasRoot.includes(name));

describe('what is read', () => {
  test.each(ways)('all of it by %s, and by leave of sudo what only root may read', async (way) => {
    const snapshot = await scan(host, way);
    expect(snapshot.scans[0]).toMatchObject({
      status: 'ok',
      reason: null,
      next_step: null,
      scan_user: account.name,
      is_root: false,
    });
    expect(snapshot.readings.filter(({ status }) => status !== 'complete')).toEqual([]);
    expect(asRoot(snapshot)).toEqual(askedAsRoot(snapshot));
    expect(asRoot(snapshot)).toContain('maps');
    expect(snapshot.processes.every(({ maps_read }) => maps_read)).toBe(true);
    expect(snapshot.packages.length).toBeGreaterThan(100);
  });

  test('logs are read from where the collector says, as root too', async () => {
    const whole = await scan(host);
    const last =
      whole.logs
        .map(({ last_time }) => last_time ?? '')
        .toSorted()
        .at(-1) ?? '';
    const rest = await scan(host, 'openssh', {
      dpkg: '2999-01-01T00:00:00',
      'apt-history': '2999-01-01T00:00:00',
    });
    expect(last).toMatch(/^20\d\d-/);
    expect(whole.events.length).toBeGreaterThan(100);
    expect(rest.events).toEqual([]);
    expect(rest.logs.map(({ last_time }) => last_time)).toEqual(whole.logs.map(({ last_time }) => last_time));
  });

  test('a program of a megabyte is not waited for, nor in the way', async () => {
    for (const way of ways) {
      const connected = await host.transports[way]!.connect(host.host, { limits: defaultLimits });
      if ('end' in connected) throw new Error(connected.end.message);
      const mark = 'ab'.repeat(16);
      let said = '';
      const end = await connected.connection.run(`${renderProbe(mark, {})}# ${'x'.repeat(1_000_000)}\n`, {
        limits: defaultLimits,
        onBytes: (chunk) => (said += Buffer.from(chunk).toString('latin1')).length > 0,
      });
      connected.connection.close();
      expect([way, end.outcome, end.exitStatus]).toEqual([way, 'ended', 0]);
      expect(said.endsWith(`\n${mark} finish\n`)).toBe(true);
    }
  });

  test('a plan cannot be made there, and the failure says why and what to do', async () => {
    const targets = [{ package: 'bash', architecture: 'amd64', version: '5.2.15-2+b8' }];
    const [simulation] = await simulateAll([{ host: host.host, ecosystem: 'apt', targets }], {
      transports: host.transports,
      limits: defaultLimits,
      concurrency: 1,
    });
    expect(simulation).toEqual({ problem: expect.stringMatching(/forced command.*Let the account run sh/) });
  });
});

describe('what else can be done with the key', () => {
  const canary = '/tmp/canary';
  const said = 'This account answers to a collector of Patchledger, and to nobody else.\n';

  test.each<[string, string[], string]>([
    ['a command', [`touch ${canary}; echo done`], ''],
    ['a shell that is typed into', [], `touch ${canary}\necho done\nexit\n`],
    ['a shell named', ['sh', '-s'], `touch ${canary}\necho done\n`],
    ['an option of the installed file', ['--section', 'maps'], ''],
    ['words that would be expanded', ['$(touch', `${canary})`], `mark=$(touch ${canary})\n`],
  ])('%s: nothing', (_name, words, input) => {
    const ran = runTool(host.ssh([], words), input);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toContain(said);
    expect(host.machine.inside(['test', '-e', canary]).status).toBe(1);
  });

  test('files: neither sftp nor scp', () => {
    const sftp = runTool(host.ssh(['-s'], ['sftp']), '\0\0\0\u0005\u0001\0\0\0\u0003');
    expect(sftp).toMatchObject({ status: 2, stdout: '' });
    expect(host.machine.inside(['test', '-e', canary]).status).toBe(1);
  });

  test('no way on from there: neither forward nor back, no agent, no display', () => {
    const forward = runTool(host.ssh(['-W', '127.94.1.1:2222'], []));
    expect(forward.status).toBe(255);
    expect(forward.stdout).not.toContain('SSH-2.0');
    const listen = ['-o', 'ExitOnForwardFailure=yes', '-R', '127.94.1.9:9999:127.0.0.1:9'];
    const back = runTool(host.ssh(listen, []));
    expect(back).toMatchObject({ status: 255, stdout: '' });
  });

  test('no terminal', () => {
    const { stdout, stderr } = runTool(host.ssh(['-tt'], []));
    expect(stdout).toBe('');
    expect(stderr).toContain('PTY allocation request failed');
  });

  test('what sudo lets the account do is those sections, word for word', () => {
    const sudo = (...words: string[]) =>
      host.machine.inside(['sudo', '-n', ...words], { asAccount: true }).status;
    expect(sudo(installedPath, '--section', 'maps')).toBe(0);
    expect(sudo(installedPath, '--section', 'maps', 'x')).toBe(1);
    expect(sudo(installedPath, '--section', 'host')).toBe(1);
    expect(sudo(installedPath)).toBe(1);
    expect(sudo('sh', '-c', 'true')).toBe(1);
    expect(sudo('-u', 'nobody', installedPath, '--section', 'maps')).toBe(1);
    expect(host.machine.inside([installedPath, '--section', 'host'])).toMatchObject({
      status: 2,
      stdout: '',
    });
  });
});

describe('other set-ups', () => {
  const logged = `echo 'Defaults logfile=/tmp/sudo.log' >/etc/sudoers.d/0-log`;

  test('without sudo rules: the same but for what only root may read, and sudo is asked once', async () => {
    await withHost(
      { id: 'no-sudo', address: '127.94.1.2', sudoers: null, prepare: [logged] },
      async (one) => {
        const snapshot = await scan(one);
        expect(snapshot.scans[0]?.status).toBe('ok');
        expect(readingOf(snapshot, 'mappings')).toMatchObject({ status: 'partial', needs_root: true });
        expect(readingOf(snapshot, 'mappings')?.reason).toMatch(/could not be read without root/);
        expect(asRoot(snapshot)).toEqual([]);
        const log = one.machine.inside(['cat', '/tmp/sudo.log']).stdout;
        expect(log.match(/COMMAND=/g)).toHaveLength(1);
      },
    );
  });

  test('a plain account with a shell gets what sudo lets it have: one section here, silently', async () => {
    const sudoers = `${account.name} ALL=(root) NOPASSWD: ${installedPath} --section maps\n`;
    await withHost(
      { id: 'plain', address: '127.94.1.3', sudoers, isForced: false, prepare: [logged] },
      async (one) => {
        const snapshot = await scan(one);
        expect(asRoot(snapshot)).toEqual(['maps']);
        expect(readingOf(snapshot, 'mappings')).toMatchObject({ status: 'complete', needs_root: false });
        expect(one.machine.inside(['cat', '/tmp/sudo.log']).stdout.match(/COMMAND=/g)).toHaveLength(1);
      },
    );
  });

  test('an installed probe of another version is read, and told so', async () => {
    const probe = renderInstalledProbe().replaceAll(probeBuild(), '0123456789ab');
    await withHost({ id: 'other', address: '127.94.1.4', probe }, async (one) => {
      const snapshot = await scan(one);
      expect(snapshot.scans[0]).toMatchObject({
        status: 'ok',
        reason: 'The probe that is installed on it is of another version of Patchledger.',
        next_step: expect.stringContaining('patchledger probe --installed'),
      });
      expect(snapshot.sections.find(({ section }) => section === 'host')?.command).toContain('0123456789ab');
      const entry = { collector: 'main', sequence: 1, hash: 'ab'.repeat(32), path: '' };
      const lines = describeRun({ entry, scans: snapshot.scans, gaps: [] });
      expect(lines[0]).toContain('1 of 1 hosts read');
      expect(lines.slice(1)).toEqual([
        expect.stringMatching(/^ {2}other: The probe that is installed on it/),
        expect.stringMatching(/^ {4}next: Install it again/),
      ]);
    });
  });

  test('one that lacks a section leaves its subject unread, never complete', async () => {
    const probe = renderInstalledProbe()
      .replaceAll(probeBuild(), '0123456789ab')
      .replace(/^run software [\s\S]*?^run |^run software [\s\S]*?^\}/m, (text) =>
        text.endsWith('}') ? '}' : 'run ',
      );
    expect(probe).not.toContain('run software');
    await withHost({ id: 'lacking', address: '127.94.1.5', probe }, async (one) => {
      const snapshot = await scan(one);
      expect(snapshot.scans[0]?.status).toBe('partial');
      expect(snapshot.scans[0]?.reason).toMatch(/software \(unread\).*another version/);
      expect(readingOf(snapshot, 'software')?.status).toBe('unread');
      expect(readingOf(snapshot, 'packages')?.status).toBe('complete');
    });
  });
});
