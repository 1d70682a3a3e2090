/**
 * The corpus: what hosts of every family really answered, cut, torn, flooded and talked over. Whatever comes, the
 * snapshot is valid, nothing is invented, and what was lost is said to be lost.
 */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { sectionsOf } from '#collector/probe/program.ts';
import { recordedMark } from '#collector/transport/replay.ts';
import type { Snapshot } from '#data/model/tables.ts';
import { ecosystems } from '#ecosystems/registry.ts';
import { recording, replaySnapshot } from '#test/fixtures/replay.ts';
import { expectValid } from './valid.ts';

const hosts = readdirSync(new URL('../fixtures/hosts/', import.meta.url)).sort();

interface Section {
  name: string;
  /** Where its output lies in the answer. */
  start: number;
  end: number;
}

function sectionsIn(bytes: Buffer): Section[] {
  const text = bytes.toString('latin1');
  const begins = new RegExp(`\\n${recordedMark} begin (\\S+)\\n`, 'g');
  return [...text.matchAll(begins)].map((match) => {
    const start = match.index + match[0].length;
    return { name: match[1]!, start, end: text.indexOf(`\n${recordedMark} stderr`, start) };
  });
}

/** The answer with the output of one section replaced. */
function withOutput(bytes: Buffer, { start, end }: Section, output: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, start), output, bytes.subarray(end)]);
}

/** Lines that hosts print between others: banners, warnings, translations, escape codes, code. */
const noise = [
  'Last login: Mon Nov 23 10:00:00 2026 from 192.0.2.1',
  'Warnung: Die Paketlisten sind möglicherweise veraltet.',
  '更新のための依存関係を解決しています',
  'Updating Subscription Management repositories.',
  '\u001b[1;31mRed Hat\u001b[0m\u0007',
  'Obsoleting Packages',
  '$(touch /tmp/owned); `id`; <script>alert(1)</script>',
  '\u202Egpj.exe',
  '\t\t\t\t\t\t\t\t\t\t\t\t',
  '|'.repeat(50),
  'ä'.repeat(3000),
];

function keysOf(snapshot: Snapshot): Set<string> {
  return new Set(snapshot.packages.map((row) => `${row.package} ${row.architecture} ${row.version}`));
}

test('every family has a recorded host', async () => {
  const families = await Promise.all(
    hosts.map(async (name) => (await replaySnapshot('h', { recorded: name })).scans[0]?.ecosystem),
  );
  expect([...new Set(families)].sort()).toEqual(ecosystems.map(({ id }) => id).sort());
});

describe.each(hosts)('%s', (name) => {
  const { bytes } = recording(name);
  const sections = sectionsIn(bytes);
  let whole: Snapshot;
  const replay = (changed: Buffer) => replaySnapshot('h', { recorded: name, bytes: changed });
  beforeAll(async () => {
    whole = await replay(bytes);
  });

  test('is read, and what is read is valid', () => {
    expectValid(whole);
    expect(whole.packages.length).toBeGreaterThan(5);
    expect(['ok', 'partial']).toContain(whole.scans[0]?.status);
  });

  test('cut anywhere it is cut-off, and nothing that the lost sections feed is complete', async () => {
    const cut = fc.integer({ min: 0, max: bytes.length - 1 });
    const check = async (length: number) => {
      const snapshot = await replay(bytes.subarray(0, length));
      expectValid(snapshot);
      expect(snapshot.scans[0]?.status).toBe('cut-off');
      const ended = new Set(
        snapshot.sections.flatMap((row) => (row.exit_status === null ? [] : [row.section])),
      );
      const lost = sections.filter((section) => !ended.has(section.name)).map((section) => section.name);
      const specs = sectionsOf(snapshot.scans[0]?.ecosystem ?? null, {});
      const fed = new Set(specs.filter((spec) => lost.includes(spec.name)).flatMap((spec) => spec.subjects));
      const complete = snapshot.readings.filter((row) => row.status === 'complete' && fed.has(row.subject));
      expect(complete.map((row) => row.subject)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(cut, check), { numRuns: 25 });
  });

  test('torn bytes anywhere are never an error', async () => {
    const tear = fc.tuple(
      fc.double({ min: 0, max: 0.9999, noNaN: true }),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
    );
    const check = async (tears: [number, Uint8Array][]) => {
      const torn = Buffer.from(bytes);
      for (const [place, junk] of tears) torn.set(junk.subarray(0, 1), Math.floor(place * torn.length));
      const snapshot = await replay(torn);
      expectValid(snapshot);
      expect(snapshot.scans).toHaveLength(1);
    };
    await fc.assert(fc.asyncProperty(fc.array(tear, { minLength: 1, maxLength: 60 }), check), {
      numRuns: 25,
    });
  });

  test('a section with a line too many invents no package, and one that was lost is missed', async () => {
    const before = keysOf(whole);
    const place = fc.record({
      section: fc.constantFrom(...sections),
      line: fc.double({ min: 0, max: 1, noNaN: true }),
      text: fc.constantFrom(...noise),
    });
    const check = async ({ section, line, text }: { section: Section; line: number; text: string }) => {
      const lines = bytes.toString('utf8', section.start, section.end).split('\n');
      lines.splice(Math.floor(line * lines.length), 0, text);
      const snapshot = await replay(withOutput(bytes, section, Buffer.from(lines.join('\n'))));
      expectValid(snapshot);
      const now = keysOf(snapshot);
      expect([...now].filter((key) => !before.has(key))).toEqual([]);
      const lost = now.size < before.size;
      const reading = snapshot.readings.find((row) => row.subject === 'packages');
      expect([lost, lost && reading?.status === 'complete']).toEqual([lost, false]);
    };
    await fc.assert(fc.asyncProperty(place, check), { numRuns: 60 });
  });

  test.each(sections.map((section) => [section.name, section] as const))(
    '%s: empty, flooded, wrapped at 80 columns and in CRLF lines it is never an error',
    async (_name, section) => {
      const output = bytes.subarray(section.start, section.end);
      const wrapped = output.toString('utf8').replace(/(.{80})/g, '$1\n');
      const changed = [
        Buffer.alloc(0),
        Buffer.alloc(3_000_000, 'x'),
        Buffer.from('y\n'.repeat(100_000)),
        Buffer.from(wrapped),
        Buffer.from(output.toString('utf8').replaceAll('\n', '\r\n')),
      ];
      for (const one of changed) {
        const snapshot = await replay(withOutput(bytes, section, one));
        expectValid(snapshot);
        const invented = [...keysOf(snapshot)].filter((key) => !keysOf(whole).has(key));
        expect(invented).toEqual([]);
      }
    },
  );
});
