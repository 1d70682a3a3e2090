/**
 * From Debian's binary packages to the source packages that advisories name. Advisories compare source
 * versions; a binary's own version differs from it after a rebuild (`+b1`, Debian Policy 5.6.12), and in
 * packages that sign what another source built (`linux-signed-amd64 6.1.158+1` of `linux 6.1.158-1`).
 */
import { isVersion } from '#data/model/debian-names.ts';
import { flavourOf, imageRelease } from './kernels.ts';
import type { BinaryPackage, SourceRules, SourceVersion } from '../ecosystem.ts';

export const sources: SourceRules = { sourceOf, sourceOfLogged, kernelFlavour, runningKernel };

const signedSource = /^(linux|grub-efi|grub2|fwupd|fwupd-efi|shim)(?:-[a-z0-9]+)?-signed(?:-[a-z0-9]+)?$/;
const rebuild = /\+b\d+$/;

function sourceOf(binary: BinaryPackage): SourceVersion {
  const signed = signedSource.exec(binary.source_package)?.[1];
  if (signed === 'linux') return { source: 'linux', version: withoutRebuild(binary.version) };
  if (signed === 'shim') return { source: 'shim', version: afterLastPlus(binary.source_version) };
  if (signed !== undefined)
    return { source: signed.startsWith('grub') ? 'grub2' : signed, version: unsigned(binary.source_version) };
  return { source: binary.source_package, version: binary.source_version };
}

function sourceOfLogged(name: string, version: string, known: BinaryPackage | null): SourceVersion | null {
  if (!isVersion(version)) return null;
  if (imageRelease(name) !== null) return { source: 'linux', version: withoutRebuild(version) };
  if (known === null) return null;
  if (known.version === version) return sourceOf(known);
  const { source, version: judged } = sourceOf(known);
  // The binary's version follows the source's in the version that is known: so it does in the other one.
  return withoutRebuild(known.version) === judged ? { source, version: withoutRebuild(version) } : null;
}

function kernelFlavour(name: string): string | null {
  const release = imageRelease(name);
  return release === null ? null : flavourOf(release);
}

/** Debian's `uname -v` ends in its version and date: `#1 SMP PREEMPT_DYNAMIC Debian 6.1.158-1 (2025-11-09)`. */
function runningKernel(release: string, version: string): ReturnType<SourceRules['runningKernel']> {
  const said = /\bDebian (\S+)(?: \(\d{4}-\d{2}-\d{2}\))?$/.exec(version)?.[1] ?? '';
  return {
    flavour: flavourOf(release),
    source: 'linux',
    version: isVersion(said) && /^\d/.test(said) ? said : null,
  };
}

function withoutRebuild(version: string): string {
  return version.replace(rebuild, '');
}

/** `1+2.06+13+deb12u1` signs `2.06-13+deb12u1`: a count of signings, then the version with '+' for its hyphen. */
function unsigned(version: string): string {
  const [epoch, rest] = /^\d+:/.test(version)
    ? [version.slice(0, version.indexOf(':') + 1), version.slice(version.indexOf(':') + 1)]
    : ['', version];
  const plain = epoch === '' ? rest.replace(/^\d+\+(?=\d)/, '') : rest;
  return plain.includes('-') ? epoch + plain : epoch + plain.replace('+', '-');
}

/** `1.44~1+deb12u1+15.8-1~deb12u1` signs `15.8-1~deb12u1`. */
function afterLastPlus(version: string): string {
  const signed = /\+(\d[^+]*-[^+]*)$/.exec(version)?.[1];
  return signed ?? version;
}
