/** Kernels of systems with one package a flavour, whose image and modules the next version replaces: Arch, Alpine. */
import type { RowOf } from '#data/model/tables.ts';
import { reading, sectionProblem } from './sections.ts';
import type { ParseContext, Parsed, Reading, Rejection } from './ecosystem.ts';

export interface Kernels {
  rows: RowOf<'kernels'>[];
  rejections: Rejection[];
  reading: Reading;
  /** Set where the running kernel is one of the host's packages that has been replaced since. */
  reboot: Pick<Parsed['scan'], 'reboot_required' | 'reboot_packages'>;
}

/**
 * @param family word that begins the names of the sections `…-packages` and `…-kernels`
 * @param found the kernels among the packages, how many packages there are, and lines that could not be kernels
 */
export function replacedKernels(
  context: ParseContext,
  family: string,
  found: { rows: RowOf<'kernels'>[]; packages: number; rejections: Rejection[] },
): Kernels {
  const { rows, packages, rejections } = found;
  const problems = [
    ...[`${family}-packages`, `${family}-kernels`].map((name) =>
      sectionProblem(name, context.sections.get(name)),
    ),
    packages === 0 ? 'The package database names no package.' : null,
    rejections.length > 0 ? `${rejections.length} lines could not be kernels.` : null,
    context.kernelRelease === null ? 'The running kernel is not known.' : null,
  ];
  return { rows, rejections, reading: reading('kernels', problems, packages > 0), reboot: rebootOf(rows) };
}

/** What runs on the host: what `uname -r` prints and the flavour of it; null when that is not known. */
export interface Running {
  release: string;
  flavour: string;
}

export function kernelRow(
  { host_id, package: name, architecture, version }: RowOf<'packages'>,
  { release, flavour }: { release: string; flavour: string },
  running: Running | null,
): RowOf<'kernels'> {
  const isRunning = release === running?.release;
  return {
    host_id,
    package: name,
    architecture,
    version,
    release,
    flavour,
    running: isRunning,
    same_flavour: isRunning || flavour === running?.flavour,
  };
}

/** Nothing on such a system leaves a file that asks for a boot: the modules of what runs are simply gone. */
function rebootOf(rows: RowOf<'kernels'>[]): Kernels['reboot'] {
  const replaced = rows.filter((row) => row.same_flavour && !row.running);
  if (replaced.length === 0 || rows.some((row) => row.running)) return {};
  return { reboot_required: true, reboot_packages: replaced.map((row) => row.package).sort() };
}
