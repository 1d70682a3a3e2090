/** Whether this machine is fit to keep a record: room, rights, the time. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import process from 'node:process';
import type { Entry } from '#data/ledger/entries.ts';
import type { Places } from '../workspace.ts';
import { ok, problem } from './check.ts';
import type { Finding } from './check.ts';

const leastBytes = 512 * 1024 * 1024;
/** How many runs like the last one must still fit. */
const roomForRuns = 30;
/** Instants closer than this count as the same time (milliseconds). */
const clockSlackMs = 60_000;

export function checkDisk({ root }: Places, entries: Entry[]): Finding {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  const lastRun = entries.at(-1)?.manifest.files.reduce((sum, file) => sum + file.bytes, 0) ?? 0;
  const needed = Math.max(leastBytes, roomForRuns * lastRun);
  const said = `${megabytes(free)} free where the record is kept`;
  if (free >= needed) return ok('disk', said);
  return problem(
    'disk',
    `only ${said}; ${roomForRuns} runs want ${megabytes(needed)}`,
    `df -h ${root}; make room or move the workspace`,
  );
}

export function checkPermissions(where: Places): Finding[] {
  const folders = [where.root, where.ledger, where.cache, where.out].filter((path) => existsSync(path));
  const findings = folders
    .filter((path) => !isWritable(path))
    .map((path) =>
      problem(
        'permissions',
        `${path} cannot be written by ${userInfo().username}`,
        `chown -R ${userInfo().username} ${path}, or run as its owner`,
      ),
    );
  const open = folders.filter((path) => (statSync(path).mode & 0o002) !== 0);
  findings.push(
    ...open.map((path) => problem('permissions', `anybody can write to ${path}`, `chmod o-w ${path}`)),
  );
  return findings.length > 0
    ? findings
    : [ok('permissions', 'the workspace can be written, and only by its own')];
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param offsets clocks of the hosts minus ours, as the last run measured them, in milliseconds
 */
export function checkClock(
  entries: Entry[],
  offsets: number[],
  {
    now = Date.now(),
    synchronised = readSynchronised(),
  }: { now?: number; synchronised?: boolean | null } = {},
): Finding[] {
  const last = entries
    .map(({ manifest }) => manifest.recorded_at)
    .sort()
    .at(-1);
  const setClock = 'set the clock, and keep it by NTP (systemd-timesyncd, chrony)';
  if (last !== undefined && Date.parse(last) > now + clockSlackMs)
    return [problem('clock', `it is ${iso(now)} here, but the last run was recorded at ${last}`, setClock)];
  const median = medianOf(offsets);
  if (offsets.length >= 3 && Math.abs(median) > clockSlackMs) {
    const seconds = Math.round(median / 1000);
    return [
      problem(
        'clock',
        `most hosts' clocks differ from ours by about ${seconds} s`,
        `it may be ours: ${setClock}`,
      ),
    ];
  }
  if (synchronised === false)
    return [problem('clock', 'this machine does not keep its clock by NTP', 'timedatectl set-ntp true')];
  return [
    ok(
      'clock',
      synchronised === null
        ? 'nothing speaks against it; whether it is kept by NTP is not known'
        : 'kept by NTP',
    ),
  ];
}

/** Null where nobody says. */
function readSynchronised(): boolean | null {
  if (existsSync('/run/systemd/timesync/synchronized')) return true;
  const { stdout, status } = spawnSync('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
    encoding: 'utf8',
    timeout: 3000,
    env: { ...process.env, LC_ALL: 'C' },
  });
  return status === 0 && /^(yes|no)$/m.test(stdout) ? stdout.trim() === 'yes' : null;
}

function medianOf(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

function iso(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
