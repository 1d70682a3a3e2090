/** The recorded host's sections, as the collector hands them to a family. */
import { frameReader } from '#collector/probe/frames.ts';
import { recordedMark } from '#collector/transport/replay.ts';
import { apt } from '#ecosystems/apt/apt.ts';
import { recording } from '#test/fixtures/replay.ts';
import { contextOf, outputOf } from '../contract.ts';
import type { ParseContext } from '#ecosystems/ecosystem.ts';

export function recordedContext(): ParseContext {
  const limits = new Map(apt.sections({}).map((spec) => [spec.name, spec.maxBytes] as const));
  const reader = frameReader({ mark: recordedMark, limits, totalBytes: 67_108_864 });
  reader.push(recording().bytes);
  const frames = [...reader.end().frames];
  const texts = frames.map(([name, frame]) => [name, outputOf(frame.payload.toString('utf8'))]);
  return contextOf(Object.fromEntries(texts), { kernelRelease: '6.1.0-25-cloud-amd64' });
}
