/** Which repositories are a vendor's security origin, judged by the fields of their Release files. */

export interface ReleaseFields {
  origin: string | null;
  label: string | null;
  /** The field Suite, which apt calls archive. */
  archive: string | null;
  codename: string | null;
}

/**
 * Debian: Origin `Debian`, Label `Debian-Security` (the Release files of security.debian.org).
 * Ubuntu: Origin `Ubuntu`, `UbuntuESM` or `UbuntuESMApps`, Suite ending in `-security` (the defaults of
 * unattended-upgrades name these origins). A text match on the whole line would take any package or
 * label with "security" in it.
 * @returns null when the fields that decide are not known
 */
export function isSecurityOrigin(fields: ReleaseFields): boolean | null {
  if (fields.origin === null) return null;
  if (fields.origin === 'Debian') return fields.label === null ? null : fields.label === 'Debian-Security';
  if (['Ubuntu', 'UbuntuESM', 'UbuntuESMApps'].includes(fields.origin)) {
    return fields.archive === null ? null : fields.archive.endsWith('-security');
  }
  return false;
}
