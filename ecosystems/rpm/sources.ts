/**
 * From rpm's binary packages to the sources that fixes are counted by. Advisories of rpm vendors name binaries with their
 * own versions. Where a binary has the version of its source, the source stands for all of them; one with a version of
 * its own (`perl-Errno 1.30-481.el9` of `perl 5.32.1-481.el9`) stands for itself, so that only what rpm itself would
 * compare is compared.
 */
import { isVersion, withoutEpoch } from './names.ts';
import { redhatKernels, suseKernels, withoutRebuild } from './kernels.ts';
import type { KernelNames } from './kernels.ts';
import type { BinaryPackage, SourceRules, SourceVersion } from '../ecosystem.ts';

/** Rules for Red Hat and everything that names its kernels alike. */
export const redhatSources: SourceRules = sourceRules(
  redhatKernels,
  redhatKernelSource,
  (_source, version) => version,
);

/** Rules for SUSE: a rebuild of a kernel is the same kernel, since nobody can tell which of them runs. */
export const suseSources: SourceRules = sourceRules(
  suseKernels,
  (flavour) => `kernel-${flavour}`,
  (source, version) => (suseKernels.flavourOf(source) === null ? version : withoutRebuild(version)),
);

function sourceRules(
  kernels: KernelNames,
  kernelSource: (flavour: string, version: string) => string,
  judged: (source: string, version: string) => string,
): SourceRules {
  const sourceOf = ({
    package: name,
    version,
    source_package: source,
    source_version,
  }: BinaryPackage): SourceVersion =>
    withoutEpoch(source_version) === withoutEpoch(version)
      ? { source, version: judged(source, version) }
      : { source: name, version };
  const sourceOfLogged = (
    name: string,
    version: string,
    known: BinaryPackage | null,
  ): SourceVersion | null => {
    if (!isVersion(version)) return null;
    const flavour = kernels.flavourOf(name);
    if (flavour !== null) {
      const source = kernelSource(flavour, version);
      return { source, version: judged(source, version) };
    }
    if (known === null) return null;
    const { source } = sourceOf(known);
    return { source, version: judged(source, version) };
  };
  const runningKernel = (release: string): ReturnType<SourceRules['runningKernel']> => {
    const { flavour, version } = kernels.parseRelease(release) ?? { flavour: '', version: null };
    return { flavour, source: kernelSource(flavour, version ?? ''), version };
  };
  return { sourceOf, sourceOfLogged, kernelFlavour: kernels.flavourOf, runningKernel };
}

/** Most flavours are built from `kernel`; real-time kernels had a source of their own, and say so in their release. */
function redhatKernelSource(flavour: string, version: string): string {
  if (flavour.startsWith('uek')) return 'kernel-uek';
  if (flavour.startsWith('rt') && /\.rt\d/.test(version)) return 'kernel-rt';
  if (flavour.startsWith('elrepo')) return 'kernel-ml';
  if (/^\d+\.\d/.test(flavour)) return `kernel${flavour}`;
  return 'kernel';
}
