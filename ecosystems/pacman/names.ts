/**
 * What may be the name, architecture and version of an Arch package. pacman itself takes and prints any bytes that
 * a folder of its database is called; what does not fit here never becomes a row.
 */

/** PKGBUILD(5), pkgname: alphanumerics and @ . _ + -, not starting with a hyphen or a dot. */
const packageName = /^[A-Za-z0-9@_+][A-Za-z0-9@._+-]{0,199}$/;
const architecture = /^[a-z0-9][a-z0-9_-]{0,39}$/;
/**
 * PKGBUILD(5): `epoch:pkgver-pkgrel`; pkgver has no hyphen, colon, slash or space, pkgrel is a number or a decimal.
 * Of the rest only what occurs is taken.
 */
const version = /^(?:\d{1,10}:)?[A-Za-z0-9][A-Za-z0-9._+~^@]{0,199}(?:-\d{1,10}(?:\.\d{1,10})?)?$/;

export function isPackageName(text: string): boolean {
  return packageName.test(text);
}

export function isArchitecture(text: string): boolean {
  return architecture.test(text);
}

export function isVersion(text: string): boolean {
  return version.test(text);
}
