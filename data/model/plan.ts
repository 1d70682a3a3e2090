/**
 * A plan: the approved changes for one host at one instant, with the whole transaction that the host's own
 * package manager simulated for them. Its id is the hash of all of it, so that the same plan gives the same
 * script byte for byte.
 */

/** One package of the transaction. Names, architectures and versions fit the family's own grammar. */
export interface PlannedChange {
  package: string;
  architecture: string;
  /** Null for a package that is new on the host. */
  old_version: string | null;
  new_version: string;
  /** Whether it is a package of an approved fix; the others come along because those need them. */
  wanted: boolean;
  /**
   * Origin field of the repository from which a newer build may stand in when this one is not on offer any more;
   * null where no approval allows it.
   */
  newer_origin: string | null;
}

/** A fix that the plan closes, and whose decision lets it in. */
export interface PlannedFix {
  /** Release, source package and fixed version. */
  fix_id: string;
  source: string;
  /** Advisories and CVE ids, as the feeds name them. */
  names: string[];
  /** Id of the approval. */
  approval: string;
}

/** An approval as the plan quotes it. */
export interface QuotedApproval {
  id: string;
  approver: string;
  /** As it was written: a day or an instant. */
  when: string;
  ticket: string | null;
  /** Ring of the host that it opens; null where the host has none. */
  ring: string | null;
  allows_newer: boolean;
}

/** A package that stays as it is although it lacks a fix. */
export interface LeftAlone {
  package: string;
  architecture: string;
  installed_version: string;
  /** Why, e.g. 'held' or 'phased'. */
  reason: string;
}

export interface Plan {
  /** SHA-256 of everything below, hexadecimal. */
  plan: string;
  host_id: string;
  ecosystem: string;
  /** `scans.machine_id`: SHA-256 of "patchledger:" and the machine-id. */
  machine_id: string;
  os_id: string;
  os_version: string;
  /** UTC instant up to which the record was read. */
  as_of: string;
  /** UTC instant from which the script refuses to act. */
  expires_at: string;
  /** Head of the record that the plan was made from. */
  head: string;
  changes: PlannedChange[];
  fixes: PlannedFix[];
  approvals: QuotedApproval[];
  left_alone: LeftAlone[];
  /** Bytes to fetch, as the repositories say; null when they do not. */
  download_bytes: number | null;
  /** Bytes that the installed packages will take beyond those of today; null when not known. */
  installed_bytes: number | null;
}
