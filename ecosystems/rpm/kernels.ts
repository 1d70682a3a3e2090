/** Kernel images in the rpm database. They are installed beside each other; each vendor names what runs in its own way. */
import type { RowOf } from '#data/model/tables.ts';
import { withoutEpoch } from './names.ts';
import { compareVersions } from './version.ts';
import type { PackageRow } from './packages.ts';

/** How a vendor names its kernels. */
export interface KernelNames {
  /** Flavour of the image that a package of that name holds, '' for the usual one; null when it holds none. */
  flavourOf: (name: string) => string | null;
  /** What `uname -r` prints when that image runs. */
  releaseOf: (version: string, architecture: string, flavour: string) => string;
  /** Flavour and version, without epoch, by what `uname -r` prints; null when it is not this vendor's. */
  parseRelease: (release: string) => { flavour: string; version: string } | null;
}

/**
 * Red Hat, its rebuilds, Fedora, Oracle, Amazon. The image is in `kernel-core` since RHEL 8 and Fedora 21, in `kernel`
 * before and at Amazon; a `kernel` beside it is empty and needs it. Amazon 2023 has its newer lines in `kernel6.12`.
 */
const redhatImage =
  /^kernel(?:(\d+\.\d+)|(?:-((?:rt-)?(?:64k|16k)|rt|uek|plus|lt|ml))?(?:-(debug))?(?:-core)?)$/;
const redhatRelease =
  /^(\d[^\s-]*-[^\s-]+?)\.(?:x86_64|i[3-6]86|aarch64|armv7hl|ppc64le|ppc64|s390x|riscv64)(?:[.+](\S+))?$/;

export const redhatKernels: KernelNames = {
  flavourOf: (name) => {
    const match = redhatImage.exec(name);
    if (match === null) return null;
    // ELRepo's two lines of kernels cannot be told apart by what runs.
    const line = (match[1] ?? match[2] ?? '').replace(/^(?:lt|ml)$/, 'elrepo');
    return joinWords([line, match[3] ?? '']);
  },
  releaseOf: (version, architecture, flavour) => {
    const bare = withoutEpoch(version);
    const suffix = joinWords(flavour.split('-').filter((word) => word !== lineOf(bare)));
    return `${bare}.${architecture}${suffix === '' ? '' : `+${suffix}`}`;
  },
  parseRelease: (release) => {
    const match = redhatRelease.exec(release);
    if (match === null) return null;
    const [, version = '', suffix = ''] = match;
    return { flavour: joinWords([lineOf(version), suffix]), version };
  },
};

function joinWords(words: string[]): string {
  return words.filter((word) => word !== '').join('-');
}

/** What the version of a kernel says of its line, where the suffix of `uname -r` does not. */
function lineOf(version: string): string {
  if (version.endsWith('uek')) return 'uek';
  if (/\.rt\d/.test(version)) return 'rt';
  if (version.endsWith('.elrepo')) return 'elrepo';
  if (version.endsWith('.centos.plus')) return 'plus';
  const amazon = /^(\d+\.\d+)\..*\.amzn2023$/.exec(version)?.[1] ?? '6.1';
  return amazon === '6.1' ? '' : amazon;
}

/**
 * SUSE: `kernel-default 5.14.21-150500.55.49.1` runs as `5.14.21-150500.55.49-default`. The last number of the release
 * counts rebuilds of the same source, which the kernel is not told (Open Build Service, `<CI_CNT>.<B_CNT>`).
 */
const suseImage =
  /^kernel-(default|azure|rt|rt_debug|64kb|preempt|pae|xen|vanilla|longterm|kvmsmall|debug|zfcpdump|lpae|trace)$/;
const suseRelease = /^(\d[^\s-]*-[^\s-]+)-([a-z0-9][a-z0-9_]*)$/;

export const suseKernels: KernelNames = {
  flavourOf: (name) => suseImage.exec(name)?.[1] ?? null,
  releaseOf: (version, _architecture, flavour) => `${withoutRebuild(withoutEpoch(version))}-${flavour}`,
  parseRelease: (release) => {
    const match = suseRelease.exec(release);
    return match === null ? null : { flavour: match[2]!, version: match[1]! };
  },
};

/** A version without the count of rebuilds at its end. */
export function withoutRebuild(version: string): string {
  return version.replace(/(-[^-]*)\.\d+$/, '$1');
}

/** @param running what `uname -r` prints */
export function kernelRows(
  packages: PackageRow[],
  running: string | null,
  names: KernelNames,
): RowOf<'kernels'>[] {
  const flavour = running === null ? null : (names.parseRelease(running)?.flavour ?? null);
  const images = withoutEmptyOnes(packages.flatMap((row) => imageOf(row, names) ?? []));
  const runs = images.filter((image) => image.release === normal(running)).sort(newestFirst)[0];
  return images.map((image) => ({
    host_id: image.row.host_id,
    package: image.row.package,
    architecture: image.row.architecture,
    version: image.row.version,
    release: image.release,
    flavour: image.flavour,
    // Rebuilds of one release lie in the same place: the newest is what is there.
    running: image === runs,
    same_flavour: flavour !== null && image.flavour === flavour,
  }));
}

interface Image {
  row: PackageRow;
  flavour: string;
  release: string;
}

function imageOf(row: PackageRow, names: KernelNames): Image | null {
  const flavour = names.flavourOf(row.package);
  if (flavour === null) return null;
  return { row, flavour, release: names.releaseOf(row.version, row.architecture, flavour) };
}

/** `kernel` beside a `kernel-core` of the same release holds nothing. */
function withoutEmptyOnes(images: Image[]): Image[] {
  const cores = new Set(
    images.filter(({ row }) => row.package.endsWith('-core')).map(({ release }) => release),
  );
  return images.filter(({ row, release }) => row.package.endsWith('-core') || !cores.has(release));
}

/** RHEL 7 has a '.' before the suffix. */
function normal(running: string | null): string | null {
  return running === null ? null : running.replace(/\.(debug)$/, '+$1');
}

function newestFirst(a: Image, b: Image): number {
  return compareVersions(b.row.version, a.row.version);
}
