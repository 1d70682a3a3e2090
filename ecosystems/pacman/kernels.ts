/**
 * Kernels of Arch: one package a flavour, whose image and modules the next version replaces. What runs after an
 * upgrade and before a boot is installed no more.
 */
import type { RowOf } from '#data/model/tables.ts';
import { rejecter } from '../rejections.ts';
import { kernelRow, replacedKernels } from '../replaced-kernels.ts';
import { linesOf } from '../sections.ts';
import { isPackageName } from './names.ts';
import type { Packages } from './local-database.ts';
import type { Kernels } from '../replaced-kernels.ts';
import type { ParseContext } from '../ecosystem.ts';

/** Kernel packages of Arch, Arch Linux ARM and Manjaro (`linux612`); `linux-firmware` and the like are none. */
const kernelPackage = /^linux(?:\d{2,3}|-(?:lts|zen|hardened|rt|rt-lts|aarch64|armv7|rpi))?$/;

/** Flavour of a kernel package, which is its own name; null when it is none. */
export function kernelFlavour(name: string): string | null {
  return kernelPackage.test(name) ? name : null;
}

/**
 * What `uname -r` says: `6.6.1-arch1-1` is version 6.6.1.arch1-1 of linux, `6.6.1-1-lts` 6.6.1-1 of linux-lts,
 * `6.6.1-zen1-1-zen` 6.6.1.zen1-1 of linux-zen (the PKGBUILDs put the hyphens of pkgver, pkgrel and flavour there).
 * The kernel says 6.6.0 where the package of a first release says 6.6.
 */
export function runningKernel(release: string): { flavour: string; source: string; version: string | null } {
  const match = /^(\d+\.\d+(?:\.\d+)?)(?:-([a-z]+\d+))?-(\d+(?:\.\d+)?)(?:-([A-Za-z][A-Za-z0-9-]*))?$/.exec(
    release,
  );
  if (match === null) return { flavour: '', source: 'linux', version: null };
  const [numbers, patches, build, suffix] = match.slice(1) as [string, string?, string?, string?];
  const flavour = flavourOf(numbers, patches, suffix);
  const known = kernelFlavour(flavour) !== null;
  // The real-time kernels have versions of their own kind.
  const told = known && !/-rt/.test(flavour);
  const base = `${numbers.replace(/^(\d+\.\d+)\.0$/, '$1')}${patches === undefined ? '' : `.${patches}`}`;
  return { flavour, source: known ? flavour : 'linux', version: told ? `${base}-${build}` : null };
}

function flavourOf(numbers: string, patches: string | undefined, suffix: string | undefined): string {
  if (suffix === 'MANJARO') return `linux${numbers.split('.').slice(0, 2).join('')}`;
  if (suffix !== undefined) return `linux-${suffix.replace(/-ARCH$/, '')}`;
  return patches !== undefined && /^arch\d+$/.test(patches) ? 'linux' : '';
}

/** What `uname -r` prints when the kernel of that package and version runs. */
function releaseOf(name: string, version: string): string {
  const match = /^(\d+\.\d+)(\.\d+)?(?:\.([a-z]+\d+))?-(\S+)$/.exec(version);
  if (match === null) return version;
  const [, numbers, patch = '.0', patches, build] = match;
  const suffix = /^linux\d/.test(name) ? '-MANJARO' : name.replace(/^linux/, '');
  return `${numbers}${patch}${patches === undefined ? '' : `-${patches}`}-${build}${suffix}`;
}

/** Reads the section `pacman-kernels`, beside the packages. */
export function parseKernels(context: ParseContext, packages: Packages): Kernels {
  const output = context.sections.get('pacman-kernels');
  const { rows: rejections, reject } = rejecter(context.hostId, 'pacman-kernels');
  const releases = new Map<string, string[]>();
  for (const [index, line] of linesOf(output?.text ?? '').entries()) {
    const match = /^([0-9][A-Za-z0-9._+-]{0,99})\t(\S+)$/.exec(line);
    if (match === null || !isPackageName(match[2]!)) reject(index + 1, 'A release and a package.', line);
    else releases.set(match[2]!, [...(releases.get(match[2]!) ?? []), match[1]!]);
  }
  const uname = context.kernelRelease;
  const running = uname === null ? null : { release: uname, flavour: runningKernel(uname).flavour };
  const rows = [...packages.byName.values()].flatMap((row): RowOf<'kernels'>[] => {
    const laid = releases.get(row.package) ?? [];
    if (laid.length === 0 && kernelFlavour(row.package) === null) return [];
    const derived = releaseOf(row.package, row.version);
    const release = laid.length === 0 || laid.includes(derived) ? derived : laid.at(-1)!;
    return [kernelRow(row, { release, flavour: row.package }, running)];
  });
  return replacedKernels(context, 'pacman', { rows, packages: packages.byName.size, rejections });
}
