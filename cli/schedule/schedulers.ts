/** The ways to start the nightly run, for one workspace on this machine. */
import { statSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import type { Workspace } from '#data/workspace/load.ts';
import { githubScheduler, gitlabScheduler } from './ci.ts';
import { cronScheduler } from './cron.ts';
import { ask } from './machine.ts';
import type { Kind, Scheduler, Setting } from './scheduler.ts';
import { systemdScheduler } from './systemd.ts';

const makers: { [kind in Kind]: (setting: Setting) => Scheduler } = {
  systemd: systemdScheduler,
  cron: cronScheduler,
  github: githubScheduler,
  gitlab: gitlabScheduler,
};

export function schedulerOf(kind: Kind, setting: Setting): Scheduler {
  return makers[kind](setting);
}

export function allSchedulers(setting: Setting): Scheduler[] {
  return Object.values(makers).map((make) => make(setting));
}

/** systemd where it runs, cron elsewhere. */
export function usualKind({ machineRoot }: Pick<Setting, 'machineRoot'>): Kind {
  return existsSync(`${machineRoot}/run/systemd/system`) ? 'systemd' : 'cron';
}

/** This machine, this account, this Patchledger, and the given workspace. */
export function settingOf(workspace: Workspace): Setting {
  const { username, uid, homedir } = userInfo();
  const isRoot = uid === 0;
  const { uid: owner } = statSync(workspace.root);
  return {
    workspace: workspace.root,
    collector: workspace.config.collector,
    everyHours: workspace.config.scan.everyHours,
    checkout: fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, ''),
    account: isRoot && owner !== uid ? accountName(owner) : username,
    isRoot,
    home: process.env['HOME'] ?? homedir,
    hostname: hostname(),
    needsFreedom: workspace.hosts.some(
      ({ host_id: id, transport }) =>
        transport === 'command' || (transport === 'local' && workspace.refreshable.has(id)),
    ),
    machineRoot: '/',
  };
}

/** The name of an account, or its number where it has none. */
function accountName(uid: number): string {
  return /^([^:]+):/.exec(ask('getent', ['passwd', String(uid)]).stdout)?.[1] ?? String(uid);
}
