/** Addresses inside the site. Nothing that a host said becomes part of an address. */
import { createHash } from 'node:crypto';

export type ListName = 'hosts' | 'coverage' | 'fixes';

/** Rows on one page of a list. */
export const rowsPerPage = 200;

// Ids come from the inventory, whose grammar is the same; what does not fit here is named by its hash.
const safeId = /^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/;

/** The name of a host's folder under /hosts/: its id where that is harmless, else a hash of it. */
export function hostFolder(hostId: string): string {
  const safe = safeId.test(hostId) && !hostId.includes('..') && !hostId.endsWith('.html');
  return safe ? hostId : `id-${createHash('sha256').update(hostId).digest('hex').slice(0, 16)}`;
}

/** The address of a host's page. */
export function hostPath(hostId: string): string {
  return `/hosts/${hostFolder(hostId)}/`;
}

/** The name of a fix's folder under /fixes/: readable, and unique by the hash of its id. */
export function fixFolder({ fix_id, source }: { fix_id: string; source: string }): string {
  const hash = createHash('sha256').update(fix_id).digest('hex').slice(0, 12);
  return /^[a-z0-9][a-z0-9.+-]{0,60}$/.test(source)
    ? `${source.replaceAll('+', 'p')}-${hash}`
    : `fix-${hash}`;
}

export function fixPath(fix: { fix_id: string; source: string }): string {
  return `/fixes/${fixFolder(fix)}/`;
}

/** The address of a policy's page; ids are names by the workspace's grammar. */
export function policyPath(policy: string): string {
  return `/policies/${policy.toLowerCase()}/`;
}

/** The address of the page of one model of the findings. */
export function modelPath(name: string): string {
  return `/method/${name}/`;
}

/** The address of a page of a list; the first is the list's own. */
export function listPath(list: ListName, page: number): string {
  return page === 1 ? `/${list}/` : `/${list}/pages/${page}/`;
}

/** The rows of one page of a list, and how many pages there are. */
export function pageOf<T>(rows: T[], page: number): { rows: T[]; pages: number } {
  const start = (page - 1) * rowsPerPage;
  return { rows: rows.slice(start, start + rowsPerPage), pages: pageCount(rows.length) };
}

export function pageCount(rows: number): number {
  return Math.max(1, Math.ceil(rows / rowsPerPage));
}
