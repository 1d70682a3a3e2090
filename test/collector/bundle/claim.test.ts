/** Whose answer it is: every way in which script, person, inventory and record may say different things. */
import { describe, expect, test } from 'vitest';
import { claimHost } from '#collector/bundle/claim.ts';
import type { ClaimContext, ClaimedBundle } from '#collector/bundle/claim.ts';
import { Failure } from '#data/model/failure.ts';
import { localHost } from '#test/fixtures/replay.ts';

const now = Date.parse('2026-11-10T12:00:00Z');
const minutes = 60_000;

function claim(bundle: Partial<ClaimedBundle>, context: Partial<ClaimContext> = {}): string {
  try {
    return claimHost(
      {
        hostId: null,
        machineId: 'M1',
        madeAtMs: now - 600 * minutes,
        observedAtMs: now - 60 * minutes,
        ...bundle,
      },
      {
        hosts: ['web1', 'web2', 'web3'].map(localHost),
        machines: new Map([
          ['web1', ['M0', 'M1']],
          ['web2', ['M2']],
        ]),
        named: null,
        isRebuilt: false,
        now,
        ...context,
      },
    ).host_id;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // Every refusal has a next step.
    return `${error.nextStep === undefined ? '' : `${error.code}: `}${error.message}`;
  }
}

describe('whose answer', () => {
  test.each<[string, Partial<ClaimedBundle>, Partial<ClaimContext>, RegExp]>([
    ['the script says so', { hostId: 'web1' }, {}, /^web1$/],
    ['a person says so', {}, { named: 'web1' }, /^web1$/],
    ['both say so', { hostId: 'web1' }, { named: 'web1' }, /^web1$/],
    [
      'they say different things',
      { hostId: 'web1' },
      { named: 'web2' },
      /^bundle-other-host: .*for web1, not for web2/,
    ],
    ['nobody says so, and the record knows the machine', {}, {}, /^web1$/],
    [
      'nobody says so, and the record does not know the machine',
      { machineId: 'M9' },
      {},
      /^bundle-unnamed: /,
    ],
    ['nobody says so, and the machine has no id', { machineId: null }, {}, /^bundle-unnamed: /],
    [
      'nobody says so, and two hosts are that machine',
      {},
      {
        machines: new Map([
          ['web1', ['M1']],
          ['web2', ['M1']],
        ]),
      },
      /^bundle-unnamed: /,
    ],
    ['the inventory does not have it', { hostId: 'db9', machineId: 'M9' }, {}, /^unknown-host: .*db9/],
    ['it was never read', { hostId: 'web3', machineId: 'M3' }, {}, /^web3$/],
    ['it was never read and has no machine-id', { hostId: 'web3', machineId: null }, {}, /^web3$/],
    [
      'another host gave it',
      { hostId: 'web1', machineId: 'M2' },
      {},
      /^bundle-other-machine: is the answer of web2/,
    ],
    [
      'another host gave it, to one that was never read',
      { hostId: 'web3', machineId: 'M2' },
      {},
      /^bundle-other-machine: /,
    ],
    [
      'another host gave it, though it is called rebuilt',
      { hostId: 'web1', machineId: 'M2' },
      { isRebuilt: true },
      /^bundle-other-machine: /,
    ],
    ['the machine that it was before', { hostId: 'web1', machineId: 'M0' }, {}, /^web1$/],
    [
      'a machine that nobody knows',
      { hostId: 'web1', machineId: 'M9' },
      {},
      /^bundle-rebuilt: comes from another machine/,
    ],
    [
      'a machine that nobody knows, rebuilt',
      { hostId: 'web1', machineId: 'M9' },
      { isRebuilt: true },
      /^web1$/,
    ],
    [
      'no machine-id, where there was one',
      { hostId: 'web1', machineId: null },
      {},
      /^bundle-rebuilt: does not say which machine/,
    ],
  ])('%s', (_name, bundle, context, expected) => {
    expect(claim(bundle, context)).toMatch(expected);
  });
});

describe('when', () => {
  test.each<[string, Partial<ClaimedBundle>, RegExp]>([
    ['between script and import', {}, /^web1$/],
    ['a clock a little ahead', { observedAtMs: now + 4 * minutes }, /^web1$/],
    ['a clock far ahead', { observedAtMs: now + 6 * minutes }, /^bundle-future: is dated 2026-11-10T12:06/],
    ['a clock a little behind, at once', { madeAtMs: now, observedAtMs: now - 4 * minutes }, /^web1$/],
    [
      'before its script was made',
      { madeAtMs: now, observedAtMs: now - 6 * minutes },
      /^bundle-before-script: /,
    ],
    ['in 1970, as without a battery', { observedAtMs: 90_000 }, /^bundle-before-script: is dated 1970-01-01/],
    ['long ago, by an old script', { madeAtMs: 0, observedAtMs: now - 90 * 1440 * minutes }, /^web1$/],
  ])('%s', (_name, bundle, expected) => {
    expect(claim(bundle)).toMatch(expected);
  });
});
