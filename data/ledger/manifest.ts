/** The manifest of an entry: what it holds, by hash, and which entry came before. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const instant = z.iso.datetime({ precision: 3 });
const path = z.string().regex(/^[a-z0-9_-]+(\.[a-z0-9]+)?$|^files\/[0-9a-f]{64}$/);

/** Kinds of entries; later steps add plan, result and so on. */
const entryKinds = ['scan'] as const;
export type EntryKind = (typeof entryKinds)[number];

export const Manifest = z.strictObject({
  schema: z.int().min(1),
  collector: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  sequence: z.int().min(1).max(99_999_999),
  kind: z.enum(entryKinds),
  /** Hash of the manifest before this one in the chain; null in the first. */
  previous: hash.nullable(),
  started_at: instant,
  recorded_at: instant,
  /** Whether the clock stood before the previous entry, so that recorded_at had to be moved after it. */
  clock_behind: z.boolean(),
  program: z.strictObject({ version: z.string(), duckdb: z.string() }),
  /** Every file of the entry beside the manifest and its sidecar. */
  files: z.array(
    z.strictObject({ path, bytes: z.int().min(0), sha256: hash, rows: z.int().min(0).nullable() }),
  ),
  /** People's files in force; the content lies in `files/<sha256>` of the entry named by `stored_in`. */
  workspace_files: z.array(
    z.strictObject({ path: z.string(), bytes: z.int().min(0), sha256: hash, stored_in: z.int().min(1) }),
  ),
  summary: z.record(z.string(), z.number()),
});
export type Manifest = z.infer<typeof Manifest>;

/** The bytes of a manifest: keys sorted, two spaces, a newline at the end. */
export function encodeManifest(manifest: Manifest): string {
  return `${JSON.stringify(sortKeys(manifest), null, 2)}\n`;
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The sidecar as `sha256sum -c` reads it. */
export function sidecarOf(manifestHash: string): string {
  return `${manifestHash}  manifest.json\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
