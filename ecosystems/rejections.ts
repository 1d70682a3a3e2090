/** Lines that cannot be what they claim to be: kept visible, never read as something else. */
import { clean } from '#data/model/clean.ts';
import type { Rejection } from './ecosystem.ts';

export interface Rejecter {
  rows: Rejection[];
  reject: (line: number, expected: string, text: string) => void;
}

export function rejecter(hostId: string, section: string): Rejecter {
  const rows: Rejection[] = [];
  return {
    rows,
    reject: (line, expected, text) => {
      rows.push({ host_id: hostId, section, line, reason: expected, excerpt: clean(text, 120) });
    },
  };
}
