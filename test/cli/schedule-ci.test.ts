/** Workflow files: read as YAML, and their steps run by a shell against real repositories. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { schedulerOf, settingOf } from '#cli/schedule/schedulers.ts';
import type { Scheduler } from '#cli/schedule/scheduler.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { loadWorkspace } from '#data/workspace/load.ts';

const program = join(import.meta.dirname, '../../bin/patchledger');
const when = { hour: 3, minute: 17, jitterMinutes: 30 };
const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];

let folder: string;
/** Where the runner fetches from and pushes to. */
let origin: string;
let tools: string;

function git(cwd: string, ...words: string[]): string {
  return execFileSync('git', [...identity, ...words], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function schedulerIn(workspace: string, kind: 'github' | 'gitlab'): Promise<Scheduler> {
  return schedulerOf(kind, settingOf(await loadWorkspace(workspace)));
}

/** What a runner has: a clone, and `patchledger` in its PATH. */
function runnerIn(clone: string, script: string, env: NodeJS.ProcessEnv = {}): ReturnType<typeof spawnSync> {
  return spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], {
    cwd: clone,
    encoding: 'utf8',
    env: { PATH: `${tools}:${process.env['PATH']}`, HOME: folder, ...env },
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchledger-ci-'));
  tools = join(folder, 'bin');
  mkdirSync(tools);
  symlinkSync(program, join(tools, 'patchledger'));
  origin = join(folder, 'origin.git');
  git(folder, 'init', '-q', '--bare', '-b', 'main', origin);
  const work = join(folder, 'work');
  git(folder, 'clone', '-q', origin, work);
  initWorkspace(join(work, 'patches'), { hostname: 'box' });
  git(work, 'add', '.');
  git(work, 'commit', '-q', '-m', 'workspace');
  git(work, 'push', '-q', 'origin', 'HEAD:main');
});

describe.each(['github', 'gitlab'] as const)('%s', (kind) => {
  test('the file lies where the service looks for it; --remove takes it away', async () => {
    const work = join(folder, 'work');
    const scheduler = await schedulerIn(join(work, 'patches'), kind);
    const [piece] = scheduler.pieces(when);
    const place = kind === 'github' ? '.github/workflows/patchledger.yml' : '.gitlab-ci.yml';

    expect(piece?.place).toBe(join(work, place));
    scheduler.install(when);
    expect(scheduler.installed()).toEqual([piece]);
    scheduler.remove();
    expect(existsSync(join(work, place))).toBe(false);
  });

  test("another's file is left alone", async () => {
    const work = join(folder, `own-${kind}`);
    git(folder, 'clone', '-q', origin, work);
    const scheduler = await schedulerIn(join(work, 'patches'), kind);
    const place = scheduler.pieces(when)[0]?.place ?? '';
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, 'stages: [build]\n');

    expect(() => scheduler.install(when)).toThrow("is not one of Patchledger's");
    expect(scheduler.installed()).toEqual([]);
    expect(readFileSync(place, 'utf8')).toBe('stages: [build]\n');
  });

  test('a folder that is no repository is told so', async () => {
    const alone = join(mkdtempSync(join(tmpdir(), 'patchledger-alone-')), 'workspace');
    initWorkspace(alone, { hostname: 'box' });
    const scheduler = await schedulerIn(alone, kind);

    expect(() => scheduler.pieces(when)).toThrow('is not in a git repository');
    expect(scheduler.installed()).toEqual([]);
  });
});

describe('what a runner does', () => {
  interface GithubStep {
    name?: string;
    run?: string;
    uses?: string;
    if?: string;
    with?: { path: string };
  }

  test('github: one run at a time; the record is pushed, the site is kept', async () => {
    const clone = join(folder, 'runner');
    git(folder, 'clone', '-q', origin, clone);
    const scheduler = await schedulerIn(join(clone, 'patches'), 'github');
    const workflow = parse(scheduler.pieces(when)[0]?.content ?? '') as {
      on: { schedule: { cron: string }[] };
      concurrency: { 'cancel-in-progress': boolean };
      jobs: { nightly: { defaults: { run: { 'working-directory': string } }; steps: GithubStep[] } };
    };
    const { steps, defaults } = workflow.jobs.nightly;

    expect(workflow.on.schedule).toEqual([{ cron: expect.stringMatching(/^\d+ 3 \* \* \*$/) }]);
    expect(workflow.concurrency['cancel-in-progress']).toBe(false);
    expect(defaults.run['working-directory']).toBe('patches');
    for (const { run } of steps.filter((step) => step.run !== undefined))
      expect(runnerIn(join(clone, 'patches'), run ?? '')).toMatchObject({ status: 0 });
    expect(git(origin, 'ls-tree', '-r', '--name-only', 'main')).toMatch(
      /patches\/ledger\/box\/00000001-scan\/manifest/,
    );
    expect(existsSync(join(clone, steps.at(-1)?.with?.path ?? '', 'index.html'))).toBe(true);
    expect(steps.slice(-2).map((step) => step.if)).toEqual(['always()', 'always()']);

    // The next night fetches the record and goes on with it.
    const next = join(folder, 'next');
    git(folder, 'clone', '-q', origin, next);
    for (const { run } of steps.filter((step) => step.run !== undefined))
      runnerIn(join(next, 'patches'), run ?? '');
    const { stdout } = runnerIn(next, 'patchledger verify -w patches');
    expect(stdout).toMatch(/^intact: /);
    expect(git(origin, 'log', '--format=%s', 'main')).toBe(
      'The record of a nightly run\nThe record of a nightly run\nworkspace\n',
    );
  }, 600_000);

  test('gitlab: the same in one script; what a host did not tell is allowed to fail, a lost record is not', async () => {
    const clone = join(folder, 'gitlab-runner');
    git(folder, 'clone', '-q', origin, clone);
    const scheduler = await schedulerIn(join(clone, 'patches'), 'gitlab');
    const job = (
      parse(scheduler.pieces(when)[0]?.content ?? '') as {
        'patchledger-nightly': {
          script: string[];
          allow_failure: { exit_codes: number[] };
          resource_group: string;
          artifacts: { when: string; paths: string[] };
        };
      }
    )['patchledger-nightly'];
    const env = {
      CI_PROJECT_DIR: clone,
      CI_PROJECT_PATH: 'team/estate',
      CI_SERVER_HOST: 'git.example.org',
      CI_COMMIT_BRANCH: 'main',
      PATCHLEDGER_PUSH_TOKEN: 'secret',
    };
    git(
      clone,
      'config',
      `url.${origin}.insteadOf`,
      'https://patchledger:secret@git.example.org/team/estate.git',
    );
    const before = git(origin, 'rev-list', '--count', 'main');

    expect(runnerIn(clone, job.script.join('\n'), env)).toMatchObject({ status: 0 });
    expect(Number(git(origin, 'rev-list', '--count', 'main'))).toBe(Number(before) + 1);
    expect(existsSync(join(clone, 'site/index.html'))).toBe(true);
    expect(job).toMatchObject({
      allow_failure: { exit_codes: [3] },
      resource_group: 'patchledger',
      artifacts: { when: 'always', paths: ['site/'] },
    });

    git(clone, 'config', '--unset', `url.${origin}.insteadOf`);
    git(clone, 'config', `url.${folder}/nowhere.insteadOf`, 'https://patchledger:secret@git.example.org');
    expect(runnerIn(clone, job.script.join('\n'), env).status).toBe(128);
  }, 600_000);
});
