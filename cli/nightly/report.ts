/** `out/nightly.json`: how the last nightly run went, for `doctor` and whoever watches the collector. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { clean } from '#data/model/clean.ts';
import { renameDurably, syncFile } from '#data/model/durable.ts';
import type { Places } from '../workspace.ts';

const Step = z.enum(['feeds', 'scan', 'build']);
export type Step = z.output<typeof Step>;

const StepReport = z.object({
  step: Step,
  exit_code: z.int(),
  /** Whether it did not come to its end; a scan that did not reach some hosts has not failed. */
  failed: z.boolean(),
  message: z.string().nullable(),
});
export type StepReport = z.output<typeof StepReport>;

const NightlyReport = z.object({
  program_version: z.string(),
  started_at: z.iso.datetime(),
  /** Null while it runs, and for ever where it was killed. */
  ended_at: z.iso.datetime().nullable(),
  exit_code: z.int().nullable(),
  steps: z.array(StepReport),
});
export type NightlyReport = z.output<typeof NightlyReport>;

function reportPath(where: Places): string {
  return join(where.out, 'nightly.json');
}

/** Replaces the report at once: a reader sees the one before or this one. */
export function writeReport(where: Places, report: NightlyReport): void {
  const path = reportPath(where);
  const steps = report.steps.map((step) => ({
    ...step,
    message: step.message === null ? null : clean(step.message, 500),
  }));
  writeFileSync(`${path}.new`, `${JSON.stringify({ ...report, steps }, null, 2)}\n`);
  syncFile(`${path}.new`);
  renameDurably(`${path}.new`, path);
}

/** Null when no nightly run has begun yet, and where the file is not one of ours. */
export function readReport(where: Places): NightlyReport | null {
  const path = reportPath(where);
  if (!existsSync(path)) return null;
  try {
    return NightlyReport.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}
