/** From the frames of a probe to the rows of the record. */
import { hash } from 'node:crypto';
import { clean } from '#data/model/clean.ts';
import { scanTables, subjectTables } from '#data/model/tables.ts';
import { subjects } from '#data/model/words.ts';
import { parseIdentity, toInstant } from '#ecosystems/linux/identity.ts';
import { parseProcesses } from '#ecosystems/linux/processes.ts';
import { parseResults } from '#ecosystems/linux/results.ts';
import { parseSoftware } from '#ecosystems/linux/software.ts';
import { refreshName, withRefresh } from '#ecosystems/refresh.ts';
import { findEcosystem } from '#ecosystems/registry.ts';
import { sectionProblem } from '#ecosystems/sections.ts';
import { isOurs } from './builds.ts';
import { sectionsOf } from './probe/program.ts';
import { boundedRejections, canonical, completedFirst } from './rows.ts';
import { measureClock, parseHello, unmeasuredClock } from './hello.ts';
import type { Hello } from './hello.ts';
import { verdictOf } from './verdict.ts';
import type { RowOf, Snapshot } from '#data/model/tables.ts';
import type { Subject, Transport } from '#data/model/words.ts';
import type { Clock, Parsed, Positions, Reading, SectionOutput, SectionSpec } from '#ecosystems/ecosystem.ts';
import type { Answer, Frame } from './probe/frames.ts';
import type { TransportEnd } from './transport/transport.ts';

export interface Contact {
  hostId: string;
  positions: Positions;
  /** Whether the host was asked to refresh its package lists; not when it is missing. */
  refresh?: boolean;
  answer: Answer;
  end: TransportEnd;
  /** Fingerprint of the host key that was verified. */
  hostKey: string | null;
  /** How the answer came. */
  transport: Transport;
  /** Which attempt at the host it was, from 1. */
  attempt: number;
  /** By the collector's clock, in milliseconds since 1970; by the host's own, for an answer brought by hand. */
  startedAtMs: number;
  /** When the probe was sent, by the same clock. */
  sentAtMs: number;
  endedAtMs: number;
  /** SHA-256 of an answer that was brought by hand. */
  bundleSha256?: string;
}

type Rows = Omit<Snapshot, 'scans' | 'readings' | 'sections'>;

/** Never throws, whatever the answer holds. */
export function buildSnapshot(contact: Contact): Snapshot {
  const { hostId, answer } = contact;
  const hello = parseHello(answer.frames.get('hello'));
  const measured =
    contact.transport === 'bundle'
      ? unmeasuredClock
      : measureClock(hello, answer.frames.get('hello'), contact.sentAtMs);
  const outputs = new Map([...answer.frames].map(([name, frame]) => [name, outputOf(frame)]));
  const observedAt = toInstant(answer.frames.get('hello')?.beganAtMs ?? Number.NaN);
  const specs = sectionsOf(hello.family, contact.positions, contact.refresh);
  const read =
    observedAt === null
      ? nothing()
      : readAll(contact, { outputs, hello, specs, clock: measured.applied, observedAt });
  const readings = readingRows(contact, read, specs);
  const verdict = verdictOf(contact, hello, readings);
  return {
    ...read.rows,
    scans: [
      {
        ...emptyScan(hostId),
        ...read.scan,
        ...verdict,
        started_at: instantOf(contact.startedAtMs),
        ended_at: instantOf(contact.endedAtMs),
        stage: contact.end.stage,
        attempts: contact.attempt,
        host_key: contact.hostKey,
        observed_at: observedAt,
        ecosystem: hello.family,
        probe_version: hello.version,
        transport: contact.transport,
        clock_offset_ms: measured.offsetMs,
        clock_uncertainty_ms: measured.uncertaintyMs,
        bundle_sha256: contact.bundleSha256 ?? null,
      },
    ],
    readings,
    sections: sectionRows(contact, hello, specs),
  };
}

interface Read {
  rows: Rows;
  /** The same as text, by table. */
  lines: { [table: string]: string[] };
  scan: Parsed['scan'];
  readings: Reading[];
  isRoot: boolean;
}

interface Material {
  outputs: Map<string, SectionOutput>;
  hello: Hello;
  /** What was asked of the host. */
  specs: SectionSpec[];
  clock: Clock;
  observedAt: string;
}

/** In which every family names the packages that own mapped files; the mappings themselves are Linux's own. */
const ownersSection = 'mapping-owners';

function readAll(contact: Contact, { outputs, hello, specs, clock, observedAt }: Material): Read {
  const { hostId } = contact;
  const identity = parseIdentity(outputs, clock, observedAt);
  const asked = specs.some(({ name }) => name === ownersSection);
  const ownersProblem = asked ? sectionProblem(ownersSection, outputs.get(ownersSection)) : null;
  const processes = parseProcesses({ hostId, sections: outputs, identity, clock, ownersProblem });
  const software = parseSoftware(hostId, outputs);
  const results = parseResults(hostId, outputs, clock);
  const family = findEcosystem(hello.family ?? '')?.parse({
    hostId,
    sections: outputs,
    clock,
    timeZone: identity.timeZone,
    isRoot: identity.isRoot,
    kernelRelease: identity.scan.kernel_release ?? null,
    osId: identity.scan.os_id ?? null,
    mappings: processes.rows.mappings ?? [],
  });
  const parsed = [processes, software, results, ...(family === undefined ? [] : [family])];
  const rows = emptyRows();
  for (const part of parsed) mergeRows(rows, part.rows);
  rows.rejections = boundedRejections(rows.rejections);
  rows.events = completedFirst(rows.events);
  return {
    ...canonicalTables(rows),
    scan: Object.assign({}, identity.scan, ...parsed.map((part) => part.scan)) as Parsed['scan'],
    readings: withRefresh(
      [...identity.readings, ...parsed.flatMap((part) => part.readings)],
      outputs.get(refreshName),
      contact.refresh === true && Boolean(findEcosystem(hello.family ?? '')?.refresh),
    ),
    isRoot: identity.isRoot,
  };
}

/** Every table in its canonical form. */
function canonicalTables(found: Rows): { rows: Rows; lines: Read['lines'] } {
  const tables = Object.entries(found).map(
    ([name, rows]) => [name as keyof Rows, canonical<object>(name as keyof Rows, rows)] as const,
  );
  return {
    rows: Object.fromEntries(tables.map(([name, { rows }]) => [name, rows])) as Rows,
    lines: Object.fromEntries(tables.map(([name, { lines }]) => [name, lines])),
  };
}

/** Rejections add up; every other table has one writer, the last. */
function mergeRows(rows: Rows, more: Parsed['rows']): void {
  const rejections = [...rows.rejections, ...(more.rejections ?? [])];
  Object.assign(rows, more, { rejections });
}

function nothing(): Read {
  return { rows: emptyRows(), lines: {}, scan: {}, readings: [], isRoot: false };
}

function emptyRows(): Rows {
  return {
    packages: [],
    updates: [],
    repositories: [],
    kernels: [],
    processes: [],
    mappings: [],
    events: [],
    logs: [],
    software: [],
    host_advisories: [],
    results: [],
    result_changes: [],
    rejections: [],
  };
}

/** A frame as the parsers take it. */
export function outputOf(frame: Frame): SectionOutput {
  return {
    text: frame.payload.toString('utf8'),
    stderr: frame.stderr,
    exitStatus: frame.exitStatus,
    durationMs: frame.durationMs,
    truncated: frame.truncated,
    asRoot: frame.asRoot,
  };
}

/** One row a subject, also for those that nobody could read; advisories only where the family knows any. */
function readingRows(contact: Contact, read: Read, specs: SectionSpec[]): RowOf<'readings'>[] {
  const asked = (subject: Subject) =>
    subject !== 'advisories' || specs.some((spec) => spec.subjects.includes(subject));
  return subjects.filter(asked).map((subject) => {
    const found = read.readings.find((reading) => reading.subject === subject);
    const { status, reason } = found ?? {
      status: 'unread' as const,
      reason:
        contact.answer.frames.size === 0
          ? 'The host gave no answer.'
          : 'Nothing on this host could be asked for it.',
    };
    const lines = linesOf(subject, read);
    // Of a host that gave no answer nobody knows what root would read.
    const answered = contact.answer.frames.size > 0;
    const asRoot = (name: string) => contact.answer.frames.get(name)?.asRoot === true;
    const rootHelps =
      answered &&
      specs.some((spec) => spec.rootReadsMore && spec.subjects.includes(subject) && !asRoot(spec.name));
    return {
      host_id: contact.hostId,
      subject,
      status,
      reason,
      needs_root: status !== 'complete' && rootHelps && !read.isRoot,
      row_count: lines.length,
      digest: status === 'unread' ? null : digestOf(lines),
    };
  });
}

/** Facts about the host itself that stay the same until the host changes. */
const identityFields = [
  'hostname',
  'machine_id',
  'os_id',
  'os_version',
  'os_codename',
  'os_name',
  'virtualization',
  'kernel_release',
  'kernel_version',
  'booted_at',
  'time_zone',
  'scan_user',
  'is_root',
  'reboot_required',
  'reboot_packages',
] as const;

/** The state of a subject, a line a row. */
function linesOf(subject: Subject, read: Read): string[] {
  if (subject === 'identity')
    return [JSON.stringify(identityFields.map((field) => read.scan[field] ?? null))];
  return read.lines[subjectTables[subject] ?? ''] ?? [];
}

/** SHA-256 of a state in canonical form: the same state gives the same digest. */
function digestOf(lines: readonly string[]): string {
  return hash('sha256', lines.join('\n'));
}

function sectionRows(
  { hostId, answer, transport }: Contact,
  hello: Hello,
  specs: SectionSpec[],
): RowOf<'sections'>[] {
  const commands = new Map(specs.map((spec) => [spec.name, spec.command]));
  const commandOf = (name: string, { asRoot }: Frame) => {
    const [build, way] = asRoot ? [hello.helper, null] : [hello.build, transport];
    if (!isOurs(build, way)) return `what build ${build} of the probe runs`;
    return commands.get(name) ?? 'the start of the probe itself';
  };
  return [...answer.frames].map(([name, frame]) => ({
    host_id: hostId,
    section: name,
    command: commandOf(name, frame),
    exit_status: frame.exitStatus,
    duration_ms: frame.durationMs,
    bytes: frame.bytes,
    truncated: frame.truncated,
    sha256: frame.sha256,
    stderr: frame.stderr === '' ? null : clean(frame.stderr.slice(-1000).replace(/\s*\n\s*/g, ' | '), 1000),
    as_root: frame.asRoot,
  }));
}

function instantOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function emptyScan(hostId: string): RowOf<'scans'> {
  const columns = Object.entries(scanTables.scans.columns).map(([name]) => [name, null]);
  return { ...(Object.fromEntries(columns) as RowOf<'scans'>), host_id: hostId, reboot_packages: [] };
}
