/**
 * What dpkg allows as a package, architecture and version (its pkg_name_is_illegal, dpkg_arch_name_is_illegal
 * and parseversion; Debian Policy 5.6.1, 5.6.8 and 5.6.12 are stricter, but dpkg installs what policy
 * would not). What does not fit never becomes a row: a host must not be able to name a package with
 * a piece of code.
 */

const packageName = /^[A-Za-z0-9][A-Za-z0-9+._-]{0,199}$/;
const architecture = /^[a-z0-9][a-z0-9-]{0,49}$/;
/** dpkg only warns where the version does not start with a digit, but takes no empty revision. */
const version = /^(?:\d{1,10}:)?[A-Za-z0-9][A-Za-z0-9.+~:-]{0,249}(?<!-)$/;

export function isPackageName(text: string): boolean {
  return packageName.test(text);
}

export function isArchitecture(text: string): boolean {
  return architecture.test(text);
}

export function isVersion(text: string): boolean {
  return version.test(text);
}

/** The Origin field of a Release file, as far as a script may name it: words, without quotes or commas. */
export function isOrigin(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9 ._+-]{0,59}$/.test(text);
}

/** `name` or `name:architecture`; null when either part is not what it claims to be. */
export function parseFullName(text: string): { name: string; architecture: string | null } | null {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const arch = colon < 0 ? null : text.slice(colon + 1);
  if (!isPackageName(name) || (arch !== null && !isArchitecture(arch))) return null;
  return { name, architecture: arch };
}
