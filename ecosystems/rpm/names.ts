/**
 * What rpm allows in names, versions and architectures (rpm-spec(5) and rpm-version(7); rpmbuild refuses other
 * characters). What does not fit never becomes a row.
 */

const packageName = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}$/;
const architecture = /^[A-Za-z0-9_]{1,30}$/;
const part = '[A-Za-z0-9_.+~^]{1,120}';
const onePart = new RegExp(`^${part}$`);
const version = new RegExp(`^(?:\\d{1,10}:)?${part}-${part}$`);

export function isPackageName(text: string): boolean {
  return packageName.test(text);
}

export function isArchitecture(text: string): boolean {
  return architecture.test(text);
}

/** `[epoch:]version-release`. */
export function isVersion(text: string): boolean {
  return version.test(text);
}

/**
 * The one way in which the record writes a version: the epoch only where it is not 0, which rpm prints as 0 or
 * `(none)`.
 *
 * @returns null when a part is not what it claims to be
 */
export function joinVersion(epoch: string, versionText: string, release: string): string | null {
  const none = epoch === '(none)' || epoch === '' || /^0+$/.test(epoch);
  if ((!none && !/^\d{1,10}$/.test(epoch)) || !onePart.test(versionText) || !onePart.test(release))
    return null;
  return `${none ? '' : `${epoch}:`}${versionText}-${release}`;
}

export interface Nevra {
  name: string;
  version: string;
  architecture: string;
}

/**
 * `name-[epoch:]version-release.arch`, or with the epoch in front as yum writes it. A name may hold '-' and '.', the
 * other parts cannot hold '-'.
 */
export function parseNevra(text: string): Nevra | null {
  const match = /^(?:(\d{1,10}):)?(\S+)-(?:(\d{1,10}):)?([^\s:-]+)-([^\s:-]+)\.([^\s.-]+)$/.exec(text);
  if (match === null) return null;
  const [, before, name = '', within, versionText = '', release = '', arch = ''] = match;
  const joined = joinVersion(before ?? within ?? '', versionText, release);
  if (joined === null || !isPackageName(name) || !isArchitecture(arch)) return null;
  return { name, version: joined, architecture: arch };
}

/** Name and version of the file that a source package came in: `name-version-release.src.rpm`, which has no epoch. */
export function parseSourceRpm(text: string): { name: string; version: string } | null {
  const match = /^(\S+)-([^\s:-]+)-([^\s:-]+)\.(?:no)?src\.rpm$/.exec(text);
  const joined = match === null ? null : joinVersion('', match[2]!, match[3]!);
  return match === null || joined === null || !isPackageName(match[1]!)
    ? null
    : { name: match[1]!, version: joined };
}

/** A version without its epoch. */
export function withoutEpoch(text: string): string {
  return text.replace(/^\d+:/, '');
}
