/** What every family must keep, whatever its package manager. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scanTables } from '#data/model/tables.ts';
import { subjects } from '#data/model/words.ts';
import { refreshName } from '#ecosystems/refresh.ts';
import { runTool } from '#test/tools.ts';
import type { Ecosystem, ParseContext, SectionOutput } from '#ecosystems/ecosystem.ts';

/** A context in which the named sections ended well. */
export function contextOf(
  texts: { [section: string]: string | SectionOutput },
  more: Partial<ParseContext> = {},
): ParseContext {
  const sections = Object.entries(texts).map(
    ([name, text]) => [name, typeof text === 'string' ? outputOf(text) : text] as const,
  );
  return {
    hostId: 'h1',
    sections: new Map(sections),
    clock: { offsetMs: 0, uncertaintyMs: 0 },
    timeZone: 'UTC',
    isRoot: false,
    kernelRelease: null,
    osId: null,
    mappings: [],
    ...more,
  };
}

export function outputOf(text: string, more: Partial<SectionOutput> = {}): SectionOutput {
  return { text, stderr: '', exitStatus: 0, durationMs: 10, truncated: false, ...more };
}

/**
 * @param recorded a context with the family's own sections as some host answered them
 * @param versions versions of the family, oldest first, no two equal
 */
export function familyContract(family: Ecosystem, recorded: ParseContext, versions: string[]): void {
  describe(`the ${family.id} family`, () => {
    const specs = family.sections({});

    test('names its sections once, with limits and subjects that exist', () => {
      expect(new Set(specs.map((spec) => spec.name)).size).toBe(specs.length);
      for (const spec of specs) {
        expect(spec.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
        expect(spec.timeoutSeconds).toBeGreaterThan(0);
        expect(spec.maxBytes).toBeGreaterThan(0);
        expect(subjects).toEqual(expect.arrayContaining(spec.subjects));
      }
    });

    test.each(specs.map((spec) => [spec.name, spec.command]))('%s is clean POSIX shell', (_name, command) => {
      const checked = runTool(['shellcheck', '--shell=sh', '--severity=style', '-'], `${command}\n`);
      expect(checked.stdout).toBe('');
    });

    test('refreshes its package lists by one clean command, or not at all', () => {
      const { refresh } = family;
      const checked = runTool(
        ['shellcheck', '--shell=sh', '--severity=style', '-'],
        `${refresh?.command ?? ':'}\n`,
      );
      expect(checked.stdout).toBe('');
      expect(refresh?.name ?? refreshName).toBe(refreshName);
    });

    test('reads the recorded host completely, in rows of the record', () => {
      const { rows, readings } = family.parse(recorded);
      expect(readings.filter((reading) => reading.status !== 'complete')).toEqual([]);
      for (const [name, list] of Object.entries(rows)) {
        const table = scanTables[name as keyof typeof rows];
        const columns = Object.keys(table.columns).sort();
        const key = (row: object) =>
          JSON.stringify(table.key.map((column) => (row as Record<string, unknown>)[column]));
        for (const row of list) expect(Object.keys(row).sort()).toEqual(columns);
        expect([name, new Set(list.map(key)).size]).toEqual([name, list.length]);
      }
    });

    test('says of every subject of its sections that nothing was read when nothing was', () => {
      const { readings } = family.parse({ ...recorded, sections: new Map() });
      expect(readings.length).toBeGreaterThan(0);
      for (const reading of readings) {
        expect(reading.status).toBe('unread');
        expect(reading.reason).toMatch(/\.$/);
      }
    });

    test('is never complete in what a truncated or failed section feeds', () => {
      for (const spec of specs) {
        for (const broken of [{ truncated: true }, { exitStatus: 124 }, { exitStatus: null }]) {
          // A recording may be older than the section.
          const output = recorded.sections.get(spec.name) ?? outputOf('');
          const sections = new Map([...recorded.sections, [spec.name, { ...output, ...broken }]]);
          const { readings } = family.parse({ ...recorded, sections });
          const complete = readings.filter(
            (reading) => spec.subjects.includes(reading.subject) && reading.status === 'complete',
          );
          expect({ section: spec.name, complete }).toEqual({ section: spec.name, complete: [] });
        }
      }
    });

    test('reads any text without an error', () => {
      const names = specs.map((spec) => spec.name);
      const counts: number[] = [];
      const readNoise = (name: string, text: string) => {
        const sections = new Map([...recorded.sections, [name, outputOf(text)]]);
        counts.push(family.parse({ ...recorded, sections }).readings.length);
      };
      const noise = fc.string({ unit: 'binary', maxLength: 300 });
      fc.assert(fc.property(fc.constantFrom(...names), noise, readNoise), { numRuns: 40 });
      expect(new Set(counts)).toEqual(new Set([family.parse(recorded).readings.length]));
    });

    test('orders versions, and the same way round from both sides', () => {
      for (const [index, older] of versions.entries()) {
        expect(family.compareVersions(older, older)).toBe(0);
        for (const newer of versions.slice(index + 1)) {
          expect(family.compareVersions(older, newer)).toBeLessThan(0);
          expect(family.compareVersions(newer, older)).toBeGreaterThan(0);
        }
      }
    });
  });
}
