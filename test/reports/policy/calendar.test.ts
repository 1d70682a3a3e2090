/** The calendar of deadlines: the macros of the models against a reference on Temporal. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readRows, sqlText, withDatabase } from '#data/ledger/database.ts';
import { policyStage } from '#reports/policy/stage.ts';

type Case = [start: string, count: number, unit: 'hours' | 'days' | 'months', zone: string];

let macros = '';
beforeAll(() => {
  const { tables } = policyStage.models.find(({ name }) => name === 'policies') ?? { tables: '' };
  macros = tables.slice(0, tables.indexOf('CREATE OR REPLACE TABLE'));
});

async function due(cases: Case[]): Promise<(string | null)[]> {
  return withDatabase(':memory:', {}, async (connection) => {
    await connection.run(macros);
    const rows = cases.map(
      ([start, count, unit, zone], place) =>
        `(${place}, TIMESTAMP ${sqlText(start.replace('T', ' ').replace('Z', ''))}, ${count}, '${unit}', '${zone}')`,
    );
    const found = await readRows(
      connection,
      `SELECT due(start, allowed, unit, zone) AS due FROM (VALUES ${rows.join(', ')}) AS cases(place, start, allowed, unit, zone) ORDER BY place`,
    );
    return found.map((row) => row['due'] as string | null);
  });
}

/** Day by day: find the day in the zone, count on, take its end. */
function reference([start, count, unit, zone]: Case): string {
  if (unit === 'hours') return new Date(Date.parse(start) + count * 3_600_000).toISOString();
  const day = Temporal.Instant.from(start).toZonedDateTimeISO(zone).toPlainDate();
  const last = unit === 'days' ? day.add({ days: count }) : day.add({ months: count });
  const end = last.add({ days: 1 }).toZonedDateTime(zone).toInstant();
  return new Date(end.epochMilliseconds).toISOString();
}

test.each([
  ['2026-09-03 00:00:00', '2026-09-03 23:59:59.999', true],
  ['2026-09-03 00:00:00', '2026-09-03 23:59:59', true],
  ['2026-09-03 00:00:00', '2026-09-03 18:00:00', false],
  // An instant of the next day is possible, too.
  ['2026-09-03 00:00:00', '2026-09-04 00:00:00', false],
  ['2026-09-02 22:00:00', '2026-09-03 21:59:59.999', false],
])('from %s to %s is known to the day: %s', async (from, to, expected) => {
  const found = await withDatabase(':memory:', {}, async (connection) => {
    await connection.run(macros);
    return readRows(connection, `SELECT is_day(TIMESTAMP '${from}', TIMESTAMP '${to}') AS said`);
  });
  expect(found).toEqual([{ said: expected }]);
});

describe('worked cases', () => {
  const worked: [string, Case, string][] = [
    [
      'days end at 24:00 of day D+N',
      ['2026-03-02T15:00:00.000Z', 7, 'days', 'UTC'],
      '2026-03-10T00:00:00.000Z',
    ],
    [
      "in the policy's zone",
      ['2026-03-02T15:00:00.000Z', 7, 'days', 'Europe/Zurich'],
      '2026-03-09T23:00:00.000Z',
    ],
    [
      'an evening in UTC is the next day in Tokyo',
      ['2026-03-02T15:00:00.000Z', 7, 'days', 'Asia/Tokyo'],
      '2026-03-10T15:00:00.000Z',
    ],
    [
      'across the change to summer time',
      ['2026-03-28T12:00:00.000Z', 1, 'days', 'Europe/Zurich'],
      '2026-03-29T22:00:00.000Z',
    ],
    [
      'a month clamps at the end of February',
      ['2026-01-31T00:00:00.000Z', 1, 'months', 'UTC'],
      '2026-03-01T00:00:00.000Z',
    ],
    [
      'and at the end of a leap February',
      ['2028-01-31T00:00:00.000Z', 1, 'months', 'UTC'],
      '2028-03-01T00:00:00.000Z',
    ],
    [
      'a month from the 30th is the 30th',
      ['2026-04-30T00:00:00.000Z', 1, 'months', 'UTC'],
      '2026-05-31T00:00:00.000Z',
    ],
    [
      'hours are hours',
      ['2026-03-28T12:00:00.000Z', 48, 'hours', 'Europe/Zurich'],
      '2026-03-30T12:00:00.000Z',
    ],
  ];

  test.each(worked)('%s', async (_name, given, expected) => {
    expect(await due([given])).toEqual([expected]);
    expect(reference(given)).toBe(expected);
  });
});

test('20,000 random cases agree with the reference', async () => {
  const zones = [
    'UTC',
    'Europe/Zurich',
    'America/New_York',
    'Asia/Kolkata',
    'Pacific/Auckland',
    'America/St_Johns',
  ];
  const cases = fc.sample(
    fc.tuple(
      fc
        .date({ min: new Date('2020-01-01'), max: new Date('2031-12-31'), noInvalidDate: true })
        .map((date) => date.toISOString()),
      fc.integer({ min: 1, max: 400 }),
      fc.constantFrom('hours' as const, 'days' as const, 'months' as const),
      fc.constantFrom(...zones),
    ),
    20_000,
  );

  expect(await due(cases)).toEqual(cases.map(reference));
});
