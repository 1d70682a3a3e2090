/** Rotated logs, read by the real tools of a host. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { localTransport } from '#collector/transport/local.ts';
import { localHost } from '#test/fixtures/replay.ts';
import { mustRun } from '#test/tools.ts';
import { smallRoot } from './small-root.ts';
import type { Positions } from '#ecosystems/ecosystem.ts';
import type { SmallRoot } from './small-root.ts';

let root: SmallRoot;

beforeAll(() => {
  root = smallRoot({ installed: [{ name: 'a', version: '1.2' }], repositories: [], update: false });
  const log = (name: string) => join(root.folder, 'log', name);
  const lines = (text: string[]) => `${text.join('\n')}\n`;
  writeFileSync(
    log('dpkg.log'),
    lines([
      '2026-03-10 09:00:00 startup archives unpack',
      '2026-03-10 10:00:00 status installed a:amd64 1.2',
      '2026-03-10 10:00:01 remove b:amd64 1 <none>',
    ]),
  );
  writeFileSync(
    log('dpkg.log.1'),
    lines(['2026-03-10 08:59:59 upgrade a:amd64 1.1 1.2', '2026-03-10 08:59:59 status unpacked a:amd64 1.2']),
  );
  writeFileSync(
    log('dpkg.log.2.gz'),
    gzipSync(
      lines([
        '2026-02-01 10:00:00 upgrade a:amd64 1.0 1.1',
        '2026-02-01 10:00:02 status installed a:amd64 1.1',
      ]),
    ),
  );
  mustRun([
    'sh',
    '-c',
    `printf '2026-01-01 10:00:00 install a:amd64 <none> 1.0\\n' | xz > '${log('dpkg.log.3.xz')}'`,
  ]);
  writeFileSync(
    log('apt/history.log.1.gz'),
    gzipSync(
      '\nStart-Date: 2026-02-01  09:59:58\nCommandline: apt-get upgrade\nUpgrade: a:amd64 (1.0, 1.1)\nEnd-Date: 2026-02-01  10:00:03\n',
    ),
  );
  writeFileSync(log('apt/history.log'), '');
});
afterAll(() => rmSync(root.folder, { recursive: true, force: true }));

async function scan(positions: Positions, shell = ['sh']) {
  const transports = { local: localTransport([...root.inside, ...shell]) };
  return scanHost(localHost('h1'), { positions, transports });
}

describe('logs of a real host', () => {
  test('all rotations, whatever they are packed with, in the order of time', async () => {
    const { events, logs, readings } = await scan({});
    const dpkg = events
      .filter((row) => row.log === 'dpkg')
      .map((row) => [row.local_time, row.action, row.new_version, row.completed]);
    expect(dpkg).toEqual([
      ['2026-01-01T10:00:00', 'install', '1.0', false],
      ['2026-02-01T10:00:00', 'upgrade', '1.1', true],
      ['2026-03-10T08:59:59', 'upgrade', '1.2', true],
      ['2026-03-10T10:00:01', 'remove', null, null],
    ]);
    expect(events.filter((row) => row.log === 'apt-history')).toMatchObject([
      { action: 'upgrade', command: 'apt-get upgrade', completed: true },
    ]);
    expect(logs.map((row) => [row.path, row.first_time, row.last_time])).toEqual([
      ['/var/log/apt/history.log', null, null],
      ['/var/log/apt/history.log.1.gz', '2026-02-01T09:59:58', '2026-02-01T09:59:58'],
      ['/var/log/dpkg.log', '2026-03-10T09:00:00', '2026-03-10T10:00:01'],
      ['/var/log/dpkg.log.1', '2026-03-10T08:59:59', '2026-03-10T08:59:59'],
      ['/var/log/dpkg.log.2.gz', '2026-02-01T10:00:00', '2026-02-01T10:00:02'],
      ['/var/log/dpkg.log.3.xz', '2026-01-01T10:00:00', '2026-01-01T10:00:00'],
    ]);
    expect(readings.find((row) => row.subject === 'history')).toMatchObject({ status: 'complete' });
  });

  test('hashes are those of the files as they lie there', async () => {
    const { logs } = await scan({});
    for (const row of logs) {
      const file = join(root.folder, 'log', row.path.replace('/var/log/', ''));
      expect(mustRun(['sha256sum', file]).slice(0, 64)).toBe(row.sha256);
    }
  });

  test('a position is read on from, two days before it', async () => {
    const { events, logs } = await scan({
      dpkg: '2026-03-12T08:00:00',
      'apt-history': '2026-03-12T08:00:00',
    });
    expect(events.map((row) => [row.log, row.local_time])).toEqual([
      ['dpkg', '2026-03-10T08:59:59'],
      ['dpkg', '2026-03-10T10:00:01'],
    ]);
    expect(logs).toHaveLength(6);
  });

  test('a log that only root may read is said to an ordinary account', async () => {
    chmodSync(join(root.folder, 'log/dpkg.log'), 0o600);
    const { readings } = await scan({}, [
      'setpriv',
      '--reuid',
      '65534',
      '--regid',
      '65534',
      '--clear-groups',
      'sh',
    ]);
    expect(readings.find((row) => row.subject === 'history')).toMatchObject({
      status: 'partial',
      needs_root: true,
      reason: '/var/log/dpkg.log cannot be read by this account.',
    });
  });
});
