/** One YAML file with the position of everything in it. */
import { LineCounter, isMap, isNode, isPair, isScalar, parseAllDocuments } from 'yaml';
import type { Document, Node } from 'yaml';
import type { z } from 'zod';
import { clean } from '#data/model/clean.ts';
import { quoted, suggest } from './problems.ts';
import type { Problem } from './problems.ts';
import { isSecretKey, refuseSecrets } from './secrets.ts';
import { validKeysMark } from './shapes.ts';

export interface YamlFile {
  /** Relative to the workspace. */
  path: string;
  /** The plain value; null for an empty file. */
  value: unknown;
  /** Where the value at a path of keys begins; the key itself when `ofKey`. */
  position: (path: readonly PropertyKey[], ofKey?: boolean) => { line: number; column: number };
}

const largestBytes = 16 * 1024 * 1024;
const mostAliases = 100;

/** Parses one file; problems are added to the list, and then there is no value. */
export function parseYaml(path: string, content: Uint8Array, problems: Problem[]): YamlFile | undefined {
  const complain = (message: string, line = 1, column = 1): undefined => {
    problems.push({ file: path, line, column, message });
  };
  if (content.byteLength > largestBytes) return complain(`is larger than ${largestBytes / 1024 / 1024} MiB`);
  const text = decode(content);
  if (text === undefined) return complain('is not UTF-8 text');
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, uniqueKeys: true, prettyErrors: false });
  if ('empty' in documents || documents.length === 0) return fileOf(path, undefined, lineCounter, null);
  if (documents.length > 1)
    return complain(
      'holds several documents; one file holds one',
      ...place(lineCounter, documents[1]?.range[0]),
    );
  const document = documents[0] as Document.Parsed;
  const faults = [...document.errors, ...document.warnings];
  for (const fault of faults)
    complain(`not YAML: ${clean(fault.message, 200)}`, ...place(lineCounter, fault.pos[0]));
  if (faults.length > 0) return undefined;
  try {
    const value: unknown = document.toJS({ maxAliasCount: mostAliases });
    const file = fileOf(path, document, lineCounter, value ?? null);
    refuseSecrets(file, problems);
    return file;
  } catch (error) {
    return complain(`not usable YAML: ${clean(error instanceof Error ? error.message : String(error), 200)}`);
  }
}

/** Checks the value against a schema; problems get their place in the file. */
export function checkShape<T extends z.ZodType>(
  file: YamlFile,
  schema: T,
  problems: Problem[],
): z.output<T> | undefined {
  const parsed = schema.safeParse(file.value ?? {});
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) problems.push(...explainIssue(file, issue));
  return undefined;
}

function explainIssue(file: YamlFile, issue: z.core.$ZodIssue, above: PropertyKey[] = []): Problem[] {
  const path = [...above, ...issue.path];
  const at = (message: string, where: PropertyKey[] = path, ofKey = false): Problem => ({
    file: file.path,
    ...file.position(where, ofKey),
    message,
  });
  const name = nameOf(path);
  if (issue.code === 'unrecognized_keys') {
    const valid = validKeys(issue.message);
    return issue.keys
      .filter((key) => !isSecretKey(key))
      .map((key) => at(`unknown key ${quoted(key)}${suggest(key, valid)}`, [...path, key], true));
  }
  const found = valueAt(file.value, path);
  if (found === undefined) return [at(`${name} is missing: ${issue.message}`, path.slice(0, -1), true)];
  if (issue.code === 'invalid_value') {
    const valid = issue.values.map(String);
    return [at(`${name}: ${quoted(found)} is not valid${suggest(String(found), valid)}`)];
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
    return nearest.flatMap((inner) => explainIssue(file, inner, path));
  }
  if (issue.code === 'invalid_key')
    return [at(`${quoted(path.at(-1))}: ${issue.issues[0]?.message ?? 'not a valid name'}`, path, true)];
  return [at(`${name}: ${issue.message}${typeof found === 'object' ? '' : `, found ${quoted(found)}`}`)];
}

function depth(issues: z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

/** `strict()` in shapes.ts leaves the valid keys in the message of this kind of issue. */
function validKeys(message: string): string[] {
  return message.startsWith(validKeysMark) ? message.slice(validKeysMark.length).split(',') : [];
}

function nameOf(path: PropertyKey[]): string {
  return path.length === 0 ? 'the file' : clean(path.map(String).join('.'), 120);
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

function decode(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

function fileOf(
  path: string,
  document: Document.Parsed | undefined,
  lineCounter: LineCounter,
  value: unknown,
): YamlFile {
  return {
    path,
    value,
    position: (keys, ofKey = false) => {
      const node = findNode(document?.contents ?? null, keys, ofKey);
      const [line, column] = place(lineCounter, node?.range?.[0]);
      return { line, column };
    },
  };
}

/** The node at a path, or the nearest one above it. */
function findNode(root: Node | null, keys: readonly PropertyKey[], ofKey: boolean): Node | null {
  let node = root;
  for (const [depthHere, key] of keys.entries()) {
    const last = depthHere === keys.length - 1;
    const pair = isMap(node)
      ? node.items.find(
          (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
        )
      : undefined;
    if (last && ofKey && isNode(pair?.key)) return pair.key;
    const next: unknown =
      pair?.value ?? (node !== null && 'items' in node ? (node.items as unknown[])[Number(key)] : undefined);
    if (!isNode(next)) return isNode(pair?.key) ? pair.key : node;
    node = next;
  }
  return node;
}

function place(lineCounter: LineCounter, offset: number | undefined): [number, number] {
  if (offset === undefined) return [1, 1];
  const { line, col } = lineCounter.linePos(offset);
  return [Math.max(1, line), Math.max(1, col)];
}
