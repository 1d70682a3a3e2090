/** The first frame of an answer: which probe, which family, and the host's clock. */
import { findEcosystem } from '#ecosystems/registry.ts';
import type { Clock } from '#ecosystems/ecosystem.ts';
import type { Frame } from './probe/frames.ts';

export interface Hello {
  version: string | null;
  /** Which text answered, where it is not the one that was just sent: an installed probe, or a carried script. */
  build: string | null;
  /** Which installed probe read some of the sections as root; null when none did. */
  helper: string | null;
  /** What `uname -s` prints. */
  system: string | null;
  /** Id of the package manager family; null for none that Patchledger reads. */
  family: string | null;
  /** Other package managers seen. */
  otherTools: string[];
  /** The host's time, in milliseconds since 1970. */
  timeMs: number | null;
  /** How coarse that time is. */
  resolutionMs: number;
}

export interface MeasuredClock {
  offsetMs: number | null;
  uncertaintyMs: number | null;
  /** What is taken off the host's times. */
  applied: Clock;
}

export function parseHello(frame: Frame | undefined): Hello {
  const lines = (frame?.payload.toString('utf8') ?? '').split('\n');
  const facts = (key: string) =>
    lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const time = /^(\d{1,12})(?:\.(\d{9}))?/.exec(facts('time')[0] ?? '');
  const fraction = time?.[2];
  const version = facts('version')[0];
  return {
    build: buildOf(facts('build')[0]),
    helper: buildOf(facts('helper')[0]),
    version: version !== undefined && /^[\w.-]{1,20}$/.test(version) ? version : null,
    system: /^[\w-]{1,40}$/.exec(facts('system')[0] ?? '')?.[0] ?? null,
    family: findEcosystem(facts('family')[0] ?? '')?.id ?? null,
    otherTools: facts('tool')
      .filter((tool) => /^[a-z-]{1,20}$/.test(tool))
      .slice(0, 20),
    timeMs:
      time === null ? null : Number(time[1]) * 1000 + (fraction === undefined ? 500 : Number(fraction) / 1e6),
    resolutionMs: fraction === undefined ? 500 : 1,
  };
}

function buildOf(text: string | undefined): string | null {
  return text !== undefined && /^[0-9a-f]{12}$/.test(text) ? text : null;
}

/** Of a clock that nobody could compare with ours: the host's times are taken as it says them. */
export const unmeasuredClock: MeasuredClock = {
  offsetMs: null,
  uncertaintyMs: null,
  applied: { offsetMs: 0, uncertaintyMs: 0 },
};

/**
 * The host looked at its clock between the start of the contact and the arrival of the frame.
 * An offset under two seconds cannot be told from none by times that are whole seconds: it only
 * widens. All is applied in whole seconds, so that state read twice stays the same to the byte.
 */
export function measureClock(hello: Hello, frame: Frame | undefined, startedAtMs: number): MeasuredClock {
  if (hello.timeMs === null || frame === undefined) {
    return unmeasuredClock;
  }
  const span = Math.max(0, frame.beganAtMs - startedAtMs);
  const offset = hello.timeMs - (startedAtMs + span / 2);
  const uncertainty = Math.ceil(span / 2 + hello.resolutionMs);
  const applied = Math.abs(offset) < 2000 ? 0 : Math.round(offset / 1000) * 1000;
  return {
    offsetMs: Math.round(offset),
    uncertaintyMs: uncertainty,
    applied: {
      offsetMs: applied,
      uncertaintyMs: Math.ceil((uncertainty + Math.abs(offset - applied)) / 1000) * 1000,
    },
  };
}
