/** Schedules obeyed for real: systemd of an account, crontab and cron, and the command on a machine of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scheduleName } from '#cli/schedule/scheduler.ts';
import { schedulerOf, settingOf } from '#cli/schedule/schedulers.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import { asOrdinary, newMachine, ordinary } from './machine.ts';
import type { Machine, Ran } from './machine.ts';

const program = join(import.meta.dirname, '../../bin/patchledger');

function newWorkspace(folder: string): string {
  const root = join(folder, 'workspace');
  initWorkspace(root, { hostname: 'box' });
  return root;
}

/** A workspace in the home folder of an ordinary account, whose owner it is. */
function workspaceOfOrdinary(machine: Machine, name: string): string {
  const root = newWorkspace(join(machine.root, 'home', name));
  spawnSync('chown', ['-R', ordinary.name, join(machine.root, 'home')]);
  return root;
}

function asRoot(machine: Machine, ...words: string[]): Ran {
  return machine.run('exec "$@"', program, ...words);
}

function asUser(machine: Machine, ...words: string[]): Ran {
  return machine.run(`HOME='${machine.root}/home' exec ${asOrdinary} "$@"`, ...words);
}

describe('systemd', () => {
  test("an account's own systemd starts the run, words whole, and takes its exit codes as they are meant", async () => {
    const machine = newMachine();
    const workspace = newWorkspace(join(machine.root, 'two words; ü'));
    writeFileSync(join(workspace, 'patchledger.yaml'), 'collector: box\nfeeds: { kev: not-there.json }\n');
    const setting = {
      ...settingOf(await loadWorkspace(workspace)),
      isRoot: false,
      home: join(machine.root, 'home'),
    };
    const name = scheduleName(setting);
    for (const { place, content } of schedulerOf('systemd', setting).pieces({
      hour: 3,
      minute: 17,
      jitterMinutes: 30,
    })) {
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, content);
    }
    const { stdout, stderr } = machine.run(
      `mkdir -p /run/systemd/system /run/user/0
       export HOME="$1/home" XDG_RUNTIME_DIR=/run/user/0
       /lib/systemd/systemd --user >"$1/manager.log" 2>&1 &
       manager=$!
       for turn in 1 2 3 4 5 6 7 8 9 10; do systemctl --user is-system-running --quiet && break; sleep 1; done
       systemctl --user enable --now "$2.timer"
       systemctl --user list-timers --no-legend --no-pager
       systemctl --user start "$2.service"
       echo "started $?"
       systemctl --user show "$2.service" -p Result -p ExecMainStatus
       kill "$manager"`,
      machine.root,
      name,
    );

    expect(stderr).toContain(`timers.target.wants/${name}.timer`);
    expect(stdout).toMatch(new RegExp(`${name}.timer +${name}.service`));
    expect(stdout).toContain('started 0\n');
    expect(stdout).toContain('Result=success\n');
    expect(stdout).toContain('ExecMainStatus=3\n');
    expect(existsSync(join(workspace, 'out/site/index.html'))).toBe(true);
  }, 600_000);

  test('where it does not run yet, its units are there for the next boot, and that is said', () => {
    const machine = newMachine();
    const workspace = newWorkspace(machine.root);
    const units = join(machine.root, 'etc/systemd/system');
    const written = asRoot(machine, 'schedule', '--kind', 'systemd', '--install', '-w', workspace);

    expect(written.status).toBe(0);
    expect(written.stderr).toContain(
      'but systemd does not run here\n  next: patchledger schedule --kind cron',
    );
    const [service = '', timer = '', wants = ''] = readdirSync(units);
    expect([service, timer, wants]).toEqual([
      expect.stringMatching(/^patchledger-box-[0-9a-f]{6}\.service$/),
      expect.stringMatching(/^patchledger-box-[0-9a-f]{6}\.timer$/),
      'timers.target.wants',
    ]);
    expect(readdirSync(join(units, wants))).toEqual([timer]);

    expect(asRoot(machine, 'schedule', '--remove', '-w', workspace).stdout).toBe(
      `removed /etc/systemd/system/${service}\nremoved /etc/systemd/system/${timer}\n`,
    );
    expect(readdirSync(units)).toEqual([]);
  }, 240_000);

  test('an account gets units of its own, and the hint that it must linger', () => {
    const machine = newMachine();
    const workspace = workspaceOfOrdinary(machine, '');
    const words = [program, 'schedule', '--kind', 'systemd', '-w', workspace];
    const { status, stderr } = asUser(machine, ...words, '--install');

    expect([status, stderr]).toEqual([0, expect.stringContaining('loginctl enable-linger www-data')]);
    const units = join(machine.root, 'home/.config/systemd/user');
    expect(readdirSync(units)).toHaveLength(3);
    expect(asUser(machine, ...words, '--remove').status).toBe(0);
    expect(readdirSync(units)).toEqual([]);
  }, 240_000);
});

describe('cron', () => {
  test('crontab takes the line, keeps what else is there, and gives it back without it', () => {
    const machine = newMachine();
    const workspace = workspaceOfOrdinary(machine, '');
    const mine = '# mine\n5 4 * * * true\n';
    const words = [program, 'schedule', '--kind', 'cron', '-w', workspace];
    machine.run(`printf '%s' "$1" | ${asOrdinary} crontab -`, mine);
    const table = (): string => asUser(machine, 'crontab', '-l').stdout;

    for (const at of ['03:17', '04:04']) {
      const { status, stdout } = asUser(machine, ...words, '--install', '--at', at);
      expect([status, stdout]).toEqual([0, `wrote crontab of ${ordinary.name}\n`]);
    }
    expect(table().startsWith(mine)).toBe(true);
    expect(table().slice(mine.length)).toMatch(
      /^# patchledger-box-[0-9a-f]{6}: at 04:04, jitter 30m\. .*\n\d+ 4 \* \* \* PATH=\S+ '.*' nightly --workspace '.*'\n$/,
    );
    expect(asUser(machine, ...words, '--remove').stdout).toBe(`removed crontab of ${ordinary.name}\n`);
    expect(table()).toBe(mine);
  }, 240_000);

  test('cron itself starts the run, as the owner of the workspace and with nothing in its environment', () => {
    const machine = newMachine();
    const workspace = workspaceOfOrdinary(machine, 'two words; ü #1');
    const { status, stderr } = machine.run(
      `at=$(date -d '+70 seconds' +%H:%M)
       "$1" schedule --kind cron --at "$at" --jitter 0 --install -w "$2" >&2
       env -i PATH=/usr/bin:/bin /usr/sbin/cron -f &
       daemon=$!
       for turn in $(seq 600); do
         grep -qs '"exit_code": [0-9]' "$2/out/nightly.json" && break
         sleep 1
       done
       "$1" doctor -w "$2" >&2
       kill "$daemon"
       test -e "$2/out/site/index.html"`,
      program,
      workspace,
    );

    expect([status, stderr]).toEqual([0, expect.stringContaining('it runs as www-data')]);
    expect(stderr).toMatch(
      /^ok {6}schedule: cron, at \d\d:\d\d, jitter 0m: \/etc\/cron\.d\/patchledger-box-/m,
    );
    expect(stderr).toContain('ok      nightly: the last one began 0 hours ago and did all it should');
    const places = ['out/nightly.json', 'ledger', 'out/site/index.html'].map((path) => join(workspace, path));
    const owners = spawnSync('stat', ['-L', '-c', '%U', ...places], { encoding: 'utf8' }).stdout;
    expect(owners).toBe('www-data\n'.repeat(3));
  }, 900_000);
});

describe('the command', () => {
  test('shows what it would write, and writes nothing', () => {
    const machine = newMachine();
    const workspace = newWorkspace(machine.root);
    const shown = asRoot(machine, 'schedule', '--kind', 'cron', '-w', workspace);
    const json = asRoot(machine, 'schedule', '--kind', 'cron', '-w', workspace, '--json');

    expect(shown.stdout).toMatch(/^# --- \/etc\/cron\.d\/patchledger-box-/);
    expect(shown.stderr).toContain('nothing was written: add --install');
    const told = JSON.parse(json.stdout) as { files: { content: string }[] };
    expect(told).toMatchObject({ kind: 'cron', installed: false });
    expect(shown.stdout).toContain(told.files[0]?.content);
    expect(readdirSync(join(machine.root, 'etc/cron.d'))).toEqual([]);
  }, 240_000);

  test.each<[string, string[], string]>([
    ['an unknown kind', ['--kind', 'at'], 'Allowed choices are systemd, cron, github, gitlab'],
    ['no time', ['--at', '25:00'], 'expected a time of day such as 03:17'],
    ['too much jitter', ['--jitter', '5h'], 'expected minutes or hours such as 30m'],
    ['both at once', ['--install', '--remove'], 'cannot be used with'],
  ])('%s ends with 2', (_name, words, hint) => {
    const machine = newMachine();
    const { status, stderr } = asRoot(machine, 'schedule', '-w', newWorkspace(machine.root), ...words);
    expect([status, stderr]).toEqual([2, expect.stringContaining(hint)]);
  });

  test('one way at a time; without a kind, --remove finds the one that is there', () => {
    const machine = newMachine();
    const workspace = newWorkspace(machine.root);
    const schedule = (...words: string[]): Ran => asRoot(machine, 'schedule', '-w', workspace, ...words);
    expect(schedule('--kind', 'cron', '--install').status).toBe(0);
    const second = schedule('--kind', 'systemd', '--install');

    expect(second.status).toBe(1);
    expect(second.stderr).toContain('cron starts the run already: /etc/cron.d/patchledger-box-');
    expect(second.stderr).toContain('next: patchledger schedule --remove');
    expect(schedule('--remove').stdout).toMatch(/^removed \/etc\/cron\.d\//);
    expect(schedule('--remove').stderr).toBe('nothing was installed for this workspace\n');
  }, 240_000);

  test('a day that does not divide: 2, with the setting', () => {
    const machine = newMachine();
    const workspace = newWorkspace(machine.root);
    writeFileSync(join(workspace, 'patchledger.yaml'), 'collector: box\nscan: { every-hours: 36 }\n');
    const { status, stderr } = asRoot(machine, 'schedule', '-w', workspace);
    expect([status, stderr]).toEqual([2, expect.stringContaining('scan.every-hours')]);
  });
});

describe('doctor', () => {
  function problems(machine: Machine, workspace: string): string[] {
    const { stdout } = asRoot(machine, 'doctor', '-w', workspace, '--json');
    const findings = JSON.parse(stdout) as { check: string; state: string; message: string }[];
    return findings
      .filter(({ check }) => check === 'schedule')
      .map(({ state, message }) => `${state}: ${message}`);
  }

  test('says when none is installed, and what is wrong with the one that is', () => {
    const machine = newMachine();
    const workspace = newWorkspace(machine.root);
    expect(problems(machine, workspace)).toEqual([expect.stringMatching(/^ok: none is installed here/)]);

    asRoot(machine, 'schedule', '--kind', 'cron', '--install', '-w', workspace);
    const [name = ''] = readdirSync(join(machine.root, 'etc/cron.d'));
    const table = join(machine.root, 'etc/cron.d', name);
    const place = `/etc/cron.d/${name}`;
    expect(problems(machine, workspace)).toEqual([`problem: ${place}: no cron daemon runs here`]);

    const right = readFileSync(table, 'utf8');
    writeFileSync(table, right.replace(program, '/opt/elsewhere/bin/patchledger'));
    expect(problems(machine, workspace)).toEqual([
      `problem: ${place} starts another Patchledger than this one`,
    ]);
    writeFileSync(table, right.replace(' nightly ', ' scan '));
    expect(problems(machine, workspace)).toEqual([`problem: ${place} is not what would be written now`]);
    writeFileSync(table, right.replace(/jitter 30m/, 'jitter ?'));
    expect(problems(machine, workspace)).toEqual([`problem: ${place} is not what would be written now`]);
  }, 240_000);

  test('names schedules whose workspace is gone', () => {
    const machine = newMachine();
    const workspace = newWorkspace(machine.root);
    for (const kind of ['cron', 'systemd']) {
      const gone = newWorkspace(join(machine.root, `gone-${kind}`));
      asRoot(machine, 'schedule', '--kind', kind, '--install', '-w', gone);
      renameSync(gone, `${gone}.moved`);
    }

    expect(problems(machine, workspace)).toEqual([
      expect.stringMatching(/^ok: none/),
      expect.stringMatching(
        /^problem: \/etc\/systemd\/system\/.*\.service runs for .*gone-systemd.*, which is gone$/,
      ),
      expect.stringMatching(/^problem: \/etc\/cron\.d\/.* runs for .*gone-cron.*, which is gone$/),
    ]);
  }, 240_000);
});
