/** Whether the nightly run is started here, would find what it needs, and how the last one went. */
import { existsSync } from 'node:fs';
import { withWriterLock } from '#data/ledger/lock.ts';
import { Failure } from '#data/model/failure.ts';
import { lateAfterHours } from '#reports/reading/frame.ts';
import { readReport } from '../nightly/report.ts';
import type { NightlyReport } from '../nightly/report.ts';
import { tablesOfOurs } from '../schedule/cron.ts';
import { programOf } from '../schedule/scheduler.ts';
import type { Piece, Scheduler, Setting } from '../schedule/scheduler.ts';
import { allSchedulers } from '../schedule/schedulers.ts';
import { unitsOfOurs } from '../schedule/systemd.ts';
import { describeWhen, findWhen, formatTime } from '../schedule/when.ts';
import type { Places } from '../workspace.ts';
import { ok, problem } from './check.ts';
import type { Finding } from './check.ts';

/** What is written for this workspace, and what is left of schedules whose workspace is gone. */
export function checkSchedule(setting: Setting): Finding[] {
  const found = allSchedulers(setting).flatMap((scheduler) => {
    const pieces = scheduler.installed();
    return pieces.length === 0 ? [] : [{ scheduler, pieces }];
  });
  const findings = found.map(({ scheduler, pieces }) => judge(setting, scheduler, pieces));
  if (found.length === 0)
    findings.push(
      ok('schedule', 'none is installed here for this workspace; patchledger schedule --install writes one'),
    );
  if (found.length > 1) {
    const names = found.map(({ scheduler }) => scheduler.kind).join(' and ');
    findings.push(
      problem('schedule', `${names} both start it`, 'patchledger schedule --remove, then install one'),
    );
  }
  return [...findings, ...leftovers(setting)];
}

function judge(setting: Setting, scheduler: Scheduler, pieces: Piece[]): Finding {
  const place = pieces[0]?.place ?? '';
  const when = pieces.map(({ content }) => findWhen(content)).find((found) => found !== null) ?? null;
  const again = when === null ? '' : ` --at ${formatTime(when)} --jitter ${when.jitterMinutes}m`;
  const renew = `patchledger schedule --kind ${scheduler.kind}${again} --install`;
  const runsHere =
    ['github', 'gitlab'].includes(scheduler.kind) ||
    pieces.some(({ content }) => content.includes(programOf(setting)));
  if (!runsHere) return problem('schedule', `${place} starts another Patchledger than this one`, renew);
  if (when === null || !isAsWritten(scheduler.pieces(when), pieces)) {
    return problem('schedule', `${place} is not what would be written now`, renew);
  }
  const fault = scheduler.fault();
  if (fault !== null) return problem('schedule', `${place}: ${fault.message}`, fault.nextStep);
  return ok('schedule', `${scheduler.kind}, ${describeWhen(when)}: ${place}`);
}

function isAsWritten(wanted: Piece[], found: Piece[]): boolean {
  return (
    wanted.length === found.length && wanted.every(({ content }, index) => content === found[index]?.content)
  );
}

/** A workspace that was moved away leaves a schedule that fails each night. */
function leftovers(setting: Setting): Finding[] {
  return [...unitsOfOurs(setting), ...tablesOfOurs(setting)].flatMap(({ place, content }) => {
    const workspace = /nightly --workspace (?:"([^"\n]+)"|'([^'\n]+)')/.exec(content);
    const folder = workspace?.[1] ?? workspace?.[2];
    if (folder === undefined || existsSync(folder)) return [];
    return [problem('schedule', `${place} runs for ${folder}, which is gone`, `remove ${place}`)];
  });
}

/** The Node that the schedule would start. */
export function checkPinnedNode({ checkout }: Setting, architecture: string): Finding[] {
  const node = `${checkout}/node_modules/node-linux-${architecture}/bin/node`;
  if (existsSync(node)) return [];
  return [
    problem(
      'schedule',
      `${node} is gone: at night there may be no other Node`,
      'run any patchledger command here once',
    ),
  ];
}

/** How the last nightly run went; nothing where none has begun and none is scheduled. */
export async function checkNightly(
  where: Places,
  { isScheduled, everyHours, now = Date.now() }: { isScheduled: boolean; everyHours: number; now?: number },
): Promise<Finding[]> {
  const report = readReport(where);
  if (report === null)
    return isScheduled ? [ok('nightly', 'it has not run yet; patchledger nightly runs it now')] : [];
  const hours = Math.round((now - Date.parse(report.started_at)) / 3_600_000);
  const began = `the last one began ${hours} hours ago`;
  if (report.ended_at === null) {
    if (await isUnderWay(where)) return [ok('nightly', `${began} and is at work`)];
    return [
      problem('nightly', `${began} and was ended by force, or with the machine`, 'patchledger nightly'),
    ];
  }
  if (isScheduled && hours > everyHours + lateAfterHours) {
    const message = `${began}; one is due every ${everyHours} hours`;
    return [
      problem(
        'nightly',
        message,
        'systemctl status of the timer, or the log of cron, says why it did not start',
      ),
    ];
  }
  return [judgeEnding(report, began)];
}

function judgeEnding({ exit_code: code, steps }: NightlyReport, began: string): Finding {
  if (code === 0) return ok('nightly', `${began} and did all it should`);
  if (code === 3) return ok('nightly', `${began}; some hosts or feeds were not read`);
  const failed = steps
    .filter(({ failed: hasFailed }) => hasFailed)
    .map(({ step, message }) => `${step}: ${message ?? 'no reason given'}`);
  return problem('nightly', `${began} and ended with ${code}; ${failed.join('; ')}`, 'patchledger nightly');
}

async function isUnderWay(where: Places): Promise<boolean> {
  try {
    return await withWriterLock(where.out, { waitSeconds: 0 }, () => Promise.resolve(false));
  } catch (error) {
    if (error instanceof Failure && error.code === 'busy') return true;
    throw error;
  }
}
