import { Command, Option } from 'commander';
import { queryFindings, describeViews } from '#reports/findings/query.ts';
import type { QueryResult } from '#reports/findings/query.ts';
import { csvCell } from '#data/model/csv.ts';
import { clean } from '#data/model/clean.ts';
import { Failure } from '#data/model/failure.ts';
import { openFindings } from './findings.ts';
import { print, printJson } from './output.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';

type Format = 'table' | 'csv' | 'json';

const widestCell = 60;

export function queryCommand(): Command {
  return new Command('query')
    .description('read-only SQL over the findings')
    .argument('[sql]', 'one SELECT; --views lists what there is')
    .addOption(workspaceOption())
    .addOption(
      new Option('-f, --format <format>', 'how to print').choices(['table', 'csv', 'json']).default('table'),
    )
    .option('--json', 'the same as --format json')
    .option('--views', 'list the views and their columns')
    .addHelpText(
      'before',
      'Example: patchledger query "SELECT host_id, package, reason FROM current_updates WHERE security"\n',
    )
    .action(async (sql: string | undefined, options: QueryOptions) => {
      const findings = await openFindings(places(findWorkspace(options.workspace)));
      if (options.views) return printResult(await describeViews(findings.path), formatOf(options));
      if (sql === undefined) {
        throw new Failure('no-query', 'no SQL given', { nextStep: 'patchledger query --views', exitCode: 2 });
      }
      return printResult(await queryFindings(findings.path, sql), formatOf(options));
    });
}

interface QueryOptions {
  workspace?: string;
  format: Format;
  json?: boolean;
  views?: boolean;
}

function formatOf({ format, json }: QueryOptions): Format {
  return json ? 'json' : format;
}

function printResult(result: QueryResult, format: Format): void {
  if (format === 'json') return printJson(result.rows.map((row) => named(result.columns, row)));
  if (format === 'csv') return printCsv(result);
  return printTable(result);
}

function named(columns: string[], row: unknown[]): object {
  return Object.fromEntries(columns.map((column, index) => [column, row[index]]));
}

function printCsv({ columns, rows }: QueryResult): void {
  for (const row of [columns, ...rows]) print(row.map((value) => csvCell(asText(value))).join(','));
}

function printTable({ columns, rows }: QueryResult): void {
  const cells = [columns, ...rows].map((row) => row.map((value) => clean(asText(value), widestCell)));
  const widths = columns.map((_, index) =>
    cells.reduce((widest, row) => Math.max(widest, row[index]?.length ?? 0), 0),
  );
  for (const [number, row] of cells.entries()) {
    print(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
    if (number === 0) print(widths.map((width) => '-'.repeat(width)).join('  '));
  }
  print(`${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`);
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
