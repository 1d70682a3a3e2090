/** Kernels of Alpine: one package a flavour, which the next version replaces. */
import type { RowOf } from '#data/model/tables.ts';
import { rejecter } from '../rejections.ts';
import { kernelRow, replacedKernels } from '../replaced-kernels.ts';
import { linesOf } from '../sections.ts';
import type { Packages } from './installed.ts';
import type { Kernels } from '../replaced-kernels.ts';
import type { ParseContext } from '../ecosystem.ts';

/** Kernel packages of aports; `linux-firmware`, `linux-headers`, `linux-pam` and `linux-lts-dev` are none. */
const kernelPackage =
  /^linux-(lts|virt|stable|edge|edge-virt|rpi\d?|asahi|elm|gru|openpower|starfive|jh7100)$/;

/** Flavour of a kernel package: `virt` of linux-virt; null when it is none. */
export function kernelFlavour(name: string): string | null {
  return kernelPackage.exec(name)?.[1] ?? null;
}

/** linux-virt is built of linux-lts, and linux-edge-virt of linux-edge: advisories name those (aports, APKBUILDs). */
function sourceOfFlavour(flavour: string): string {
  return `linux-${flavour === 'virt' ? 'lts' : flavour.replace(/-virt$/, '')}`;
}

/** `6.6.31-0-lts` is version 6.6.31-r0 of linux-lts. */
export function runningKernel(release: string): { flavour: string; source: string; version: string | null } {
  const match = /^(\d+(?:\.\d+)+)-(\d+)-([a-z][a-z0-9-]*)$/.exec(release);
  if (match === null || kernelFlavour(`linux-${match[3]}`) === null) {
    return { flavour: '', source: 'linux-lts', version: null };
  }
  const [, numbers, build, flavour] = match as unknown as [string, string, string, string];
  return { flavour, source: sourceOfFlavour(flavour), version: `${numbers}-r${build}` };
}

/** Reads the section `apk-kernels`, beside the packages. */
export function parseKernels(context: ParseContext, packages: Packages): Kernels {
  const output = context.sections.get('apk-kernels');
  const { rows: rejections, reject } = rejecter(context.hostId, 'apk-kernels');
  const releases = new Map<string, string>();
  for (const [index, line] of linesOf(output?.text ?? '').entries()) {
    const match = /^([a-z][a-z0-9-]{0,40})\t(\d[A-Za-z0-9._+-]{0,99})$/.exec(line);
    if (match === null) reject(index + 1, 'A flavour and a release.', line);
    else releases.set(match[1]!, match[2]!);
  }
  const uname = context.kernelRelease;
  const running = uname === null ? null : { release: uname, flavour: runningKernel(uname).flavour };
  const rows = [...packages.byName.values()].flatMap((row): RowOf<'kernels'>[] => {
    const flavour = kernelFlavour(row.package) ?? row.package.replace(/^linux-/, '');
    const laid = row.package.startsWith('linux-') ? releases.get(flavour) : undefined;
    if (laid === undefined && kernelFlavour(row.package) === null) return [];
    const release = laid ?? row.version.replace(/-r(\d+)$/, `-$1-${flavour}`);
    return [kernelRow(row, { release, flavour }, running)];
  });
  return replacedKernels(context, 'apk', { rows, packages: packages.byName.size, rejections });
}
