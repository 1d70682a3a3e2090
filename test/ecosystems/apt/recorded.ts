/** The recorded host's sections, as the collector hands them to a family. */
import { apt } from '#ecosystems/apt/apt.ts';
import { contextOfRecording } from '../recorded-host.ts';
import type { ParseContext } from '#ecosystems/ecosystem.ts';

export function recordedContext(): ParseContext {
  return contextOfRecording(apt, 'debian12', { kernelRelease: '6.1.0-25-cloud-amd64' });
}
