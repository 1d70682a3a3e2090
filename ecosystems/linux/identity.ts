/** Who a Linux host says it is. */
import { clean } from '#data/model/clean.ts';
import { reading, sectionProblem, linesOf } from '../sections.ts';
import { zoneOf } from './local-time.ts';
import type { Clock, Reading, ScanRow, SectionOutput } from '../ecosystem.ts';

export interface Identity {
  scan: Partial<ScanRow>;
  /** IANA zone of the host's local time; null where it cannot be known for sure. */
  timeZone: string | null;
  isRoot: boolean;
  /** When the kernel started, in seconds since 1970 by the host's clock. */
  bootSeconds: number | null;
  ticksPerSecond: number;
  readings: Reading[];
}

/**
 * Reads the sections `host`, `os-release` and `reboot`.
 * @param observedAt when they were read, by the collector's clock
 */
export function parseIdentity(
  sections: ReadonlyMap<string, SectionOutput>,
  clock: Clock,
  observedAt: string,
): Identity {
  const facts = parseFacts(sections.get('host')?.text ?? '');
  const os = parseOsRelease(sections.get('os-release')?.text ?? '');
  const bootSeconds = wholeNumber(facts.get('boot-time'));
  const bornSeconds = wholeNumber(facts.get('born'));
  const offset = parseOffset(facts.get('utc-offset'));
  const timeZone = zoneOf(facts, offset, Date.parse(observedAt));
  const uid = wholeNumber(facts.get('uid'));
  const problems = [
    ...['host', 'os-release', 'reboot'].map((name) => sectionProblem(name, sections.get(name))),
    facts.has('hostname') && facts.has('kernel-release') && uid !== null
      ? null
      : 'The host did not say who it is.',
    os.has('ID') ? null : 'The host did not say which release it runs.',
  ];
  return {
    scan: {
      ...hostFacts(facts),
      os_id: os.get('ID') ?? null,
      os_version: os.get('VERSION_ID') ?? null,
      os_codename: os.get('VERSION_CODENAME') ?? null,
      os_name: os.get('PRETTY_NAME') ?? null,
      release: releaseOf(os),
      booted_at: bootSeconds === null ? null : toInstant(bootSeconds * 1000 - clock.offsetMs),
      born_at: bornSeconds === null ? null : toInstant(bornSeconds * 1000 - clock.offsetMs),
      time_zone: timeZone,
      utc_offset_seconds: offset,
      is_root: uid === null ? null : uid === 0,
      ...parseReboot(sections.get('reboot')),
    },
    timeZone,
    isRoot: uid === 0,
    bootSeconds,
    ticksPerSecond: wholeNumber(facts.get('clock-ticks')) || 100,
    readings: [reading('identity', problems, facts.size > 0)],
  };
}

/** The instant as the record writes it, or null where the number stands for none. */
export function toInstant(milliseconds: number): string | null {
  const date = new Date(milliseconds);
  const year = date.getUTCFullYear();
  return Number.isNaN(date.getTime()) || year < 1970 || year > 9998 ? null : date.toISOString();
}

/**
 * Values of an os-release file, unquoted and cleaned
 * (freedesktop.org os-release(5): shell-compatible assignments, no expansion).
 */
export function parseOsRelease(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of linesOf(text).slice(0, 200)) {
    const match = /^([A-Z][A-Z0-9_]{0,63})=(.*)$/s.exec(line);
    if (match === null || values.has(match[1]!)) continue;
    values.set(match[1]!, clean(unquoted(match[2]!.trim())));
  }
  return values;
}

/** Distributions whose advisories speak of a major release, and those that speak of a major and a minor one. */
const majorReleases = ['rhel', 'centos', 'rocky', 'almalinux', 'ol', 'amzn'];
const minorReleases = ['alpine'];
/** Those without releases: their VERSION_ID is the day of what is installed. */
const rolling = ['opensuse-tumbleweed', 'opensuse-slowroll', 'opensuse-microos'];

/** The release as advisories speak of it: the code name, or the distribution with its version; null when not known. */
export function releaseOf(os: ReadonlyMap<string, string>): string | null {
  const id = /^[a-z0-9][a-z0-9._-]{0,40}$/.exec(os.get('ID') ?? '')?.[0];
  const named = /^[a-z0-9][a-z0-9._-]{0,40}$/.exec(os.get('VERSION_CODENAME') ?? '')?.[0];
  if (id === undefined) return named ?? null;
  if (named !== undefined && (id === 'debian' || id === 'ubuntu')) return named;
  const version = /^\d[\w.-]{0,20}$/.exec(os.get('VERSION_ID') ?? '')?.[0];
  if (version === undefined || rolling.includes(id)) return named ?? id;
  const parts = version.split('.');
  if (majorReleases.includes(id)) return `${id}-${parts[0]!}`;
  return `${id}-${minorReleases.includes(id) ? parts.slice(0, 2).join('.') : version}`;
}

function unquoted(value: string): string {
  const quotes = /^(["'])(.*)\1$/s.exec(value);
  if (quotes === null) return value;
  return quotes[1] === '"' ? quotes[2]!.replace(/\\([\\"$`])/g, '$1') : quotes[2]!;
}

function parseFacts(text: string): Map<string, string> {
  const facts = new Map<string, string>();
  for (const line of linesOf(text).slice(0, 100)) {
    const space = line.indexOf(' ');
    if (space < 1 || facts.has(line.slice(0, space))) continue;
    facts.set(line.slice(0, space), line.slice(space + 1));
  }
  return facts;
}

function hostFacts(facts: Map<string, string>): Partial<ScanRow> {
  const machineId = facts.get('machine-id') ?? '';
  return {
    hostname: cleaned(facts.get('hostname')),
    kernel_release: cleaned(facts.get('kernel-release')),
    kernel_version: cleaned(facts.get('kernel-version')),
    machine_id: /^[0-9a-f]{64}$/.test(machineId) ? machineId : null,
    virtualization: cleaned(facts.get('virtualization')),
    scan_user: cleaned(facts.get('user')),
  };
}

function cleaned(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : clean(value);
}

function wholeNumber(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : null;
}

/** Seconds east of UTC from `+HHMM`. */
function parseOffset(value: string | undefined): number | null {
  const match = /^([+-])(\d\d)(\d\d)$/.exec(value ?? '');
  if (match === null) return null;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 3600 + Number(match[3]) * 60);
}

function parseReboot(output: SectionOutput | undefined): Partial<ScanRow> {
  const lines = linesOf(output?.text ?? '');
  if (lines[0] === 'not asked for') return { reboot_required: false, reboot_packages: [] };
  if (lines[0] !== 'required') return { reboot_required: null, reboot_packages: [] };
  const names = lines.slice(1, 501).filter((line) => line.trim() !== '');
  return { reboot_required: true, reboot_packages: [...new Set(names.map((name) => clean(name)))].sort() };
}
