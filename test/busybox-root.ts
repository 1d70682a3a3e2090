/** A root whose userland is busybox alone, as Alpine's is: no GNU tool is within reach of what runs in it. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mustRun } from './tools.ts';

export interface BusyboxRoot {
  folder: string;
  /** Words that start a shell in the root: as root, or as an account without rights. */
  asRoot: string[];
  asNobody: string[];
  remove: () => void;
}

/** @param prepare a line of shell run in the root, in the background, before each of its shells */
export function busyboxRoot(prepare = 'exec sleep 300'): BusyboxRoot {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-busybox-'));
  chmodSync(folder, 0o755);
  const busybox = mustRun(['sh', '-c', 'command -v busybox']).trim();
  const libraries = mustRun(['ldd', busybox]).match(/\/\S+/g) ?? [];
  for (const file of [busybox, ...libraries]) {
    const place = join(folder, file === busybox ? '/bin/busybox' : file);
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(file, place);
  }
  for (const name of ['proc', 'dev', 'etc', 'tmp']) mkdirSync(join(folder, name));
  mustRun(['chroot', folder, '/bin/busybox', '--install', '-s', '/bin']);
  // An applet that unpacks archives, and no package manager.
  rmSync(join(folder, 'bin/rpm'), { force: true });
  const write = (name: string, text: string) => writeFileSync(join(folder, 'etc', name), text);
  write('passwd', 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n');
  write('os-release', 'ID=alpine\nVERSION_ID=3.22.2\n');
  write('machine-id', `${'ab'.repeat(16)}\n`);
  const inside = `env -i PATH=/usr/sbin:/usr/bin chroot`;
  const shell = (account: string) => [
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    `mount -t proc proc "$0/proc"; mount --bind /dev "$0/dev"
${inside} "$0" /bin/sh -c 'PATH=/bin; ${prepare}' </dev/null >/dev/null 2>&1 &
exec ${inside} --userspec=${account} "$0" /bin/sh -c 'PATH=/bin exec sh'`,
    folder,
  ];
  return {
    folder,
    asRoot: shell('0:0'),
    asNobody: shell('65534:65534'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
