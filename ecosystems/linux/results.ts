/** What remediation scripts left on the host about their runs. */
import { z } from 'zod';
import { isArchitecture, isPackageName, isVersion } from '#data/model/debian-names.ts';
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { resultChangeStates, resultStates } from '#data/model/words.ts';
import { jsonAnswer } from '../json-answer.ts';
import { linesOf, sectionProblem } from '../sections.ts';
import type { Clock, Parsed, SectionOutput } from '../ecosystem.ts';
import { toInstant } from './identity.ts';

const section = 'results';
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const second = z.iso.datetime({ precision: 0 });
const version = z.string().refine(isVersion).nullable();

/** As `ecosystems/apt/remediation/body/` writes it; format 1. */
const ResultFile = z.strictObject({
  format: z.literal(1),
  plan: hash,
  host: z.string().max(200),
  machine: hash,
  state: z.enum(resultStates),
  reason: z.string().regex(/^[a-z][a-z-]{0,39}$/),
  exit: z.int().min(0).max(255).nullable(),
  started: second,
  ended: second.nullable(),
  reboot_needed: z.boolean(),
  packages: z
    .array(
      z.strictObject({
        package: z.string().refine(isPackageName),
        architecture: z.string().refine(isArchitecture),
        before: version,
        after: version,
        planned: z.string().refine(isVersion),
        state: z.enum(resultChangeStates),
      }),
    )
    .max(5000),
});

/** Reads the section `results`. What is no result file becomes a rejection; times are moved to our clock. */
export function parseResults(
  hostId: string,
  sections: ReadonlyMap<string, SectionOutput>,
  clock: Clock,
): Pick<Parsed, 'rows' | 'scan' | 'readings'> {
  const output = sections.get(section);
  const rows: Required<Pick<Parsed['rows'], 'results' | 'result_changes' | 'rejections'>> = {
    results: [],
    result_changes: [],
    rejections: [],
  };
  const reject = (line: number, reason: string, text: string) =>
    rows.rejections.push({ host_id: hostId, section, line, reason, excerpt: clean(text, 120) });
  const problem = output === undefined ? null : sectionProblem(section, output);
  if (problem !== null) reject(1, `The results of scripts: ${problem}`, '');
  for (const { file, line, text } of filesOf(output?.text ?? '')) {
    const result = jsonAnswer(ResultFile, text);
    if (result === null) reject(line, 'The result file of a remediation script.', text);
    else addResult(rows, { hostId, file, clock }, result);
  }
  return { rows, scan: {}, readings: [] };
}

function addResult(
  rows: { results: RowOf<'results'>[]; result_changes: RowOf<'result_changes'>[] },
  { hostId, file, clock }: { hostId: string; file: string; clock: Clock },
  result: z.infer<typeof ResultFile>,
): void {
  const instant = (text: string) => toInstant(Date.parse(text) - clock.offsetMs);
  rows.results.push({
    host_id: hostId,
    file,
    plan: result.plan,
    machine_id: result.machine,
    state: result.state,
    reason: result.reason,
    exit_status: result.exit,
    started_at: instant(result.started) ?? new Date(0).toISOString(),
    ended_at: result.ended === null ? null : instant(result.ended),
    reboot_needed: result.reboot_needed,
  });
  for (const change of result.packages) rows.result_changes.push({ host_id: hostId, file, ...change });
}

interface File {
  file: string;
  /** Line of its header in the section. */
  line: number;
  text: string;
}

function filesOf(text: string): File[] {
  const files: File[] = [];
  for (const [index, line] of linesOf(text).entries()) {
    const name = /^#file ([0-9a-zA-Z.-]{1,120})$/.exec(line)?.[1];
    if (name !== undefined) files.push({ file: name, line: index + 1, text: '' });
    else {
      const last = files.at(-1);
      if (last !== undefined) last.text += `${line}\n`;
    }
  }
  return files;
}
