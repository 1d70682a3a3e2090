/** The recorded host's sections, as the collector hands them to the family. */
import { frameReader } from '#collector/probe/frames.ts';
import { recordedMark } from '#collector/transport/replay.ts';
import { zypper } from '#ecosystems/zypper/zypper.ts';
import { recording } from '#test/fixtures/replay.ts';
import { contextOf, outputOf } from '../contract.ts';
import type { ParseContext, Parsed, SectionOutput } from '#ecosystems/ecosystem.ts';
import type { RowOf } from '#data/model/tables.ts';

export function recordedContext(): ParseContext {
  const limits = new Map(zypper.sections({}).map((spec) => [spec.name, spec.maxBytes] as const));
  const reader = frameReader({ mark: recordedMark, limits, totalBytes: 67_108_864 });
  reader.push(recording('leap15').bytes);
  const frames = [...reader.end().frames];
  const texts = frames.map(([name, frame]) => [
    name,
    outputOf(frame.payload.toString('utf8'), { exitStatus: frame.exitStatus }),
  ]);
  return contextOf(Object.fromEntries(texts), {
    kernelRelease: '6.4.0-150600.22.3-default',
    osId: 'opensuse-leap',
  });
}

/** What comes of the recorded host when one section says something else. */
export function withSection(
  name: string,
  change: (text: string) => string,
  more: Partial<SectionOutput> = {},
): Parsed {
  const context = recordedContext();
  const output = context.sections.get(name);
  if (output === undefined) throw new Error(`nothing was recorded of ${name}`);
  const sections = new Map([...context.sections, [name, { ...output, text: change(output.text), ...more }]]);
  return zypper.parse({ ...context, sections });
}

export function readingOf(parsed: Parsed, subject: string): Parsed['readings'][number] | undefined {
  return parsed.readings.find((reading) => reading.subject === subject);
}

export function updateOf(parsed: Parsed, name: string): RowOf<'updates'> | undefined {
  return parsed.rows.updates?.find((row) => row.package === name);
}
