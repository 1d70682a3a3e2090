/**
 * An answer that was brought by hand, from its bytes. On its way it went through terminals, editors, mail and other
 * systems: whatever that did to it is found, and named. Nothing here shows who wrote it.
 */
import { createHash } from 'node:crypto';
import { Failure } from '#data/model/failure.ts';
import { sectionLimits } from '../contact.ts';
import { parseHello } from '../hello.ts';
import { frameReader } from '../probe/frames.ts';
import { sectionsOf } from '../probe/program.ts';
import type { Answer } from '../probe/frames.ts';
import { bundleBuild, bundleTitle } from './script.ts';

export interface Bundle {
  /** The host that the script was made for; null when it was made for any. */
  hostId: string | null;
  /** When the script was made, by the collector's clock, in milliseconds since 1970. */
  madeAtMs: number;
  /** When it began and ended on the host, by the host's own clock. */
  observedAtMs: number;
  endedAtMs: number;
  answer: Answer;
  /** SHA-256 of all but the last line: what the record knows the answer by. */
  sha256: string;
  /** Whether the host could hash its answer; if not, nothing shows a change of what a section printed. */
  isHashed: boolean;
}

export const mostBundleBytes = 67_108_864;

const asItIs =
  'Bring the answer as it is on the host: as a file, not through an editor, a mail or a terminal.';
const onceMore = 'Run the script on the host once more, and bring the whole answer.';

interface Head {
  hostId: string | null;
  mark: string;
  madeAtMs: number;
  build: string;
}

/** @throws Failure that names what happened to the answer on its way */
export function readBundle(bytes: Buffer): Bundle {
  checkWrapping(bytes);
  const head = readHead(bytes);
  const { body, sum } = splitSum(bytes, head);
  const sha256 = hashOf(body);
  if (sum !== null && sum !== sha256) throw altered(body, sum);
  const names = sectionsIn(body, head);
  const answer = readFrames(body, head);
  const hello = parseHello(answer.frames.get('hello'));
  checkSections(names, head, hello.family);
  if (hello.timeMs === null) throw misframed('its greeting holds no time');
  const durations = [...answer.frames.values()].map(({ durationMs }) => durationMs ?? 0);
  return {
    hostId: head.hostId,
    madeAtMs: head.madeAtMs,
    observedAtMs: hello.timeMs,
    endedAtMs: hello.timeMs + durations.reduce((sum_, one) => sum_ + one, 0),
    answer,
    sha256,
    isHashed: sum !== null,
  };
}

/** What programs do to a text as a whole. */
function checkWrapping(bytes: Buffer): void {
  if (bytes.length > mostBundleBytes)
    throw refused(
      'bundle-too-large',
      `is larger than ${mostBundleBytes} bytes`,
      'Name an answer of the probe.',
    );
  const mark = bytes.subarray(0, 3).toString('hex');
  if (mark.startsWith('fffe') || mark.startsWith('feff') || mark === 'efbbbf')
    throw refused(
      'bundle-encoding',
      'was saved in another encoding (it begins with a byte order mark)',
      asItIs,
    );
  const start = bytes.toString('latin1', 0, 4096);
  if (start.startsWith(`${bundleTitle}\r`)) throw otherLineEnds();
  if (start.startsWith(`${bundleTitle}\n`)) return;
  if (/^Patchledger answer \d+\r?\n/.test(start))
    throw refused(
      'bundle-version',
      'is an answer in a format that this Patchledger does not read',
      'Use the Patchledger that made the script, or make the script anew.',
    );
  if (bytes.includes(`${bundleTitle}\n`))
    throw refused('bundle-altered', 'has something before its first line', asItIs);
  throw refused(
    'not-a-bundle',
    'is no answer of a carried probe',
    'patchledger probe HOST makes the script; its answer is what is imported.',
  );
}

const headLines = new RegExp(
  String.raw`^${bundleTitle}\nhost (-|[a-z0-9][a-z0-9._-]{0,127})\nmark ([0-9a-f]{32})\nmade (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\nbuild ([0-9a-f]{12})\n`,
);

function readHead(bytes: Buffer): Head {
  const found = headLines.exec(bytes.toString('latin1', 0, 1024));
  const madeAtMs = Date.parse(found?.[3] ?? '');
  if (found === null || Number.isNaN(madeAtMs)) {
    if (/\r\n/.test(bytes.toString('latin1', 0, 400))) throw otherLineEnds();
    if (bytes.length < 1024 && bytes.indexOf(' finish\n') < 0) throw cut('within its head');
    throw refused('bundle-altered', 'was changed: its head is not that of an answer', asItIs);
  }
  return { hostId: found[1] === '-' ? null : found[1]!, mark: found[2]!, madeAtMs, build: found[4]! };
}

/** The last line: everything before it, and the hash that it states. */
function splitSum(bytes: Buffer, { mark }: Head): { body: Buffer; sum: string | null } {
  const at = bytes.indexOf(`\n${mark} sum `);
  if (at < 0) throw cut(whereItEnds(bytes, mark));
  const line = bytes.toString('latin1', at + 1, Math.min(bytes.length, at + 200));
  const end = /^[0-9a-f]{32} sum (?:sha256 ([0-9a-f]{64})|none -)(\r?)\n/.exec(line);
  if (end === null) {
    if (!line.includes('\n') && line.length < 200) throw cut('within its last line');
    throw refused('bundle-altered', 'was changed: its last line is not that of an answer', asItIs);
  }
  if (end[2] !== '') throw otherLineEnds();
  const after = bytes.subarray(at + 1 + end[0].length);
  if (after.includes(`${bundleTitle}\n`))
    throw refused('bundle-several', 'holds more than one answer', 'Bring each answer in a file of its own.');
  if (after.length > 0) throw refused('bundle-altered', 'has something after its last line', asItIs);
  return { body: bytes.subarray(0, at), sum: end[1] ?? null };
}

function whereItEnds(bytes: Buffer, mark: string): string {
  const begins = [...frameLines(bytes, mark)].filter(([verb]) => verb === 'begin');
  const last = begins.at(-1)?.[1];
  return last === undefined ? 'before the probe began' : `within or after the section ${last.slice(0, 40)}`;
}

function altered(body: Buffer, sum: string): Failure {
  if (hashOf(Buffer.from(body.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')) === sum)
    return otherLineEnds();
  return refused(
    'bundle-altered',
    'was changed on its way: its hash is not the one in its last line',
    asItIs,
  );
}

/** Lines that begin with the mark, as words. */
function* frameLines(bytes: Buffer, mark: string): Generator<string[]> {
  const needle = Buffer.from(`\n${mark} `);
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
    const end = bytes.indexOf(0x0a, at + 1);
    const stop = Math.min(end < 0 ? bytes.length : end, at + 200);
    yield bytes.toString('latin1', at + needle.length, stop).split(' ');
  }
}

/**
 * Names of the sections, in order. Each begins, says what went to standard error, and ends; after the last one the
 * probe says that it is done.
 */
function sectionsIn(body: Buffer, { mark }: Head): string[] {
  const order: { [verb: string]: string[] } = {
    start: ['begin'],
    begin: ['stderr'],
    stderr: ['end'],
    end: ['begin', 'finish'],
    finish: [],
  };
  let last = 'start';
  const names: string[] = [];
  for (const [verb = '', name = ''] of frameLines(body, mark)) {
    if (order[last]?.includes(verb) !== true) {
      const shown = Object.keys(order).includes(verb) ? `'${verb}'` : 'a line that is none of its own';
      throw misframed(`${shown} comes after '${last}'`);
    }
    if (verb === 'begin') names.push(name);
    last = verb;
  }
  if (last !== 'finish') throw misframed('the probe did not say that it was done');
  return names;
}

function readFrames(body: Buffer, { mark }: Head): Answer {
  const limits = sectionLimits();
  const reader = frameReader({ mark, limits, totalBytes: mostBundleBytes, now: () => 0 });
  reader.push(body);
  // What the host's own clock said is the only time there is.
  const answer = reader.end();
  const hello = answer.frames.get('hello');
  const timeMs = parseHello(hello).timeMs;
  if (hello !== undefined && timeMs !== null) hello.beganAtMs = timeMs;
  return answer;
}

/** Of a script of our own making every section is known, and its place. */
function checkSections(found: string[], { build }: Head, family: string | null): void {
  if (found[0] !== 'hello') throw misframed('it has no greeting');
  if (new Set(found).size < found.length) throw misframed('a section is there twice');
  if (build !== bundleBuild()) return;
  const wanted = ['hello', ...sectionsOf(family, {}).map(({ name }) => name)];
  const index = wanted.findIndex((name, at) => name !== found[at]);
  if (index >= 0) throw misframed(`section ${wanted[index]} is missing or not in its place`);
  if (found.length > wanted.length) throw misframed('a section is there that was not asked for');
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function cut(where: string): Failure {
  return refused('bundle-cut', `was cut: it ends ${where}`, onceMore);
}

function misframed(how: string): Failure {
  return refused('bundle-framing', `is not in one piece: ${how}`, onceMore);
}

function otherLineEnds(): Failure {
  return refused(
    'bundle-line-ends',
    'was changed on its way: its lines end in CR LF',
    'Bring it as a binary file; or take the carriage returns out: sed "s/\\r$//" ANSWER.',
  );
}

function refused(code: string, message: string, nextStep: string): Failure {
  return new Failure(code, message, { nextStep });
}
