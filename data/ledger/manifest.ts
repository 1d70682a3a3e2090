/** The manifest of an entry: what it holds, by hash, and which entry came before. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { entryKinds } from '#data/model/entry-tables.ts';
import { schemaVersion } from '#data/model/tables.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const instant = z.iso.datetime({ precision: 3 });
const path = z.string().regex(/^[a-z0-9_-]+(\.[a-z0-9]+)?$|^files\/[0-9a-f]{64}$/);

const manifestShape = z.strictObject({
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
export type Manifest = z.infer<typeof manifestShape>;
export const Manifest = manifestShape.superRefine(({ files }, context) => {
  const seen = new Set<string>();
  for (const file of files) {
    const wrong = seen.has(file.path) ? 'is named twice' : fileFault(file);
    if (wrong !== undefined) context.addIssue(`${file.path} ${wrong}`);
    seen.add(file.path);
  }
});

/** Bytes that are no manifest for this program; the message continues a sentence that begins with the file. */
export class ManifestError extends Error {
  override name = 'ManifestError';
  /** What exactly does not fit. */
  readonly detail: string;
  /** Written by a later Patchledger: not damaged, but not to be read with today's meaning. */
  readonly newer: boolean;

  constructor(message: string, detail: string, newer = false) {
    super(message);
    this.detail = detail;
    this.newer = newer;
  }
}

/**
 * Reads a manifest, which must be written as `encodeManifest` writes it: then every reader, with whatever
 * JSON parser, sees the same values.
 *
 * @throws ManifestError
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const { text, value } = parseJson(bytes);
  const version = z.looseObject({ schema: z.int() }).safeParse(value).data?.schema ?? 0;
  if (version > schemaVersion) {
    throw new ManifestError('was written by a newer Patchledger', `schema version ${version}`, true);
  }
  const { data, error } = Manifest.safeParse(value);
  if (data === undefined) {
    const [issue] = error.issues;
    throw new ManifestError(
      'is not a manifest',
      `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
    );
  }
  if (encodeManifest(data) !== text) {
    throw new ManifestError('is not a manifest', 'the same values written in another way');
  }
  return data;
}

/** The folder that holds an entry, within its chain's. */
export function entryFolderName({ sequence, kind }: Pick<Manifest, 'sequence' | 'kind'>): string {
  return `${String(sequence).padStart(8, '0')}-${kind}`;
}

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

function parseJson(bytes: Uint8Array): { text: string; value: unknown } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw new ManifestError('is not a manifest', error instanceof Error ? error.message : String(error));
  }
}

/** Rows are counted in tables and only there; a person's file is named by its content. */
function fileFault(file: { path: string; sha256: string; rows: number | null }): string | undefined {
  if (file.path.endsWith('.parquet') !== (file.rows !== null))
    return 'counts rows, or none, against its kind';
  if (file.path.startsWith('files/') && file.path !== `files/${file.sha256}`)
    return 'is not named by its hash';
  return undefined;
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
