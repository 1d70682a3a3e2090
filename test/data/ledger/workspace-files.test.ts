/** People's files as the record holds them. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { listEntries } from '#data/ledger/entries.ts';
import type { Entry } from '#data/ledger/entries.ts';
import { byRecording, recordedFiles } from '#data/ledger/workspace-files.ts';
import { verifyLedger } from '#data/ledger/verify.ts';
import { writeFiles } from '#test/reports/policy/policy-story.ts';
import { newFolder } from './record.ts';

let ledger: string;
const texts = (entry: Entry | undefined): { [path: string]: string } =>
  Object.fromEntries(
    recordedFiles(entry!, listEntries(ledger)).map(({ path, content }) => [
      path,
      Buffer.from(content).toString(),
    ]),
  );

beforeEach(async () => {
  ledger = join(newFolder(), 'ledger');
  await writeFiles(ledger, '2026-09-01T00:00:00.000Z', { 'a.yaml': 'one\n', 'b.yaml': 'two\n' });
  await writeFiles(ledger, '2026-09-02T00:00:00.000Z', { 'a.yaml': 'one\n', 'b.yaml': 'changed\n' });
});

describe('an entry of people’s files alone', () => {
  test('holds what is new, and names where the rest lies', () => {
    const [first, second] = listEntries(ledger);

    expect(second?.manifest.files).toHaveLength(1);
    expect(texts(first)).toEqual({ 'a.yaml': 'one\n', 'b.yaml': 'two\n' });
    expect(texts(second)).toEqual({ 'a.yaml': 'one\n', 'b.yaml': 'changed\n' });
  });

  test('verifies like any other', async () => {
    expect(await verifyLedger(ledger)).toMatchObject({ ok: true, entries: 2, problems: [] });
  });

  test.each([
    [
      'a copy that was edited',
      (copy: string) => writeFileSync(copy, 'forged\n'),
      'is not what its hash says',
    ],
    ['a copy that is gone', (copy: string) => rmSync(copy), 'is missing'],
  ])('%s judges nothing: the record is damaged', (_name, harm, message) => {
    const [first] = listEntries(ledger);
    harm(join(first!.path, 'files', first!.manifest.workspace_files[0]!.sha256));

    expect(() => texts(first)).toThrow(
      expect.objectContaining({ code: 'record-damaged', message: expect.stringContaining(message) }),
    );
  });
});

test('entries of several chains are told in the order in which the record learned of them', () => {
  const entry = (collector: string, sequence: number, recorded_at: string): Entry =>
    ({ manifest: { collector, sequence, recorded_at } }) as unknown as Entry;
  const told = [entry('b', 1, '3'), entry('a', 2, '3'), entry('a', 1, '3'), entry('z', 9, '1')];

  expect(byRecording(told).map(({ manifest }) => `${manifest.collector}${manifest.sequence}`)).toEqual([
    'z9',
    'a1',
    'a2',
    'b1',
  ]);
});
