/**
 * Is the record intact? Recomputes everything and names the first thing in each chain that does not
 * fit. Nothing is trusted but the hashes, and nothing but the file system is needed: the same can be
 * done with `sha256sum` by hand (docs/record.md).
 */
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { clean } from '#data/model/clean.ts';
import { incomingFolder } from './append.ts';
import { withDatabase } from './database.ts';
import { chainName } from './entries.ts';
import type { Head } from './entries.ts';
import { lockFile } from './lock.ts';
import { checkEntry, isFolder, Misfit } from './verify-entry.ts';
import type { Checked, Problem } from './verify-entry.ts';

export interface VerifyReport {
  ok: boolean;
  entries: number;
  bytes: number;
  heads: Head[];
  /** The first thing of each chain that does not fit, then what does not belong in the ledger. */
  problems: Problem[];
  notes: string[];
}

export interface VerifyOptions {
  /** Hashes of earlier heads (whole, or their first 12 or more digits) that the record must extend. */
  against?: string[];
  /** Told after each entry. */
  onEntry?: (done: number, total: number) => void;
}

const longestText = 4096;

/** Verifies every chain of the ledger. Never throws for what it finds; the report says it. */
export async function verifyLedger(ledgerRoot: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const report: VerifyReport = { ok: true, entries: 0, bytes: 0, heads: [], problems: [], notes: [] };
  const hashes = new Set<string>();
  if (!existsSync(ledgerRoot)) {
    report.notes.push('there is no ledger yet');
  } else if (!statSync(ledgerRoot).isDirectory()) {
    report.problems.push(problem('.', 'the ledger is not a folder'));
  } else {
    const names = readdirSync(ledgerRoot).sort();
    for (const { entries } of await verifyChains(ledgerRoot, names, { report, onEntry: options.onEntry }))
      for (const { hash } of entries) hashes.add(hash);
    for (const name of names) checkTopLevel(ledgerRoot, name, report);
  }
  for (const hash of options.against ?? []) checkAgainst(hash, hashes, report);
  report.problems = report.problems.map(harmless);
  report.ok = report.problems.length === 0;
  return report;
}

interface CheckedChain {
  entries: Checked[];
  problem?: Problem;
}

/** Checks every chain and adds what it found to the report. */
async function verifyChains(
  ledgerRoot: string,
  names: string[],
  { report, onEntry }: { report: VerifyReport; onEntry: VerifyOptions['onEntry'] },
): Promise<CheckedChain[]> {
  const chains = names.filter((name) => chainName.test(name) && isFolder(join(ledgerRoot, name)));
  const total = chains.reduce((sum, chain) => sum + readdirSync(join(ledgerRoot, chain)).length, 0);
  return withDatabase(':memory:', { threads: 1 }, async (connection) => {
    const checked: CheckedChain[] = [];
    for (const collector of chains) {
      const chain = await verifyChain({ ledgerRoot, collector, connection }, () =>
        onEntry?.(++report.entries, total),
      );
      checked.push(chain);
      report.entries = checked.reduce((sum, { entries }) => sum + entries.length, 0);
      report.bytes += chain.entries.reduce((sum, { bytes }) => sum + bytes, 0);
      const last = chain.entries.at(-1);
      if (last !== undefined)
        report.heads.push({ collector, sequence: last.manifest.sequence, hash: last.hash });
      if (chain.problem !== undefined) report.problems.push(chain.problem);
    }
    return checked;
  });
}

/** Stops at the first problem: what comes after it cannot be trusted anyway. */
async function verifyChain(
  place: { ledgerRoot: string; collector: string; connection: DuckDBConnection },
  onEntry: () => void,
): Promise<CheckedChain> {
  const entries: Checked[] = [];
  for (const name of readdirSync(join(place.ledgerRoot, place.collector)).sort()) {
    const entry = `${place.collector}/${name}`;
    try {
      entries.push(await checkEntry({ ...place, entry, earlier: entries }));
      onEntry();
    } catch (error) {
      return { entries, problem: problemOf(error, entry) };
    }
  }
  return { entries };
}

/** A disk that cannot give a file back is a finding, too. */
function problemOf(error: unknown, entry: string): Problem {
  if (error instanceof Misfit) return error.problem;
  if (error instanceof Error && 'syscall' in error)
    return problem(entry, 'cannot be read', null, error.message);
  throw error;
}

function checkTopLevel(ledgerRoot: string, name: string, report: VerifyReport): void {
  const path = join(ledgerRoot, name);
  if (chainName.test(name) && isFolder(path)) return;
  if (name === lockFile && lstatSync(path).isFile()) return;
  if (name === incomingFolder && isFolder(path)) {
    if (readdirSync(path).length > 0)
      report.notes.push('a writer was interrupted; the next one clears what it left in .incoming');
    return;
  }
  report.problems.push(problem(name, 'does not belong in the ledger'));
}

function checkAgainst(hash: string, hashes: Set<string>, report: VerifyReport): void {
  const matches = /^[0-9a-f]{12,64}$/.test(hash) ? [...hashes].filter((known) => known.startsWith(hash)) : [];
  if (matches.length === 1) return;
  const what =
    matches.length === 0
      ? `the record does not extend ${hash}: its end was cut off, or it was rewritten`
      : `${hash} is too short to tell entries apart`;
  const found = report.heads.map((head) => `${head.collector} ${head.sequence} ${head.hash}`).join(', ');
  report.problems.push(problem('.', what, hash, found || 'an empty record'));
}

/** Names of files and words of a manifest may come from whoever tampered: they must not steer a terminal. */
function harmless({ path, what, expected, found }: Problem): Problem {
  const orNull = (text: string | null): string | null => (text === null ? null : clean(text, longestText));
  return {
    path: clean(path, longestText),
    what: clean(what, longestText),
    expected: orNull(expected),
    found: orNull(found),
  };
}

function problem(
  path: string,
  what: string,
  expected: string | null = null,
  found: string | null = null,
): Problem {
  return { path, what, expected, found };
}
