/** The tables of a comparison entry: the population beside a list that others keep, such as a CMDB. */
import { count, flag, instant, orUnknown, table, text, texts, word } from './column.ts';
import type { Row } from './column.ts';
import { comparedHostOutcomes, comparedRowOutcomes, matchKinds } from './words.ts';

const comparisons = table(
  'comparisons',
  'A comparison of the population with a list that others keep.',
  {
    source: text('What the list is called, as it was said.'),
    dated: text('Day or instant of which the list is, as it was said or as the file has it.'),
    dated_by: word(['given', 'file'], 'Whether a person said so, or the file was last changed then.'),
    dated_at: instant('The end of that day, or the instant.'),
    file: text('Name of the file.'),
    content_sha256: text('SHA-256 of the file, which is not kept.'),
    bytes: count('Size of the file.'),
    columns_used: texts('Columns that were compared, each with what it was taken for.'),
    rows: count('Machines that the list names, retired ones among them.'),
    retired_rows: count('Of them, those that the list calls retired.'),
    unusable_rows: count('Of them, those without a name, address or id.'),
    hosts: count('Hosts in the inventory at that time; the four below sum to it.'),
    in_both: count('Hosts that the list names, too.'),
    only_here: count('Hosts that the list does not name.'),
    retired_there: count('Hosts that the list calls retired.'),
    ambiguous_hosts: count('Hosts that may be the machine of a row that fits several.'),
    only_there: count('Machines that the inventory does not name, and that are not retired.'),
    ambiguous_rows: count('Machines that may be one of several hosts.'),
  },
  ['source'],
);

const comparisonRows = table(
  'comparison_rows',
  'The rows of the list, as far as they were compared.',
  {
    line: count('Line of the file in which the row begins.'),
    name: text('What it is called there.'),
    ids: texts('Values of columns of ids.'),
    names: texts('Values of columns of names, in small letters.'),
    addresses: texts('Values of columns of addresses.'),
    status: orUnknown(text('Its status there; null without such a column.')),
    is_retired: flag('Whether that status means that it is gone.'),
    outcome: word(comparedRowOutcomes, 'What became of it.'),
    host_id: orUnknown(text('The host that it is; null for none.')),
    matched_by: orUnknown(word(matchKinds, 'By what it was told to be that host, the surest first.')),
    candidates: texts('Hosts that it may be, where it fits several.'),
  },
  ['line'],
);

const comparisonHosts = table(
  'comparison_hosts',
  'The hosts of the inventory at that time, and whether the list names them.',
  {
    host_id: text('Stable id of the host, from the inventory.'),
    address: orUnknown(text('Address or name to connect to; null where there is none.')),
    outcome: word(comparedHostOutcomes, 'Whether the list names it.'),
    lines: count('Rows of the list that are this host.'),
  },
  ['host_id'],
);

/** Every table of a comparison entry, in the order in which they are written. */
export const comparisonTables = {
  comparisons,
  comparison_rows: comparisonRows,
  comparison_hosts: comparisonHosts,
} as const;

export type ComparisonTableName = keyof typeof comparisonTables;
export type ComparisonRow<N extends ComparisonTableName> = Row<(typeof comparisonTables)[N]>;
