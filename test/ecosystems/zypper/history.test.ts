/** zypp's own log, line by line: times are local, and an upgrade is an install. */
import { describe, expect, test } from 'vitest';
import { parseHistory } from '#ecosystems/zypper/history.ts';
import { contextOf } from '../contract.ts';
import type { ParseContext } from '#ecosystems/ecosystem.ts';

const header = (path: string) => `#file\t${path}\t100\t1795600000\t${'a'.repeat(64)}`;
const log = '/var/log/zypp/history';
const lines = [
  "2026-03-29 10:00:00|command|root@h1|'zypper' 'up' 'a|b'|",
  '2026-03-29 10:00:01|install|openssl-3|3.1.4-150600.5.18.1|x86_64|root@h1|repo|abc|',
  '2026-03-29 10:00:02|remove |nano|7.2-1.1|x86_64||',
  '2026-03-29 10:00:03|install|bind|2:9.18.28-1.1|x86_64||repo|abc|',
  '2026-03-29 10:00:04|install|zero|0:1.0-1.1|noarch|123:packagekitd|repo|abc|',
];

function read(text: string[], more: Partial<ParseContext> = {}) {
  const section = [header(log), ...text, '#times\t2026-03-29T10:00:00\t2026-03-29T10:00:04', ''].join('\n');
  return parseHistory(contextOf({ 'zypper-history': section }, more));
}

test('installs and removals are events, with the command before them; no version before is made up', () => {
  const { events, logs, reading } = read(lines);
  expect(
    events.map((row) => [
      row.action,
      row.package,
      row.architecture,
      row.old_version,
      row.new_version,
      row.command,
    ]),
  ).toEqual([
    ['install', 'openssl-3', 'x86_64', null, '3.1.4-150600.5.18.1', "'zypper' 'up' 'a|b'"],
    ['remove', 'nano', 'x86_64', '7.2-1.1', null, "'zypper' 'up' 'a|b'"],
    ['install', 'bind', 'x86_64', null, '2:9.18.28-1.1', "'zypper' 'up' 'a|b'"],
    ['install', 'zero', 'noarch', null, '1.0-1.1', "'zypper' 'up' 'a|b'"],
  ]);
  expect(logs).toEqual([
    expect.objectContaining({ log: 'zypp', path: log, last_time: '2026-03-29T10:00:04' }),
  ]);
  expect(reading.status).toBe('complete');
});

test.each([
  ['UTC', '2026-03-29T10:00:02.000Z'],
  ['Europe/Berlin', '2026-03-29T08:00:02.000Z'],
  ['America/New_York', '2026-03-29T14:00:02.000Z'],
])('times are local ones of %s', (timeZone, instant) => {
  const event = read(lines, { timeZone }).events.find((row) => row.package === 'nano');
  expect(event).toMatchObject({ local_time: '2026-03-29T10:00:02', not_before: instant });
});

test('an unknown zone widens the bounds', () => {
  const [event] = read(lines, { timeZone: null }).events;
  const width = Date.parse(event?.not_after ?? '') - Date.parse(event?.not_before ?? '');
  expect(width).toBeGreaterThan(24 * 3_600_000);
});

describe('what cannot be an event', () => {
  test.each([
    ['a name', '2026-03-29 10:00:01|install|$(id)|1-1|x86_64|||'],
    ["a version with an extra '-'", '2026-03-29 10:00:01|install|a|1-1-1|x86_64|||'],
    ['an architecture', '2026-03-29 10:00:01|install|a|1-1|x86 64|||'],
    ['a day', '2026-02-31 10:00:01|install|a|1-1|x86_64|||'],
    ['fields', '2026-03-29 10:00:01|install'],
    ['another action', '2026-03-29 10:00:01|patch  |a|1-1|x86_64|||'],
  ])('%s is a rejection, and the history is partial', (_what, line) => {
    const { events, rejections, reading } = read([...lines, line]);
    expect(events).toHaveLength(4);
    expect(rejections).toEqual([expect.objectContaining({ line: 7, section: 'zypper-history' })]);
    expect(reading).toMatchObject({ status: 'partial', reason: "1 lines of zypp's log could not be read." });
  });
});

test('no log is nothing read, and one that is closed is said to be', () => {
  expect(parseHistory(contextOf({ 'zypper-history': '' })).reading).toEqual({
    subject: 'history',
    status: 'unread',
    reason: 'No log of the package manager was found.',
  });
  const closed = parseHistory(contextOf({ 'zypper-history': `#unreadable ${log}\n` }));
  expect(closed.reading.reason).toContain(`${log} cannot be read by this account.`);
});
