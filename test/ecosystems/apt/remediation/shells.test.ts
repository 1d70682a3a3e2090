/** The script under the shells that hosts have: the same words, the same ends, and a dry run that changes nothing. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '#test/fleet/digest.ts';
import { mustRun } from '#test/tools.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

const shells = ['dash', 'bash', 'bash --posix', '/srv/busybox/sh'];
let world: World;
beforeAll(async () => {
  world = await startWorld('127.81.0.13');
  bringBusybox();
}, 900_000);
afterAll(() => world.stop());
beforeEach(() => world.reset());

/** This machine's busybox with the libraries that it wants, so that the host need not have one. */
function bringBusybox(): void {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-busybox-'));
  const busybox = mustRun(['sh', '-c', 'command -v busybox']).trim();
  const libraries = [...mustRun(['ldd', busybox]).matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(
    ([, path = '']) => path,
  );
  for (const path of [busybox, ...libraries]) copyFileSync(path, join(folder, basename(path)));
  const loader = libraries.map((path) => basename(path)).find((name) => name.startsWith('ld-'));
  const home = '/srv/busybox';
  writeFileSync(
    join(folder, 'sh'),
    `#!/bin/sh\nexec ${home}/${loader} --library-path ${home} ${home}/busybox sh "$@"\n`,
    { mode: 0o755 },
  );
  const archive = mustRun(['sh', '-c', `tar -c -C '${folder}' . | base64`]);
  const ran = world.host.inside(['sh', '-c', `mkdir -p ${home} && base64 -d | tar -x -C ${home}`], {
    input: archive,
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  rmSync(folder, { recursive: true });
  // The shell is that busybox and no other; the kernel keeps 15 letters of a name.
  expect(world.must(`${home}/sh -c 'read -r name </proc/$$/comm; echo "$name"'`).trim()).toBe(
    loader?.slice(0, 15),
  );
}

describe.each(shells)('%s', (shell) => {
  test('a dry run says what would be done, and changes nothing', () => {
    // The script itself is laid on the host first.
    world.run(world.script, [], { shell: 'true' });
    const before = digestOf(world.host);
    const ran = world.host.inside(['sh', '-c', `cd / && exec ${shell} /srv/plan.sh`]);

    expect([ran.status, ran.stdout.replaceAll(/[0-9a-f]{16}/g, 'ID')]).toEqual([
      2,
      `plan ID for demo-host, made as of 2026-11-01T03:00:00.000Z, good until 2099-01-01T00:00:00.000Z
  fix       bookworm/demo/2.0 (DSA-1-1) by all
  approved  all by CISO on 2026-01-01, CHG-1
  upgrade   demo 1.0 -> 2.0
  along     demo-lib 1.0 -> 2.0
  along     demo-new - -> 2.0
  left      demo-held all 1.0, held
nothing was changed; run it with --apply to do this
`,
    ]);
    expect(digestOf(world.host)).toBe(before);
  });

  test('it applies exactly the plan, and a second time does nothing', () => {
    const applied = world.run(world.script, ['--apply'], { shell });
    expect([applied.status, applied.stdout]).toEqual([
      0,
      expect.stringContaining('done: every planned version is installed'),
    ]);
    expect(world.result()).toMatchObject({ state: 'finished', reason: 'done', exit: 0 });
    const after = world.must("dpkg-query -W -f '${Package} ${Version}\\n' 'demo*' | grep -v ' $'");
    expect(after).toBe('demo 2.0\ndemo-held 1.0\ndemo-lib 2.0\ndemo-new 2.0\ndemo-other 1.0\n');
    expect(world.must('apt-mark showhold')).toBe('demo-held\n');
    // What came along stays what nobody asked for by name.
    expect(world.must('apt-mark showauto demo demo-lib demo-new')).toBe('demo-lib\ndemo-new\n');

    const again = world.run(world.script, ['--apply'], { shell });
    expect([again.status, again.stdout]).toEqual([0, expect.stringContaining('nothing to do')]);
    expect(world.must("dpkg-query -W -f '${Package} ${Version}\\n' 'demo*' | grep -v ' $'")).toBe(after);
  });

  test('it refuses an unknown option and tells its exit codes', () => {
    const help = world.run(world.script, ['--help'], { shell });
    expect([help.status, help.stdout]).toEqual([
      0,
      expect.stringMatching(/Exit codes: 0 nothing to do, or done; 2 /),
    ]);
    expect(world.run(world.script, ['--yes'], { shell })).toMatchObject({
      status: 10,
      stderr: expect.stringContaining("there is no option '--yes'") as string,
    });
  });
});
