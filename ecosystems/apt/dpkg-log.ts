/** Dated events from dpkg's own log and its rotations. */
import type { RowOf } from '#data/model/tables.ts';
import type { EventAction } from '#data/model/words.ts';
import { localBounds } from '../linux/local-time.ts';
import { isVersion, parseFullName } from '#data/model/debian-names.ts';
import { localTime, parseLogFiles } from '../log-files.ts';
import { rejecter } from '../rejections.ts';
import { compareVersions } from './version.ts';
import type { ParseContext } from '../ecosystem.ts';
import type { History } from '../log-files.ts';

export type EventRow = RowOf<'events'>;
type Draft = { -readonly [K in keyof EventRow]: EventRow[K] };

/** dpkg(1), LOGGING: `DATE TIME ACTION PACKAGE:ARCH OLD NEW` and `DATE TIME status STATE PACKAGE:ARCH VERSION`. */
const actionLine = /^(\S+ \S+) (install|upgrade|remove|purge|disappear) (\S+) (\S+) (\S+)$/;
const installedLine = /^(\S+ \S+) status installed (\S+) (\S+)$/;

/** Reads the section `dpkg-log`. */
export function parseDpkgLog(context: ParseContext, nativeArchitecture: string | null): History {
  const files = parseLogFiles(context, 'dpkg', 'dpkg-log');
  const { rows: rejections, reject } = rejecter(context.hostId, 'dpkg-log');
  const events: Draft[] = [];
  /** Unpacked and not yet configured, by package, architecture and version. */
  const pending = new Map<string, Draft>();
  for (const { text, line } of files.lines) {
    const configured = installedLine.exec(text);
    if (configured !== null) {
      complete(pending, configured, context);
      continue;
    }
    const event = parseAction(context, text, nativeArchitecture);
    if (event === null) {
      reject(line, 'A line of the log of dpkg.', text);
      continue;
    }
    events.push(event);
    if (event.completed === false)
      pending.set(pendingKey(event.package, event.architecture, event.new_version), event);
  }
  const bad = rejections.length > 0 ? `${rejections.length} lines of the log could not be read.` : null;
  return { events, logs: files.rows, rejections, problems: [...files.problems, bad] };
}

function parseAction(context: ParseContext, text: string, native: string | null): Draft | null {
  const match = actionLine.exec(text);
  const local = match === null ? null : localTime(match[1]!);
  const name = match === null ? null : parseFullName(match[3]!);
  if (match === null || local === null || name === null) return null;
  const bounds = localBounds(local, context.timeZone, context.clock);
  const [oldVersion, newVersion] = [versionOrNone(match[4]!), versionOrNone(match[5]!)];
  if (bounds === null || oldVersion === undefined || newVersion === undefined) return null;
  const action = actionOf(match[2] as EventAction, oldVersion, newVersion);
  const installs = newVersion !== null && ['install', 'upgrade', 'downgrade', 'reinstall'].includes(action);
  return {
    host_id: context.hostId,
    log: 'dpkg',
    local_time: local,
    ...bounds,
    action,
    package: name.name,
    architecture: name.architecture ?? native ?? 'all',
    old_version: oldVersion,
    new_version: newVersion,
    completed: installs ? false : null,
    command: null,
  };
}

/** `<none>` stands for no version; undefined for what is no version at all. */
function versionOrNone(text: string): string | null | undefined {
  if (text === '<none>') return null;
  return isVersion(text) ? text : undefined;
}

/** dpkg says 'upgrade' for every replacement, and 'install' also where an older build left its settings. */
function actionOf(printed: EventAction, oldVersion: string | null, newVersion: string | null): EventAction {
  if (printed !== 'upgrade' || oldVersion === null || newVersion === null) return printed;
  const order = compareVersions(newVersion, oldVersion);
  return order > 0 ? 'upgrade' : order < 0 ? 'downgrade' : 'reinstall';
}

/** The first `status installed` after an unpack says that it was configured, and when at the latest. */
function complete(pending: Map<string, Draft>, configured: RegExpExecArray, context: ParseContext): void {
  const name = parseFullName(configured[2]!);
  const local = localTime(configured[1]!);
  if (name === null || local === null) return;
  const key = pendingKey(name.name, name.architecture, configured[3]!);
  const event = pending.get(key);
  const bounds = localBounds(local, context.timeZone, context.clock);
  if (event === undefined || bounds === null) return;
  event.completed = true;
  if (bounds.not_after > event.not_after) event.not_after = bounds.not_after;
  pending.delete(key);
}

function pendingKey(name: string, architecture: string | null, version: string | null): string {
  return `${name}:${architecture} ${version}`;
}
