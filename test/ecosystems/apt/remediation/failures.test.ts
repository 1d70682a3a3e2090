/** What goes wrong on a host with real apt: the exit code, what the result says, and that a rerun is safe. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Plan } from '#data/model/plan.ts';
import { renderAptScript } from '#ecosystems/apt/remediation/script.ts';
import { change, startWorld, withdraw } from './world.ts';
import type { World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld('127.81.0.12');
}, 900_000);
afterAll(() => world.stop());
beforeEach(() => world.reset());

const versions = (): string =>
  world.must(
    "dpkg-query -W -f '${Package} ${Version} ${Status}\\n' 'demo*' | grep -v -e config-files -e not-installed",
  );

interface Failure {
  /** What is done to the host before, and after. */
  cause?: string;
  cure?: string;
  plan?: Partial<Plan>;
  words?: string[];
  asAccount?: boolean;
  /** Exit code, and the reason in the result; null where no result may be written. */
  expected: [number, string | null];
  /** Whether what is installed is as before; so it is wherever the script refused. */
  changes?: boolean;
}

const failures: { [name: string]: Failure } = {
  'another machine': { plan: { machine_id: 'c'.repeat(64) }, expected: [10, null] },
  'another release': { plan: { os_version: '11' }, expected: [10, 'wrong-release'] },
  'a plan that has expired': { plan: { expires_at: '2026-01-01T00:00:00.000Z' }, expected: [10, 'expired'] },
  'an ordinary account': { asAccount: true, expected: [10, null] },
  'an option that does not exist': { words: ['--aply'], expected: [10, null] },
  'an installation that was interrupted before': {
    cause: 'dpkg --unpack /srv/repo/demo-more_3.0_all.deb',
    cure: 'dpkg --configure -a',
    expected: [10, 'dpkg-interrupted'],
  },
  'another package manager at work': {
    cause:
      'touch /run/slow; setsid apt-get install -y --reinstall demo-other >/dev/null 2>&1 & sleep 0.2; until grep -q " $(stat -c %i /var/lib/dpkg/lock-frontend)\\|:$(stat -c %i /var/lib/dpkg/lock-frontend) " /proc/locks; do sleep 0.1; done; sleep 1',
    cure: 'rm /run/slow; sleep 3',
    expected: [10, 'locked'],
  },
  'a package that somebody brought to another version': {
    cause: 'apt-get install -y demo=1.5',
    cure: 'apt-get install -y --allow-downgrades demo=1.0',
    expected: [10, 'changed'],
  },
  'a package that somebody removed': {
    cause: 'apt-get remove -y demo',
    cure: 'apt-get install -y demo=1.0 && apt-mark auto demo-lib',
    expected: [10, 'changed'],
  },
  'a package that somebody put on hold': {
    cause: 'apt-mark hold demo',
    cure: 'apt-mark unhold demo',
    expected: [10, 'held'],
  },
  'a planned build that the lists do not have any more': {
    cause: withdraw('demo', ['2.0']),
    cure: 'rm -rf /srv/repo && cp -a /srv/repo.good /srv/repo && apt-get update',
    expected: [10, 'superseded'],
  },
  'a planned build that the repository does not have any more': {
    cause: 'rm /srv/repo/demo_2.0_all.deb',
    cure: 'cp -a /srv/repo.good/demo_2.0_all.deb /srv/repo/',
    expected: [10, 'superseded'],
  },
  'a repository that is gone': {
    cause: 'mv /srv/repo /srv/repo.away',
    cure: 'mv /srv/repo.away /srv/repo',
    expected: [10, 'superseded'],
  },
  'a package file that was altered': {
    cause: 'printf x >>/srv/repo/demo_2.0_all.deb',
    cure: 'cp -a /srv/repo.good/demo_2.0_all.deb /srv/repo/',
    expected: [10, 'download-failed'],
  },
  'broken sources': {
    cause: 'echo "deb nonsense" >>/etc/apt/sources.list',
    cure: 'sed -i "/nonsense/d" /etc/apt/sources.list',
    expected: [10, 'beyond-plan'],
  },
  'a disk that is full': {
    cause: 'dd if=/dev/zero of=/srv/fill bs=1M 2>/dev/null; true',
    cure: 'rm /srv/fill',
    expected: [10, null],
  },
  'a result that cannot be written': {
    cause: 'rm -rf /var/lib/patchledger; touch /var/lib/patchledger',
    cure: 'rm /var/lib/patchledger',
    expected: [10, null],
  },
  'a post-install script that fails': {
    cause: 'touch /run/fail-after',
    cure: 'rm /run/fail-after; dpkg --configure -a',
    expected: [20, 'apt-failed'],
    changes: true,
  },
  'a pre-install script that fails': {
    cause: 'touch /run/fail-before',
    cure: 'rm /run/fail-before; dpkg --configure -a',
    expected: [20, 'apt-failed'],
    changes: true,
  },
  'apt and dpkg killed in the middle': {
    cause:
      'touch /run/slow; (sleep 4; pkill -9 -x apt-get; pkill -9 -x dpkg; rm /run/slow) >/dev/null 2>&1 &',
    cure: 'sleep 1; dpkg --configure -a',
    expected: [20, 'apt-failed'],
    changes: true,
  },
};

describe.each(Object.entries(failures))('%s', (_name, failure) => {
  test('ends as documented, and runs well once the cause is gone', () => {
    if (failure.cause !== undefined) world.must(failure.cause);
    const before = versions();
    const script = renderAptScript({ ...world.plan, ...failure.plan });
    const ran = world.run(script, failure.words ?? ['--apply'], { asAccount: failure.asAccount ?? false });
    const [exit, reason] = failure.expected;

    expect([ran.status, ran.stdout + ran.stderr]).toEqual([exit, expect.any(String)]);
    expect(ran.stderr).toMatch(exit === 10 ? /^refused: .+\nnext: .+/m : /./);
    const result = failure.cause?.includes('touch /var/lib/patchledger') ? null : world.result();
    expect(result === null ? null : [result.exit, result.reason]).toEqual(
      reason === null ? null : [exit, reason],
    );
    expect(versions() === before).toBe(failure.changes !== true);

    world.must(failure.cure ?? 'true');
    const again = world.run(world.script, ['--apply']);
    expect([again.status, again.stdout + again.stderr]).toEqual([0, expect.any(String)]);
    expect(world.result()).toMatchObject({ state: 'finished', exit: 0, plan: world.plan.plan });
  });
});

test.each([
  [
    'needs a package that is not in the plan',
    [change('demo', '1.0', '3.0', true), change('demo-lib', '1.0', '2.0', false)],
  ],
  ['would remove a package', [change('demo', '1.0', '4.0', true)]],
])('a transaction that %s is refused, dry and applied', (_what, changes) => {
  const script = renderAptScript({ ...world.plan, changes });
  const before = versions();

  for (const words of [[], ['--apply']]) expect(world.run(script, words).status).toBe(10);
  expect(world.result()).toMatchObject({ state: 'refused', reason: 'beyond-plan' });
  expect(versions()).toBe(before);
});

describe('a planned build that is gone, and a newer one is there', () => {
  const scriptFor = (origin: string | null): string =>
    renderAptScript({
      ...world.plan,
      changes: world.plan.changes.map((row) =>
        row.package === 'demo' ? { ...row, newer_origin: origin } : row,
      ),
    });

  test('it stands in where the approval allows it and its repository names the same origin', () => {
    world.must(withdraw('demo', ['2.0', '3.0', '4.0']));
    expect(world.run(scriptFor('Demo'), [])).toMatchObject({
      status: 2,
      stdout: expect.stringContaining('newer build from Demo: demo 2.1 instead of 2.0') as string,
    });
    expect(world.run(scriptFor('Demo'), ['--apply']).status).toBe(0);
    expect(world.must("dpkg-query -W -f '${Version}' demo")).toBe('2.1');
    expect(world.result()?.packages[0]).toMatchObject({
      package: 'demo',
      after: '2.1',
      planned: '2.0',
      state: 'done',
    });
    expect(world.run(scriptFor('Demo'), ['--apply']).stdout).toContain('nothing to do');
  });

  test.each([
    ['of another origin', 'Debian', ['2.0', '3.0', '4.0'], 'superseded'],
    ['that no approval allows', null, ['2.0', '3.0', '4.0'], 'superseded'],
    ['that is none, all are older', 'Demo', ['2.0', '2.1', '3.0', '4.0'], 'superseded'],
    ['that needs more than was planned', 'Demo', ['2.0', '2.1', '4.0'], 'beyond-plan'],
  ])('one %s does not', (_what, origin, gone, reason) => {
    world.must(withdraw('demo', gone));
    const before = versions();
    expect(world.run(scriptFor(origin), ['--apply']).status).toBe(10);
    expect(world.result()).toMatchObject({ state: 'refused', reason });
    expect(versions()).toBe(before);
  });
});

test('a configuration file that somebody changed is kept, and the new one lies beside it', () => {
  world.must('echo mine >/etc/demo.conf');
  const ran = world.run(world.script, ['--apply']);

  expect([ran.status, ran.stdout]).toEqual([0, expect.stringContaining('/etc/demo.conf.dpkg-dist')]);
  expect(world.must('cat /etc/demo.conf /etc/demo.conf.dpkg-dist')).toBe('mine\nnew\n');
});

test('the script killed in the middle leaves a result that says so; another run is safe', () => {
  world.must(
    'touch /run/slow; (sleep 4; pkill -9 -f "/srv/[p]lan.sh"; sleep 1; rm /run/slow) >/dev/null 2>&1 &',
  );
  expect(world.run(world.script, ['--apply']).status).not.toBe(0);
  expect(world.result()).toMatchObject({ state: 'running', reason: 'running', exit: null });

  world.must('sleep 5');
  expect(world.run(world.script, ['--apply']).status).toBe(0);
  expect(world.result()).toMatchObject({ state: 'finished', exit: 0 });
});

test('asked to end in the middle, it lets apt finish and says what is there', () => {
  world.must(
    'touch /run/slow; (sleep 4; pkill -TERM -f "/srv/[p]lan.sh"; sleep 1; rm /run/slow) >/dev/null 2>&1 &',
  );
  const ran = world.run(world.script, ['--apply']);

  expect([ran.status, ran.stdout]).toEqual([
    0,
    expect.stringContaining('every planned version is installed'),
  ]);
  expect(world.result()).toMatchObject({ state: 'finished', exit: 0 });
});

test('the network cut in the middle of a package changes nothing; another run goes on', async () => {
  const server = spawn(process.execPath, [
    join(import.meta.dirname, 'cut-server.ts'),
    world.repository,
    world.host.address,
  ]);
  onTestFinished(() => void server.kill());
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  world.must(
    `echo 'deb [trusted=yes] http://${world.host.address}:${String(port).trim()} ./' >/etc/apt/sources.list && apt-get update`,
  );
  writeFileSync(join(world.repository, 'cut'), '');
  const before = versions();

  expect(world.run(world.script, ['--apply']).status).toBe(10);
  expect(world.result()).toMatchObject({ state: 'refused', reason: 'download-failed', exit: 10 });
  expect(versions()).toBe(before);

  rmSync(join(world.repository, 'cut'));
  expect(world.run(world.script, ['--apply']).status).toBe(0);
  expect(world.result()).toMatchObject({ state: 'finished', exit: 0 });
});

test('half a script does nothing', () => {
  const before = versions();
  world.run(world.script.slice(0, world.script.length * 0.6), ['--apply']);
  world.run(world.script.slice(0, -'main "$@"\n'.length - 1), ['--apply']);

  expect(versions()).toBe(before);
  expect(world.result()).toBeNull();
});
