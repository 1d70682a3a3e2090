/** Against real processes and a real dpkg. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { localTransport } from '#collector/transport/local.ts';
import { localHost } from '#test/fixtures/replay.ts';
import type { Snapshot } from '#data/model/tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchledger-processes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * In a mount namespace, /usr/bin gets a layer in which a file of coreutils is another program; it runs,
 * and so does one with a name that poses as pid 1, and both files are deleted. The same file of coreutils is
 * deleted under a process of a container, which has a root directory of its own.
 */
const setUp = `
mount -t tmpfs none "$0" && mkdir "$0/upper" "$0/work" "$0/own" || exit 1
mount -t overlay none -o "lowerdir=/usr/bin,upperdir=$0/upper,workdir=$0/work" /usr/bin || exit 1
evil=$(printf '%s/own/x) S 1\\n1 (y' "$0")
cp /usr/bin/sleep "$0/own/sleep" && cp "$0/own/sleep" "$evil" && rm /usr/bin/arch && cp "$0/own/sleep" /usr/bin/arch || exit 1
/usr/bin/arch 60 >/dev/null 2>&1 & first=$!
"$evil" 60 >/dev/null 2>&1 & second=$!
mkdir "$0/changes" "$0/work2" "$0/container" || exit 1
mount -t overlay none -o "lowerdir=/,upperdir=$0/changes,workdir=$0/work2" "$0/container" || exit 1
rm "$0/container/usr/bin/nproc" && cp "$0/own/sleep" "$0/container/usr/bin/nproc" || exit 1
chroot "$0/container" /usr/bin/nproc 60 >/dev/null 2>&1 & third=$!
sleep 0.3
rm /usr/bin/arch "$evil" "$0/container/usr/bin/nproc"
sh
status=$?
kill "$first" "$second" "$third"
exit "$status"
`;

describe('processes of a real host', () => {
  let snapshot: Snapshot;
  beforeAll(async () => {
    const shell = ['unshare', '--mount', 'sh', '-c', setUp, folder];
    snapshot = await scanHost(localHost('h1'), {
      transports: { local: localTransport(shell) },
    });
  });

  test('a deleted file that is still mapped is given to the package that owns its path', () => {
    const rows = snapshot.mappings.filter((row) => row.path === '/usr/bin/arch');
    expect(rows).toMatchObject([{ package: 'coreutils', process: 'arch' }]);
  });

  test('a name that poses as another process is only a name', () => {
    const evil = snapshot.processes.filter((row) => row.name.startsWith('x) S 1'));
    expect(evil).toMatchObject([{ name: 'x) S 1\\x0a1 (y', maps_read: true }]);
    expect(snapshot.processes.filter((row) => row.pid === 1)).toHaveLength(1);
    // Its file lay under /tmp: nothing that a package brings.
    expect(snapshot.mappings.filter((row) => row.pid === evil[0]!.pid)).toEqual([]);
  });

  test('container processes give no false alarm, though the host has a file of that name', () => {
    const inside = snapshot.processes.filter((row) => row.name === 'nproc');
    expect(inside).toMatchObject([{ maps_read: true }]);
    expect(snapshot.mappings.filter((row) => row.path === '/usr/bin/nproc')).toEqual([]);
  });

  test('processes started before now and after the boot', () => {
    const { booted_at: boot, ended_at: end } = snapshot.scans[0]!;
    for (const row of snapshot.processes) {
      expect(row.started_at >= boot!).toBe(true);
      expect(Date.parse(row.started_at)).toBeLessThan(Date.parse(end) + 2000);
    }
    expect(snapshot.processes.some((row) => row.name === 'kthreadd')).toBe(false);
  });
});
