/**
 * Arch builds all packages of one base (`pkgbase`) in one version, and its advisories (AVG, ASA) name packages in that
 * version. Exposures are kept by base, so that what was built together is judged together.
 */
import { kernelFlavour, runningKernel } from './kernels.ts';
import { isVersion } from './names.ts';
import type { BinaryPackage, SourceRules, SourceVersion } from '../ecosystem.ts';

export const sources: SourceRules = { sourceOf, sourceOfLogged, kernelFlavour, runningKernel };

function sourceOf(binary: BinaryPackage): SourceVersion {
  return { source: binary.source_package, version: binary.source_version };
}

function sourceOfLogged(name: string, version: string, known: BinaryPackage | null): SourceVersion | null {
  if (!isVersion(version)) return null;
  if (kernelFlavour(name) !== null) return { source: name, version };
  return known === null ? null : { source: known.source_package, version };
}
