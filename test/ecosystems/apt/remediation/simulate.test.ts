/** What a host's apt would do, read from its words: the whole transaction, or a problem in a sentence. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSimulation, simulateSection } from '#ecosystems/apt/remediation/simulate.ts';
import { outputOf } from '../../contract.ts';

/** Recorded on Debian 12 (apt 2.6): a security update that brings its library along. */
const recorded = `#native amd64
Reading package lists...
Building dependency tree...
Reading state information...
The following additional packages will be installed:
   libjq1 (1.6-2.1+deb12u3)
The following NEW packages will be installed:
   libonig5 (6.9.8-1)
The following packages will be upgraded:
   jq (1.6-2.1+deb12u1 => 1.6-2.1+deb12u3)
   libjq1:i386 (1.6-2.1+deb12u1 => 1.6-2.1+deb12u3)
2 upgraded, 1 newly installed, 0 to remove and 132 not upgraded.
Need to get 201 kB of archives.
After this operation, 6144 B of additional disk space will be used.
#file jq_1.6-2.1+deb12u3_amd64.deb
#size 64432
#file libjq1_1.6-2.1+deb12u3_i386.deb
#size 136460
#file libonig5_6.9.8-1_amd64.deb
#size 188
`;
const read = (text: string, more = {}) => readSimulation({ ...outputOf(text), ...more });

describe('a transaction', () => {
  test('is read whole: what was asked for, what comes along, sizes in bytes', () => {
    expect(read(recorded)).toEqual({
      changes: [
        {
          package: 'jq',
          architecture: 'amd64',
          old_version: '1.6-2.1+deb12u1',
          new_version: '1.6-2.1+deb12u3',
        },
        {
          package: 'libjq1',
          architecture: 'i386',
          old_version: '1.6-2.1+deb12u1',
          new_version: '1.6-2.1+deb12u3',
        },
        { package: 'libonig5', architecture: 'amd64', old_version: null, new_version: '6.9.8-1' },
      ],
      download_bytes: 201_080,
      installed_bytes: 6144,
    });
  });

  test.each<[string, string, number | null]>([
    ['megabytes', 'After this operation, 1,234 kB of additional disk space will be used.', 1_234_000],
    ['less than before', 'After this operation, 5 kB disk space will be freed.', null],
    ['nothing said', '', null],
  ])('room that it takes: %s', (_what, line, bytes) => {
    const text = recorded.replace(/^After this.*$/m, line);
    expect(read(text)).toMatchObject({ installed_bytes: bytes });
  });
});

describe('a problem, never half a transaction', () => {
  test.each<[string, string, object, RegExp]>([
    ['no answer at all', '', { exitStatus: null }, /ended within 'simulation'/],
    ['no words', '', {}, /did not print what it would do/],
    [
      'apt refused',
      `#native amd64\nE: Version '9' for 'jq' was not found\n`,
      { exitStatus: 100 },
      /^apt: Version '9' for 'jq' was not found$/,
    ],
    ['it took too long', recorded, { exitStatus: 124 }, /ran out of time/],
    ['too long an answer', recorded, { truncated: true }, /more than its limit/],
    [
      'something would go',
      recorded
        .replace('2 upgraded', 'The following packages will be REMOVED:\n   gone (1.0)\n2 upgraded')
        .replace('0 to remove', '1 to remove'),
      {},
      /apt would remove gone/,
    ],
    [
      'a line that is no package',
      recorded.replace('libonig5 (', '$(id) ('),
      {},
      /printed what is no package/,
    ],
    [
      'a version with shell',
      recorded.replaceAll('=> 1.6-2.1+deb12u3)', '=> 1$(id))'),
      {},
      /no package|to which version/,
    ],
    [
      'another language',
      recorded.replace(
        '2 upgraded, 1 newly installed, 0 to remove',
        '2 aktualisiert, 1 neu installiert, 0 zu entfernen',
      ),
      {},
      /did not print what it would do/,
    ],
    ['no architecture of its own', recorded.replace('#native amd64\n', ''), {}, /did not print/],
  ])('%s', (_what, text, more, said) => {
    const simulation = read(text, more);
    expect('problem' in simulation ? simulation.problem : simulation).toMatch(said);
  });

  test('cut off at any byte before the count, it is no plan; no bytes make it crash', () => {
    const count = recorded.indexOf('2 upgraded');
    for (let end = 0; end < count; end++)
      expect([end, 'problem' in read(recorded.slice(0, end))]).toEqual([end, true]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat(recorded.length), (junk, at) => {
        const simulation = read(recorded.slice(0, at) + junk + recorded.slice(at));
        const said =
          'problem' in simulation
            ? [`${simulation.problem.length > 0} said`]
            : simulation.changes.map((change) => `${change.package} ${change.new_version}`);
        for (const line of said) expect(line).toMatch(/^[A-Za-z0-9+._-]+ [A-Za-z0-9.+~:-]+$/);
      }),
      { numRuns: 3000, seed: 5 },
    );
  });
});

test.each([
  [{ package: 'a;id', architecture: 'amd64', version: '1' }],
  [{ package: 'a', architecture: '-o', version: '1' }],
  [{ package: 'a', architecture: 'amd64', version: '1 --force' }],
])('%j is not asked for', (target) => {
  expect(() => simulateSection([target])).toThrow(RangeError);
});
