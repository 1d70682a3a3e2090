/** A line for cron (crontab(5)): in /etc/cron.d when root schedules, in the table of the account otherwise. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#data/model/failure.ts';
import { quote } from '#ecosystems/shell.ts';
import { ask, demand, namesIn, readPlaces, removePlace, writePiece } from './machine.ts';
import { assertQuotable, programOf, scheduleName, scheduleNamePattern } from './scheduler.ts';
import type { Piece, Scheduler, Setting } from './scheduler.ts';
import { describeWhen, formatTime, hoursOf, withStableJitter } from './when.ts';
import type { When } from './when.ts';

// cron gives a short one, in which the tools of `transport: command` may not lie.
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function cronScheduler(setting: Setting): Scheduler {
  const common = {
    kind: 'cron' as const,
    describe: (when: When) => {
      const { hour, minute } = startOf(setting, when);
      const times = hoursOf(hour, setting.everyHours).map((one) => formatTime({ hour: one, minute }));
      return `${times.join(', ')} local time, the same each day`;
    },
    notes: () =>
      [
        setting.isRoot ? `it runs as ${setting.account}, the owner of the workspace` : '',
        'cron mails what a run says; keys in an agent are not there at night: name files in ssh.identity-files',
      ].filter((note) => note !== ''),
    fault: () =>
      namesIn(join(setting.machineRoot, 'proc')).some((pid) => isCron(setting, pid))
        ? null
        : {
            message: 'no cron daemon runs here',
            nextStep: 'install and start cron, or choose --kind systemd',
          },
  };
  return { ...common, ...(setting.isRoot ? inFolder(setting) : inTable(setting)) };
}

type Placing = Pick<Scheduler, 'pieces' | 'install' | 'remove' | 'installed'>;

function inFolder(setting: Setting): Placing {
  const place = join(setting.machineRoot, 'etc/cron.d', scheduleName(setting));
  const pieces = (when: When): Piece[] => [{ place, content: renderLines(setting, when) }];
  return {
    pieces,
    install: (when) => pieces(when).forEach(writePiece),
    remove: () => removePlace(place),
    installed: () => readPlaces([place]),
  };
}

/** Lines of ours in the account's own table; all others stay as they are. */
function inTable(setting: Setting): Placing {
  const place = `crontab of ${setting.account}`;
  const pieces = (when: When): Piece[] => [{ place, content: renderLines(setting, when) }];
  const write = (lines: string): void => void demand('crontab', ['-'], lines);
  return {
    pieces,
    install: (when) => write(withoutOurs(setting, readTable()).text + renderLines(setting, when)),
    remove: () => write(withoutOurs(setting, readTable()).text),
    installed() {
      const { ours } = withoutOurs(setting, readTable());
      return ours === '' ? [] : [{ place, content: ours }];
    },
  };
}

/** '' where the account has none yet. */
function readTable(): string {
  const { status, stdout, stderr } = ask('crontab', ['-l']);
  if (status === 0) return stdout;
  if (status === null || /^no crontab for/m.test(stderr)) return '';
  throw new Failure('schedule', `crontab -l failed: ${stderr.trim()}`, {
    nextStep: 'see crontab(1): the account may not be allowed to use cron',
  });
}

/** Ours are a comment that names the schedule, and the line below it. */
function withoutOurs(setting: Setting, table: string): { text: string; ours: string } {
  const lines = table.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`# ${scheduleName(setting)}: `));
  if (at < 0) return { text: table === '' || table.endsWith('\n') ? table : `${table}\n`, ours: '' };
  const ours = lines.splice(at, 2);
  return { text: lines.join('\n'), ours: `${ours.join('\n')}\n` };
}

/** Every table of ours that root's cron reads, the ones for other workspaces among them. */
export function tablesOfOurs({ isRoot, machineRoot }: Setting): Piece[] {
  if (!isRoot) return [];
  const folder = join(machineRoot, 'etc/cron.d');
  return readPlaces(
    namesIn(folder)
      .filter((name) => scheduleNamePattern.test(name))
      .map((name) => join(folder, name)),
  );
}

function renderLines(setting: Setting, when: When): string {
  const { workspace, checkout, isRoot, account, everyHours } = setting;
  assertQuotable(workspace, checkout);
  const { hour, minute } = startOf(setting, when);
  const runsAs = isRoot ? `${account} ` : '';
  const command = `${path} ${quote(programOf(setting))} nightly --workspace ${quote(workspace)}`;
  return `# ${scheduleName(setting)}: ${describeWhen(when)}. \`patchledger schedule --remove\` takes it away.
${minute} ${hoursOf(hour, everyHours).join(',')} * * * ${runsAs}${command}
`;
}

function startOf({ workspace, hostname }: Setting, when: When): Pick<When, 'hour' | 'minute'> {
  return withStableJitter(when, `${hostname}\0${workspace}`);
}

function isCron({ machineRoot }: Setting, pid: string): boolean {
  if (!/^\d+$/.test(pid)) return false;
  try {
    const name = readFileSync(join(machineRoot, 'proc', pid, 'comm'), 'utf8').trim();
    return ['cron', 'crond', 'fcron', 'bcron-sched'].includes(name);
  } catch {
    return false;
  }
}
