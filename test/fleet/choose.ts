/**
 * Which packages a root gets so that real security updates are pending in it: mirrors move with time, so
 * the choice is made from today's indices. Pure.
 */
import { compareVersions } from '#ecosystems/apt/version.ts';

export interface Indexed {
  name: string;
  version: string;
  /** KiB. */
  size: number;
  /** Names needed, the first alternative of each. */
  needs: string[];
}

export type Index = Map<string, Indexed>;

export interface Choice {
  /** To be installed from the main archive before the security archive is known. */
  packages: string[];
  /** Of these, the one whose security update needs a new package. */
  needsNew: string;
}

const preferredForNew = /^linux-image-cloud-(amd64|arm64)$/;
/** Only the smallest are looked at: there are thousands. */
const mostCandidates = 300;

/** Parses a Packages file. Of several versions of a package the newest counts. */
export function parseIndex(text: string): Index {
  const index: Index = new Map();
  for (const paragraph of text.split('\n\n')) {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1] ?? '';
    const name = field('Package');
    if (name === '') continue;
    const entry = {
      name,
      version: field('Version'),
      size: Number(field('Installed-Size') || 0),
      needs: [...names(field('Pre-Depends')), ...names(field('Depends'))],
    };
    const other = index.get(name);
    if (other === undefined || compareVersions(entry.version, other.version) > 0) index.set(name, entry);
  }
  return index;
}

function names(list: string): string[] {
  return list
    .split(',')
    .map((part) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(part)?.[1] ?? '')
    .filter((name) => name !== '');
}

/**
 * @param installed names in the root as debootstrap left it
 * @param count packages wanted beside the one that needs a new package
 * @throws Error when today's archives do not hold what is wanted
 */
export function choosePackages(
  main: Index,
  security: Index,
  { installed, count }: { installed: Set<string>; count: number },
): Choice {
  const newer = [...security.values()]
    .filter(({ name, version }) => {
      const now = main.get(name);
      return now !== undefined && compareVersions(now.version, version) < 0;
    })
    .sort((a, b) => a.size - b.size || (a.name < b.name ? -1 : 1));
  const costOf = (name: string) => closureSize(main, name, installed);
  const chosen = cheapest(newer.slice(0, mostCandidates), costOf, count);
  const withNew = newer.filter(({ name, needs }) => needsNew(needs, { main, security, installed, name }));
  const preferred = withNew.filter(({ name }) => preferredForNew.test(name));
  const [needsNewOne] = cheapest(preferred.length > 0 ? preferred : withNew, costOf, 1);
  if (chosen.length < count || needsNewOne === undefined)
    throw new Error(
      `the archives hold ${chosen.length} small pending security updates, and ${needsNewOne ?? 'none'} that needs a new package; wanted ${count} and one`,
    );
  return { packages: [...new Set([...chosen, needsNewOne])], needsNew: needsNewOne };
}

function cheapest(candidates: Indexed[], costOf: (name: string) => number, count: number): string[] {
  return candidates
    .map(({ name }) => ({ name, cost: costOf(name) }))
    .filter(({ cost }) => Number.isFinite(cost))
    .sort((a, b) => a.cost - b.cost || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name);
}

interface Where {
  main: Index;
  security: Index;
  installed: Set<string>;
  name: string;
}

/** Whether the update needs a package that the main version does not bring along. */
function needsNew(needs: string[], { main, security, installed, name }: Where): boolean {
  const brought = closure(main, name, installed);
  if (brought === null) return false;
  return needs.some((need) => !installed.has(need) && !brought.has(need) && security.has(need));
}

/** Installed-Size of what an installation would add; infinite when something in it is not in the archive. */
function closureSize(index: Index, name: string, installed: Set<string>): number {
  const members = closure(index, name, installed);
  if (members === null) return Number.POSITIVE_INFINITY;
  return [...members].reduce((sum, member) => sum + (index.get(member)?.size ?? 0), 0);
}

/** Packages that an installation would add; null when one of them is virtual or missing. */
function closure(index: Index, name: string, installed: Set<string>): Set<string> | null {
  const members = new Set<string>();
  const waiting = [name];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (installed.has(next) || members.has(next)) continue;
    const entry = index.get(next);
    if (entry === undefined || members.size > 60) return null;
    members.add(next);
    waiting.push(...entry.needs);
  }
  return members;
}
