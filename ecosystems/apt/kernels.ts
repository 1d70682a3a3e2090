/** Kernel images in the package database. */
import type { RowOf } from '#data/model/tables.ts';
import { isPresent } from './dpkg-packages.ts';
import type { PackageRow } from './dpkg-packages.ts';

/**
 * Real images carry the release in their name: Debian and Ubuntu `linux-image-RELEASE`, Proxmox
 * `proxmox-kernel-RELEASE` or `pve-kernel-RELEASE`. Meta packages (`linux-image-amd64`) start with
 * no digit; unsigned twins count only where the signed image is not there.
 */
const image = /^(?:linux-image-(unsigned-)?|(?:proxmox|pve)-kernel-)(\d[a-zA-Z0-9.+~-]*?)(?:-signed)?$/;
const notAnImage = /-(?:dbg|dbgsym|template)$/;
/** `proxmox-kernel-6.8` and the like name a series. */
const series = /^\d+(?:\.\d+)*$/;

/** What `uname -r` prints when the image of that name runs; null when the package is no image. */
export function imageRelease(name: string): string | null {
  const match = notAnImage.test(name) ? null : image.exec(name);
  return match === null || series.test(match[2]!) ? null : match[2]!;
}

/** @param running what `uname -r` prints */
export function kernelRows(packages: PackageRow[], running: string | null): RowOf<'kernels'>[] {
  const images = packages.filter(isPresent).flatMap((row) => {
    const match = notAnImage.test(row.package) ? null : image.exec(row.package);
    if (match === null || series.test(match[2]!)) return [];
    return [{ row, release: match[2]!, unsigned: match[1] !== undefined }];
  });
  const signed = new Set(images.filter((kernel) => !kernel.unsigned).map((kernel) => kernel.release));
  return images
    .filter((kernel) => !kernel.unsigned || !signed.has(kernel.release))
    .map(({ row, release }) => ({
      host_id: row.host_id,
      package: row.package,
      architecture: row.architecture,
      version: row.version,
      release,
      flavour: flavourOf(release),
      running: release === running,
      same_flavour: running !== null && flavourOf(release) === flavourOf(running),
    }));
}

/** What is left of a release after its numbers: `6.1.0-25-cloud-amd64` is `cloud-amd64`, `6.6.31+rpt-rpi-v8` is `rpi-v8`. */
export function flavourOf(release: string): string {
  const words = release.split('-').slice(1);
  const first = words.findIndex((word) => !/^(?:\d|rc\d|trunk$)/.test(word));
  return first < 0 ? '' : words.slice(first).join('-');
}
