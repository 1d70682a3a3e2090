/** The recorded hosts' sections, as the collector hands them to the family. */
import { frameReader } from '#collector/probe/frames.ts';
import { recordedMark } from '#collector/transport/replay.ts';
import { dnf } from '#ecosystems/dnf/dnf.ts';
import { recording } from '#test/fixtures/replay.ts';
import { contextOf, outputOf } from '../contract.ts';
import type { ParseContext } from '#ecosystems/ecosystem.ts';

export function recordedContext(host: 'rocky9' | 'fedora43'): ParseContext {
  const limits = new Map(dnf.sections({}).map((spec) => [spec.name, spec.maxBytes] as const));
  const reader = frameReader({ mark: recordedMark, limits, totalBytes: 67_108_864 });
  reader.push(recording(host).bytes);
  const frames = [...reader.end().frames];
  const texts = frames.map(([name, frame]) => [
    name,
    outputOf(frame.payload.toString('utf8'), { exitStatus: frame.exitStatus }),
  ]);
  return contextOf(Object.fromEntries(texts), {
    kernelRelease: '5.14.0-427.13.1.el9_4.x86_64',
    osId: host.replace(/\d+/, ''),
  });
}
