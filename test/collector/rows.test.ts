import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundedRejections, canonical, completedFirst } from '#collector/rows.ts';
import type { RowOf } from '#data/model/tables.ts';

type Software = RowOf<'software'>;

/** Few values, so that keys meet; versions that look like nothing and like the word for it. */
const software: fc.Arbitrary<Software> = fc.record({
  host_id: fc.constantFrom('h', 'h1'),
  kind: fc.constantFrom('snap', 'opt'),
  name: fc.constantFrom('a', 'a"', 'a,"b', 'ab', ''),
  version: fc.constantFrom(null, 'null', '1', ''),
});

const keyOf = ({ host_id, kind, name, version }: Software) => JSON.stringify([host_id, kind, name, version]);

const event = (more: Partial<RowOf<'events'>>): RowOf<'events'> => ({
  host_id: 'h',
  log: 'dpkg',
  local_time: '2026-01-01T00:00:00',
  not_before: '2026-01-01T00:00:00.000Z',
  not_after: '2026-01-01T00:00:01.000Z',
  action: 'install',
  package: 'a',
  architecture: 'all',
  old_version: null,
  new_version: '1',
  completed: null,
  command: null,
  ...more,
});

describe('the canonical form of a table', () => {
  test('has one row a key, in the order of the keys', () => {
    fc.assert(
      fc.property(fc.array(software), (rows) => {
        const found = canonical('software', rows).rows;
        expect(found.map(keyOf)).toEqual([...new Set(rows.map(keyOf))].sort());
      }),
    );
  });

  test('does not depend on the order of rows, nor on that of their columns', () => {
    fc.assert(
      fc.property(
        fc
          .array(software)
          .chain((rows) =>
            fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
          ),
        ([rows, shuffled]) => {
          const turned = shuffled.map((row) => Object.fromEntries(Object.entries(row).reverse()));
          expect(canonical('software', turned).lines).toEqual(canonical('software', rows).lines);
        },
      ),
    );
  });

  test('tells every value apart, in any column', () => {
    const row = event({});
    const others = [
      event({ completed: true }),
      event({ command: 'null' }),
      event({ new_version: null }),
      event({ old_version: '' }),
      event({ not_after: '2026-01-01T00:00:02.000Z' }),
    ];
    const lines = [row, ...others].map((one) => canonical('events', [one]).lines.join('\n'));
    expect(new Set(lines).size).toBe(lines.length);
  });

  test('keeps the first of a key, wherever its other values would stand', () => {
    const [early, late] = [event({ command: 'a' }), event({ command: 'b' })];
    const other = event({ package: 'b' });
    expect(canonical('events', [late, other, early]).rows).toEqual([late, other]);
    expect(canonical('events', [other, early, late, late]).rows).toEqual([early, other]);
  });

  test('keeps a line that the log shows as completed before one that it does not', () => {
    const [done, failed, unknown] = [true, false, null].map((completed) => event({ completed })) as [
      RowOf<'events'>,
      RowOf<'events'>,
      RowOf<'events'>,
    ];
    expect(canonical('events', completedFirst([unknown, failed, done])).rows).toEqual([done]);
    expect(completedFirst([unknown, failed])).toEqual([unknown, failed]);
  });
});

describe('complaints', () => {
  test('at most 100 a section, and one that says how many more', () => {
    const row = (line: number) => ({ host_id: 'h', section: 's', line, reason: 'r', excerpt: '' });
    const rows = boundedRejections(Array.from({ length: 1000 }, (_, index) => row(index + 1)));
    expect(rows).toHaveLength(101);
    expect(rows.at(-1)).toMatchObject({ line: 101, reason: '900 more lines of this section, from here on.' });
  });
});
