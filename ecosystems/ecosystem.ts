/**
 * What differs from one package manager family to the next. A family is a folder beside this file
 * and one line in `registry.ts`; see README.md. Everything here is pure: text in, rows out.
 */
import type { Plan, PlannedChange } from '#data/model/plan.ts';
import type { RowOf, Snapshot } from '#data/model/tables.ts';
import type { ReadingStatus, Subject } from '#data/model/words.ts';

/** One command of the probe, declared as data. */
export interface SectionSpec {
  /** Lower-case words joined by '-'; unique in a probe. */
  name: string;
  /** POSIX shell text, run by `sh -c` with LC_ALL=C and nothing on standard input. */
  command: string;
  timeoutSeconds: number;
  maxBytes: number;
  subjects: Subject[];
  /** Whether root could read more here than an ordinary account. */
  rootReadsMore: boolean;
}

/** What came back of one section. */
export interface SectionOutput {
  /** Standard output as UTF-8; bytes that are not UTF-8 became U+FFFD. */
  text: string;
  /** End of standard error. */
  stderr: string;
  /** Null when the section never ended. */
  exitStatus: number | null;
  durationMs: number | null;
  truncated: boolean;
  /** Whether root read it, while the probe itself ran as an ordinary account. */
  asRoot?: boolean;
}

/** How far each log was read before: local time of its last line, by log name. */
export type Positions = { [log: string]: string };

export interface Clock {
  /** The host's clock minus the collector's. */
  offsetMs: number;
  /** How far that may be off, either way. */
  uncertaintyMs: number;
}

export interface ParseContext {
  hostId: string;
  /** Output of each section that the probe began. */
  sections: ReadonlyMap<string, SectionOutput>;
  clock: Clock;
  /** IANA zone of the host's local time; null when it is not known. */
  timeZone: string | null;
  isRoot: boolean;
  kernelRelease: string | null;
  /** ID of os-release; null when the host did not say. */
  osId: string | null;
  /** Deleted files still mapped, as read from any Linux host: the family adds the packages. */
  mappings: RowOf<'mappings'>[];
}

/** How much of a subject was read; `reason` is a sentence whenever it is not complete. */
export interface Reading {
  subject: Subject;
  status: ReadingStatus;
  reason: string | null;
}

export type ScanRow = RowOf<'scans'>;
export type Rejection = RowOf<'rejections'>;

/** Rows that a parser made, what it says about the scan itself, and how complete each subject is. */
export interface Parsed {
  rows: Partial<Omit<Snapshot, 'scans' | 'readings' | 'sections'>>;
  scan: Partial<ScanRow>;
  readings: Reading[];
}

/** A source package in one version, as advisories speak of it. */
export interface SourceVersion {
  source: string;
  version: string;
}

/** What the package database says of a binary package. */
export interface BinaryPackage {
  package: string;
  version: string;
  source_package: string;
  source_version: string;
}

/** From binary packages, which hosts have, to source packages, which advisories name. */
export interface SourceRules {
  /** The source package and version under which advisories speak of a binary package. */
  sourceOf: (binary: BinaryPackage) => SourceVersion;
  /**
   * The same for another version of the package, of which only the binary version is known, as a log names
   * it; null when it cannot be told.
   *
   * @param known some version of the package of which all is known; null when there is none
   */
  sourceOfLogged: (name: string, version: string, known: BinaryPackage | null) => SourceVersion | null;
  /** Flavour of a kernel image, e.g. 'cloud-amd64'; null when the package is none. */
  kernelFlavour: (name: string) => string | null;
  /** What runs, from `uname -r` and `uname -v`; source as advisories name it; version null where neither says which build it is. */
  runningKernel: (
    release: string,
    version: string,
  ) => { flavour: string; source: string; version: string | null };
}

/** A package and the version to bring it to. */
export interface Target {
  package: string;
  architecture: string;
  version: string;
}

export type SimulatedChange = Pick<PlannedChange, 'package' | 'architecture' | 'old_version' | 'new_version'>;

/** What the host's package manager would do; or why that is no plan, in a sentence. */
export type Simulation =
  | { changes: SimulatedChange[]; download_bytes: number | null; installed_bytes: number | null }
  | { problem: string };

/** From approved packages to a script. */
export interface Remediation {
  /** One command that has the host simulate the transaction and changes nothing. */
  simulateSection: (targets: readonly Target[]) => SectionSpec;
  readSimulation: (output: SectionOutput | undefined) => Simulation;
  /**
   * The script of a plan: the same plan gives the same bytes.
   *
   * @throws RangeError on anything that does not fit the family's grammar
   */
  renderScript: (plan: Plan) => string;
}

export interface Ecosystem {
  /** Word for the family, also its folder's name. */
  id: string;
  /**
   * Words that os-release has in ID or ID_LIKE where the family is at home. A host may have the tools of several:
   * the one that its release names is asked.
   */
  homes: readonly string[];
  /** Shell text that succeeds on a host that has the family's tools. */
  detect: string;
  /** Command lines of the next step when a scan could not read the packages or the updates. */
  advice: { packages: string; updates: string };
  /** The family's commands. Positions say from where logs are read on. */
  sections: (positions: Positions) => SectionSpec[];
  /**
   * Asks for fresh package lists (`refreshSection`), on hosts that allow it; null where a family cannot refresh
   * them without changing more.
   */
  refresh?: SectionSpec | null;
  /** Reads what the sections printed. Never throws, whatever a host printed. */
  parse: (context: ParseContext) => Parsed;
  /** Negative, zero or positive, in the family's own order of versions. */
  compareVersions: (a: string, b: string) => number;
  sources: SourceRules;
  /** Null for a family that Patchledger writes no scripts for. */
  remediation: Remediation | null;
}
