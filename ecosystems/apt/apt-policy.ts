/** Every version on offer, its priority and which lists offer it: what `apt-cache policy NAMES` prints. */
import { isVersion, parseFullName } from '#data/model/debian-names.ts';
import type { Part } from '../parts.ts';
import type { Rejecter } from '../rejections.ts';

export interface OfferedVersion {
  version: string;
  installed: boolean;
  priority: number;
  /** Share of hosts that a phased update has reached, where the vendor phases it. */
  phasedPercent: number | null;
  /** `500 http://… suite/component arch Packages`: the priority of the list and its description. */
  sources: { priority: number; description: string }[];
}

export interface Policy {
  installed: string | null;
  candidate: string | null;
  versions: OfferedVersion[];
}

/** By name, or `name:architecture` where it is not the host's own. */
export function parsePolicy(part: Part, { reject }: Pick<Rejecter, 'reject'>): Map<string, Policy> {
  const policies = new Map<string, Policy>();
  let policy: Policy | null = null;
  for (const [index, line] of part.lines.entries()) {
    let wrong: string | null = null;
    if (/^\S.*:$/.test(line)) {
      policy = null;
      if (parseFullName(line.slice(0, -1)) === null) wrong = 'The name of a package.';
      else policies.set(line.slice(0, -1), (policy = { installed: null, candidate: null, versions: [] }));
    } else if (policy !== null && line !== '') wrong = readLine(policy, line);
    if (wrong !== null) reject(part.firstLine + index, wrong, line);
  }
  // A version that could not be one kept its place only so that its sources were not taken for another's.
  for (const read of policies.values()) read.versions = read.versions.filter((row) => isVersion(row.version));
  return policies;
}

/** Null, or what was expected in its place. */
function readLine(policy: Policy, line: string): string | null {
  // Most lines are of this kind.
  const source = /^ {8,}(-?\d+) (.+)$/.exec(line);
  if (source !== null) {
    policy.versions.at(-1)?.sources.push({ priority: Number(source[1]), description: source[2]! });
    return null;
  }
  const field = /^ {2}(Installed|Candidate): (\S+)$/.exec(line);
  if (field !== null) {
    const value = field[2] === '(none)' ? null : field[2]!;
    if (value !== null && !isVersion(value)) return 'A Debian version.';
    policy[field[1] === 'Installed' ? 'installed' : 'candidate'] = value;
    return null;
  }
  const row = /^ (\*\*\*| {3}) (\S+)(?: (-?\d+))?(?: \(phased (\d{1,3})%\))?$/.exec(line);
  if (row === null) return null;
  policy.versions.push({
    version: row[2]!,
    installed: row[1] === '***',
    priority: Number(row[3] ?? 0),
    phasedPercent: row[4] === undefined ? null : Number(row[4]),
    sources: [],
  });
  return isVersion(row[2]!) ? null : 'A Debian version.';
}
