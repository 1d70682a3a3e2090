/** From an answer that was brought by hand to a scan like any other, with its own evidence. */
import type { Snapshot } from '#data/model/tables.ts';
import { buildSnapshot } from '../snapshot.ts';
import type { Bundle } from './read.ts';

const notHashed = 'The host has no sha256sum: nothing shows whether the answer was changed on its way.';

/**
 * Never throws.
 * @param now when it is imported: what a clock says that is a little ahead is not later than that
 */
export function snapshotOfBundle(hostId: string, bundle: Bundle, now: number): Snapshot {
  const observedAtMs = Math.min(bundle.observedAtMs, now);
  const hello = bundle.answer.frames.get('hello');
  if (hello !== undefined) hello.beganAtMs = observedAtMs;
  const snapshot = buildSnapshot({
    hostId,
    positions: {},
    answer: bundle.answer,
    end: { outcome: 'ended', stage: 'probe', exitStatus: 0, message: '' },
    hostKey: null,
    transport: 'bundle',
    attempt: 1,
    startedAtMs: observedAtMs,
    sentAtMs: observedAtMs,
    endedAtMs: Math.max(observedAtMs, Math.min(bundle.endedAtMs, now)),
    bundleSha256: bundle.sha256,
  });
  if (bundle.isHashed) return snapshot;
  const scans = snapshot.scans.map((scan) => ({
    ...scan,
    reason: scan.reason === null ? notHashed : `${scan.reason} ${notHashed}`,
  }));
  return { ...snapshot, scans };
}
