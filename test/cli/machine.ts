/** A machine whose /etc/cron.d, units, tables and /run are a test's own: the real ones are not touched. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

export interface Machine {
  /** Where its folders lie: `etc/cron.d` and so on. */
  root: string;
  /** Runs shell text in it, as root; `$1`… are the words. */
  run: (text: string, ...words: string[]) => Ran;
}

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** What unprivileged things run as: Debian's www-data. */
export const ordinary = { uid: 33, gid: 33, name: 'www-data' };
export const asOrdinary = `setpriv --reuid=${ordinary.uid} --regid=${ordinary.gid} --clear-groups`;

const folders = ['etc/cron.d', 'etc/systemd/system', 'var/spool/cron'];

export function newMachine(): Machine {
  const root = mkdtempSync(join(tmpdir(), 'patchledger-machine-'));
  chmodSync(root, 0o755);
  for (const folder of [...folders, 'var/spool/cron/crontabs', 'home'])
    mkdirSync(join(root, folder), { recursive: true });
  const crontab = spawnSync('getent', ['group', 'crontab'], { encoding: 'utf8' }).stdout.split(':')[2];
  chownSync(join(root, 'var/spool/cron/crontabs'), 0, Number(crontab));
  chmodSync(join(root, 'var/spool/cron/crontabs'), 0o1730);
  chownSync(join(root, 'home'), ordinary.uid, ordinary.gid);
  writeFileSync(join(root, 'crontab'), '');
  const mounts = [
    ...folders.map((folder) => `mount --bind '${root}/${folder}' '/${folder}'`),
    `mount --bind '${root}/crontab' /etc/crontab`,
    'mount -t tmpfs tmpfs /run',
  ].join('\n');
  return {
    root,
    run: (text, ...words) =>
      spawnSync(
        'unshare',
        [
          '--mount',
          // What it starts ends with it.
          '--pid',
          '--fork',
          '--kill-child',
          '--mount-proc',
          '--propagation',
          'private',
          'sh',
          '-c',
          `set -e\n${mounts}\nset +e\n${text}`,
          'sh',
          ...words,
        ],
        {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'], HOME: '/root', LC_ALL: 'C', XDG_CONFIG_HOME: undefined },
        },
      ),
  };
}
