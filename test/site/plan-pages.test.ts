/** The pages of plans and of what became of them, and their sentences. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { OutcomeCount, PlanLine } from '#reports/reading.ts';
import {
  claimWords,
  outcomeDetail,
  outcomeNextStep,
  scriptsSentence,
  verificationSentence,
} from '#site/plan-words.ts';
import { buildIn, makeFleet } from './fleet.ts';
import { textOf } from './tree.ts';

let site: string;
const text = (page: string): string => textOf(readFileSync(join(site, page), 'utf8'));

beforeAll(async () => {
  const fleet = await makeFleet();
  site = await buildIn(fleet.folder, fleet.findingsPath);
});

describe('pages', () => {
  test('scripts: the last plan of each host with what lets it in, its time and its hash', () => {
    const page = text('scripts/index.html');
    for (const words of [
      '2 hosts have a plan, for 3 fixes. 2 missing fixes are in none.',
      'all-security-fixes: Standing rule of this workspace, 2026-01-01',
      '2026-11-23 12:00',
      'b'.repeat(64),
      '1 of 2 fixes verified',
      'apt-mark unhold',
    ])
      expect(page).toContain(words);
  });

  test('verification: outcomes come from scans, what the script said is told as its word', () => {
    const page = text('verification/index.html');
    for (const words of [
      '1 of 3 planned fixes proven to be in effect; 2 still missing.',
      'verified by this plan',
      'failed apt ended with an error',
      'still missing no run of the script is known',
      'finished: apt-failed, exit 20',
    ])
      expect(page).toContain(words);
  });

  test("a host's page has its plan, each fix with its outcome, and the whole transaction", () => {
    const page = text('hosts/web-01.example.org/index.html');
    for (const words of [
      'in part 1 of 2 planned fixes verified.',
      'out/scripts/web-01.example.org.sh',
      'The whole transaction: 3 packages',
      'libnghttp3-3 new → 0.8.0-1 comes along',
    ])
      expect(page).toContain(words);
    expect(text('hosts/mail-01/index.html')).not.toContain('Plan, and what became of it');
  });
});

describe('sentences', () => {
  const count = (outcome: OutcomeCount['outcome'], fixes: number): OutcomeCount => ({
    outcome,
    detail: null,
    fixes,
    hosts: 1,
  });

  test.each<[OutcomeCount[], string]>([
    [[], 'No plan is recorded, so there is nothing to verify.'],
    [[count('verified', 1)], '1 of 1 planned fix proven to be in effect.'],
    [
      [count('verified', 1200), count('failed', 1), count('still-missing', 2), count('regressed', 1)],
      '1,200 of 1,204 planned fixes proven to be in effect; 3 still missing, 1 missing again.',
    ],
    [
      [
        count('installed-not-effective', 1),
        count('installed-effect-unknown', 2),
        count('not-observed', 3),
        count('exited', 4),
      ],
      '0 of 10 planned fixes proven to be in effect; 1 installed and not in effect, 2 installed, effect unknown, 3 not looked at since, 4 no longer concerned.',
    ],
  ])('of outcomes %#', (counts, sentence) => {
    expect(verificationSentence(counts)).toBe(sentence);
  });

  test('of scripts: none, one, expired ones', () => {
    const plan = (fixes: number, expired: boolean): PlanLine => ({ fixes, expired }) as PlanLine;
    expect(scriptsSentence([], [])).toBe('No plan is recorded.');
    expect(scriptsSentence([plan(1, false)], [])).toBe('1 host has a plan, for 1 fix.');
    expect(scriptsSentence([plan(2, true), plan(1, false)], [])).toBe(
      '2 hosts have a plan, 1 of them expired, for 3 fixes.',
    );
  });

  test('what a host says of itself is not translated into more than it is', () => {
    expect(outcomeDetail('a reason of its own')).toBe('a reason of its own');
    expect(claimWords({ result_state: null, result_reason: null, exit_status: null })).toBe(
      'no run is known',
    );
    expect(claimWords({ result_state: 'running', result_reason: 'running', exit_status: null })).toBe(
      'running: running',
    );
  });

  test('each outcome that asks for something says what', () => {
    expect(outcomeNextStep({ outcome: 'still-missing', detail: 'never-run' })).toContain('--apply');
    expect(outcomeNextStep({ outcome: 'still-missing', detail: 'claim-contradicted' })).toContain('disagree');
    expect(outcomeNextStep({ outcome: 'still-missing', detail: 'partly-installed' })).toContain('left');
    expect(outcomeNextStep({ outcome: 'verified', detail: 'by-plan' })).toBe('');
  });
});
