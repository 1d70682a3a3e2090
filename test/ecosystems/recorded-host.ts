/** A recorded host's sections, as the collector hands them to a family. */
import { frameReader } from '#collector/probe/frames.ts';
import { recordedMark } from '#collector/transport/replay.ts';
import { recording } from '#test/fixtures/replay.ts';
import { contextOf, outputOf } from './contract.ts';
import type { Ecosystem, ParseContext } from '#ecosystems/ecosystem.ts';

export function contextOfRecording(
  family: Ecosystem,
  name: string,
  more: Partial<ParseContext> = {},
): ParseContext {
  const limits = new Map(family.sections({}).map((spec) => [spec.name, spec.maxBytes] as const));
  const reader = frameReader({ mark: recordedMark, limits, totalBytes: 67_108_864 });
  reader.push(recording(name).bytes);
  const frames = [...reader.end().frames];
  const texts = frames.map(([section, frame]) => [section, outputOf(frame.payload.toString('utf8'))]);
  return contextOf(Object.fromEntries(texts), more);
}
