/**
 * A timer and a service of systemd: units of the machine when root schedules, of the account otherwise.
 * (systemd.timer(5), systemd.service(5), systemd.exec(5).)
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ask, demand, namesIn, readPlaces, removePlace, writePiece } from './machine.ts';
import { assertQuotable, programOf, scheduleName, scheduleNamePattern } from './scheduler.ts';
import type { Piece, Scheduler, Setting } from './scheduler.ts';
import { describeWhen, formatTime, hoursOf } from './when.ts';
import type { When } from './when.ts';

export function systemdScheduler(setting: Setting): Scheduler {
  const name = scheduleName(setting);
  const folder = unitFolder(setting);
  const places = [join(folder, `${name}.service`), join(folder, `${name}.timer`)];
  const scope = setting.isRoot ? [] : ['--user'];
  const systemctl = (...words: string[]): string => demand('systemctl', [...scope, ...words]);
  return {
    kind: 'systemd',
    pieces: (when) => renderUnits(setting, when, places),
    install(when) {
      for (const piece of renderUnits(setting, when, places)) writePiece(piece);
      if (!isRunning(setting)) return void systemctl('enable', `${name}.timer`);
      systemctl('daemon-reload');
      systemctl('enable', '--now', `${name}.timer`);
    },
    remove() {
      const running = isRunning(setting);
      systemctl('disable', ...(running ? ['--now'] : []), `${name}.timer`);
      for (const place of places) removePlace(place);
      if (running) systemctl('daemon-reload');
    },
    installed: () => readPlaces(places),
    describe: (when) => {
      const times = hoursOf(when.hour, setting.everyHours).map((hour) => formatTime({ ...when, hour }));
      return `${times.join(', ')} local time, up to ${when.jitterMinutes} minutes later`;
    },
    notes: () => notesOf(setting),
    fault() {
      if (!isRunning(setting))
        return { message: 'systemd does not run here', nextStep: 'patchledger schedule --kind cron' };
      const { status } = ask('systemctl', [...scope, 'is-active', '--quiet', `${name}.timer`]);
      if (status === 0) return null;
      return {
        message: `${name}.timer is not active`,
        nextStep: ['systemctl', ...scope, 'enable', '--now', `${name}.timer`].join(' '),
      };
    },
  };
}

/** Every unit of ours that starts a run for whoever asks, the ones for other workspaces among them. */
export function unitsOfOurs(setting: Setting): Piece[] {
  const folder = unitFolder(setting);
  const names = namesIn(folder).filter((name) => name.endsWith('.service') && scheduleNamePattern.test(name));
  return readPlaces(names.map((name) => join(folder, name)));
}

function unitFolder({ isRoot, home, machineRoot }: Setting): string {
  if (isRoot) return join(machineRoot, 'etc/systemd/system');
  return join(process.env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'systemd/user');
}

/** As sd_booted(3) tells it; where it does not run, units can be enabled all the same, for the next boot. */
function isRunning({ machineRoot }: Setting): boolean {
  return existsSync(join(machineRoot, 'run/systemd/system'));
}

function renderUnits(setting: Setting, when: When, [service = '', timer = '']: string[]): Piece[] {
  assertQuotable(setting.workspace, setting.checkout);
  return [
    { place: service, content: renderService(setting, when) },
    { place: timer, content: renderTimer(setting, when) },
  ];
}

function head(setting: Setting, when: When): string {
  return `# Written by \`patchledger schedule --install\`: ${describeWhen(when)}. \`--remove\` takes it away.
[Unit]
Description=Patchledger, nightly run of ${setting.workspace}
`;
}

function renderService(setting: Setting, when: When): string {
  const { workspace, isRoot, account, everyHours } = setting;
  const network = isRoot ? 'Wants=network-online.target\nAfter=network-online.target\n' : '';
  return `${head(setting, when)}${network}
[Service]
Type=oneshot
ExecStart="${programOf(setting)}" nightly --workspace "${workspace}"
# 3: some hosts were not read, and the pages say which. 5: another run is at work.
SuccessExitStatus=3 5
# A run that hangs must not keep the next one from starting.
TimeoutStartSec=${everyHours * 60 - 5}min
Nice=10
${isRoot ? `User=${account}\n` : ''}${renderConfinement(setting)}`;
}

/** What a run never needs. The account of a user's own manager has no rights to give up. */
function renderConfinement({ isRoot, needsFreedom, workspace, checkout }: Setting): string {
  if (!isRoot) return '';
  if (needsFreedom)
    return `# Not confined: hosts are reached by commands, or this machine refreshes its package lists itself.\n`;
  const inTmp = [workspace, checkout].some((folder) => /^\/(var\/)?tmp\//.test(folder));
  return `# Confined: it writes to its own folders, gains no rights and leaves the machine as it is.
NoNewPrivileges=true
ProtectSystem=strict
ReadWritePaths="${workspace}" "${checkout}"
ProtectHome=read-only
${inTmp ? 'ReadWritePaths=/tmp /var/tmp' : 'PrivateTmp=true'}
ProtectKernelTunables=true
ProtectControlGroups=true
RestrictSUIDSGID=true
RestrictRealtime=true
LockPersonality=true
SystemCallArchitectures=native
`;
}

function renderTimer(setting: Setting, when: When): string {
  return `${head(setting, when)}
[Timer]
OnCalendar=${calendar(setting, when)}
RandomizedDelaySec=${when.jitterMinutes}min
FixedRandomDelay=true
# A machine that was off at that time catches up.
Persistent=true

[Install]
WantedBy=timers.target
`;
}

function calendar({ everyHours }: Setting, when: When): string {
  const [first = 0, ...others] = hoursOf(when.hour, everyHours);
  const hours = [first, ...others].map((hour) => String(hour).padStart(2, '0')).join(',');
  return `*-*-* ${hours}:${formatTime(when).slice(3)}:00`;
}

function notesOf({ isRoot, account, machineRoot }: Setting): string[] {
  const notes = ['keys in an agent are not there at night: name files in ssh.identity-files'];
  if (isRoot) return [`it runs as ${account}, the owner of the workspace`, ...notes];
  if (existsSync(join(machineRoot, 'var/lib/systemd/linger', account))) return notes;
  return [`to run while you are not logged in: loginctl enable-linger ${account}`, ...notes];
}
