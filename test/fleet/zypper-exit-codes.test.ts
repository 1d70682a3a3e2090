/** Exit statuses of the real zypper, what it writes and whom it asks; beside it, that the probe does neither. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverOf } from '#test/collector/ssh/bad-servers.ts';
import { inside } from './old-library.ts';
import { accounts, startZypperHost } from './zypper-host.ts';
import type { FleetHost } from './host.ts';
import type { ZypperHost } from './zypper-host.ts';

let suse: ZypperHost;
let host: FleetHost;
let zypper: ZypperHost['zypper'];
let scan: ZypperHost['scan'];

beforeAll(async () => {
  suse = await startZypperHost('127.92.2.15');
  ({ host, zypper, scan } = suse);
}, 900_000);
afterAll(() => suse.stop());

describe('exit codes of the real zypper', () => {
  test('100 and 101 say that patches are due, and are no failures', () => {
    expect(zypper('patch-check').status).toBe(101);
    const noSecurity = '--reposd-dir /tmp/no-security';
    inside(host, 'mkdir -p /tmp/no-security');
    expect(zypper(`${noSecurity} patch-check`).status).toBe(0);
  });

  test('a patch for zypper itself comes first and alone, with 103: run it again', () => {
    expect(zypper('patch --dry-run', { asAccount: false }).status).toBe(103);
    expect(suse.dryRun('patch')).toEqual(['libzypp']);
  });

  test('5 for an account that asks for what needs root, and nothing of ours does', () => {
    expect(zypper('patch --dry-run').status).toBe(5);
  });

  test('lock held gives root 7; an unprivileged account gets an answer, and so do we as root', async () => {
    inside(
      host,
      '{ { sleep 600 & echo $! >/run/holder; wait; } | zypper --non-interactive shell; } >/dev/null 2>&1 & sleep 2',
    );
    try {
      expect(zypper('list-updates', { asAccount: false }).status).toBe(7);
      expect(zypper('list-updates').status).toBe(0);
      const held = await scan('root');
      expect(held.scans[0]?.status).toBe('ok');
      expect(held.updates.length).toBeGreaterThan(8);
    } finally {
      // Its input ends, and so does it.
      inside(host, 'kill $(cat /run/holder)');
      await sleep(500);
    }
  });

  test('102 of needs-rebooting is yes, 0 is no', async () => {
    expect((await scan('patchledger')).scans[0]?.reboot_required).toBe(false);
    inside(host, 'touch /run/reboot-needed');
    try {
      expect(zypper('needs-rebooting').status).toBe(102);
      for (const login of accounts) expect((await scan(login)).scans[0]?.reboot_required, login).toBe(true);
    } finally {
      inside(host, 'rm /run/reboot-needed');
    }
  });

  test('106: a repository that is skipped leaves nothing complete that it feeds', async () => {
    inside(host, "mv '/var/cache/zypp/solv/SLE:update_15.6' /tmp/solv");
    try {
      expect(zypper('list-updates').status).toBe(106);
      for (const login of accounts) {
        const { readings, scans } = await scan(login);
        expect(readings.find((row) => row.subject === 'updates')).toMatchObject({
          status: 'partial',
          reason: expect.stringMatching(/left out a repository.*cache/i),
        });
        expect(scans[0]?.status).toBe('partial');
      }
      expect(inside(host, 'ls /var/cache/zypp/solv')).not.toContain('SLE');
    } finally {
      inside(host, "mv /tmp/solv '/var/cache/zypp/solv/SLE:update_15.6'");
    }
  });
});

describe('nothing is written and no server is asked', () => {
  test('as root too, everything is the same before and after, whatever cache is old', async () => {
    inside(host, 'rm -rf /var/cache/zypp/solv/@System /var/log/zypper.log');
    // The overlay copies the folder when something is written there for the first time.
    inside(host, 'touch /var/tmp/one; rm /var/tmp/one');
    // But for what SQLite touches when root reads, and for the folder where zypp's own comes and goes.
    const everything = (): Set<string> =>
      new Set(
        inside(
          host,
          `find / -xdev ! -name rpmdb.sqlite-shm ! -path /var/tmp '(' -type d -printf '%p %m %u %T@\\n' -o -printf '%p %m %u %T@ %s %l\\n' ')'`,
        ).split('\n'),
      );
    const before = everything();
    for (const login of ['root', 'patchledger']) await scan(login);
    expect([...everything()].filter((line) => !before.has(line))).toEqual([]);
    expect(before.size).toBe(everything().size);
    // The same question in root's own name leaves a log, a lock and a new cache.
    zypper('list-updates', { asAccount: false });
    const written = [...everything()].filter((line) => !before.has(line)).map((line) => line.split(' ')[0]);
    expect(written).toEqual(
      expect.arrayContaining(['/var/log/zypper.log', '/var/cache/zypp/solv/@System/solv']),
    );
  });

  test('a repository that was never refreshed is said to be, and its server is not asked', async () => {
    let asked = 0;
    const server = await serverOf('127.92.9.9', (socket) => {
      asked += 1;
      socket.destroy();
    });
    const uri = `http://${server.address}:${server.port}/x`;
    inside(
      host,
      `printf '[never]\\nenabled=1\\nautorefresh=1\\nbaseurl=${uri}\\n' >/etc/zypp/repos.d/never.repo`,
    );
    try {
      for (const login of accounts) {
        const { readings, repositories, updates } = await scan(login);
        expect(readings.find((row) => row.subject === 'updates')).toMatchObject({
          status: 'partial',
          reason: 'The metadata of 1 of 4 repositories is absent on the host.',
        });
        expect(repositories.find((row) => row.suite === 'never')?.present).toBe(false);
        expect(updates.length).toBeGreaterThan(8);
      }
      expect(asked).toBe(0);
      // zypper itself asks, whatever it is told; nobody answers while this process waits for it.
      host.inside(
        ['timeout', '--kill-after=1', '3', 'zypper', '--no-refresh', '--non-interactive', 'list-updates'],
        {
          asAccount: true,
        },
      );
      await sleep(100);
      expect(asked).toBeGreaterThan(0);
    } finally {
      inside(host, 'rm /etc/zypp/repos.d/never.repo');
      await server.stop();
    }
  });
});
