/** Alpine's advisories (secdb) speak of origins, which all packages of one APKBUILD share with their version. */
import { kernelFlavour, runningKernel } from './kernels.ts';
import { isVersion } from './names.ts';
import type { BinaryPackage, SourceRules, SourceVersion } from '../ecosystem.ts';

export const sources: SourceRules = { sourceOf, sourceOfLogged, kernelFlavour, runningKernel };

function sourceOf(binary: BinaryPackage): SourceVersion {
  return { source: binary.source_package, version: binary.source_version };
}

function sourceOfLogged(_name: string, version: string, known: BinaryPackage | null): SourceVersion | null {
  return known === null || !isVersion(version) ? null : { source: known.source_package, version };
}
