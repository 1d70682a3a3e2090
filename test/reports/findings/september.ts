/** September 2026: a scan each day, one advisory, and a host that lacks or has its fix. */
import type { Advisory } from './feed-story.ts';
import type { Found, HostState, RunStory } from './story.ts';

/** A scan each day at 03:00 from 1 September on. */
export const at = (number: number, time = '03:00:00.000'): string =>
  `2026-09-${String(number).padStart(2, '0')}T${time}Z`;
export const startOf = (number: number): string => at(number, '00:00:00.000');
export const endOf = (number: number): string => at(number, '23:59:59.999');

export function daily(...found: Found[]): RunStory[] {
  return found.map((state, index) => ({ at: at(index + 1), hosts: { web: state, other: { packages: {} } } }));
}

export const advisory: Advisory = ['DSA-1-1', '2026-09-03', 'ssl', '2', 'CVE-2026-10000'];
export const old: HostState = { packages: { ssl: '1' } };
export const fixed: HostState = { packages: { ssl: '2' } };
