/** How every number comes about: the models in order, what their columns mean, and the questions of the pages. */
import { changesSql } from './changes.ts';
import {
  comparisonsSql,
  coverageSql,
  endingsSql,
  onlyHereSql,
  onlyThereSql,
  retiredSql,
  runsSql,
  sharedMachinesSql,
  unjudgedSql,
  unjudgedUnreadSql,
  unknownsSql,
} from './coverage.ts';
import { columnsSql } from './downloads.ts';
import type { DownloadColumn } from './downloads.ts';
import { coveredSql, disagreementsSql, fixLinesSql, securitySql } from './exposures.ts';
import { headsSql, lastComparisonSql, populationSql } from './frame.ts';
import { cutLists, hostLinesSql, wholeLists } from './hosts.ts';
import { hostSql } from './host-sql.ts';
import type { Ask } from './open.ts';
import {
  coversSql,
  exceptionsSql,
  ownersSql,
  policiesSql,
  policyFixesSql,
  policyHostsSql,
  policyRulesSql,
  policyTrendSql,
} from './policies.ts';
import { omissionsSql, outcomeCountsSql, planOutcomesSql, plansSql, troubledSql } from './plans.ts';
import { exploitedSql, figuresSql, loggedSql, reasonsSql, unsupportedSql, weeksSql } from './overview.ts';
import { agesSql, exposureWeeksSql, followedSql, undatedSql } from './trends.ts';

/** One model: a `.sql` file of the program, as it is. */
export interface MethodModel {
  /** File name without number and ending. */
  name: string;
  /** The sentences at its top. */
  about: string;
  tables: MethodTable[];
  /** As it ran: the findings keep it. */
  sql: string;
}

export interface MethodTable {
  name: string;
  /** Whether it can be queried and downloaded; others are steps on the way. */
  isPublic: boolean;
  columns: DownloadColumn[];
}

/** A number or list that a page shows, and the question whose answer it is. */
export interface ShownNumber {
  page: string;
  what: string;
  sql: string;
}

export async function askMethod(ask: Ask): Promise<MethodModel[]> {
  const columns = Map.groupBy(
    await ask<DownloadColumn & { table: string }>(`${columnsSql} ORDER BY "table", place`),
    ({ table }) => table,
  );
  const publicTables = (await ask<{ name: string }>('SELECT name FROM public_tables')).map(
    ({ name }) => name,
  );
  const models = await ask<Pick<MethodModel, 'name' | 'sql'>>('SELECT name, sql FROM models ORDER BY place');
  return models.map(({ name, sql }) => ({
    name,
    about: aboutModel(sql),
    tables: tablesOf(sql).map((table) => ({
      name: table,
      isPublic: publicTables.includes(table),
      columns: columns.get(table) ?? [],
    })),
    sql: sql.trimEnd(),
  }));
}

function tablesOf(sql: string): string[] {
  return [...sql.matchAll(/^CREATE OR REPLACE (?:TABLE|VIEW) (\w+)/gm)].map(([, table = '']) => table);
}

/** The comment that a model begins with, as one text. */
function aboutModel(sql: string): string {
  const lines = sql.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^-- ?/, '').trim())
    .join(' ');
}

/** What pages show, page by page in the order of the menu. The pages ask with these very texts. */
export const shownNumbers: readonly ShownNumber[] = [
  ...onPage('Every page', {
    'Hosts of the population by standing': populationSql,
    'What the population was last compared with': lastComparisonSql,
    'Heads of the record': headsSql,
  }),
  ...onPage('Overview', {
    'The sentence and the figures': figuresSql,
    'The headline week by week': policyTrendSql,
    'Past the end of support': unsupportedSql,
    'Known to be exploited, and missing': exploitedSql,
    'Since the run before: newly overdue': changesSql.newlyOverdue,
    'Since the run before: overdue, and now in': changesSql.overdueDone,
    'Since the run before: newly on offer': changesSql.newUpdates,
    'Since the run before: no longer pending': changesSql.endedUpdates,
    'Since the run before: dated in logs': changesSql.installs,
    'Since the run before: newly unread': changesSql.newlyUnread,
    'Since the run before: newly read': changesSql.newlyRead,
    'What stands in the way': reasonsSql,
    "Weeks in the hosts' own logs": weeksSql,
    'Hosts whose log dates anything': loggedSql,
  }),
  ...onPage('Trends', {
    'Followed spells, of which the latency curves are made': followedSql,
    'Spells without a known publication': undatedSql,
    'Weeks: what came, what went, host-days': exposureWeeksSql,
    'Missing, by age': agesSql,
  }),
  ...onPage('Hosts', { 'Every host, worst first': hostLinesSql }),
  ...onPage("A host's page", {
    'The host': hostSql,
    ...Object.fromEntries(
      Object.entries({ ...wholeLists, ...cutLists }).map(([list, [table, order]]) => [
        `Its ${list.replaceAll('_', ' ')}`,
        `SELECT * FROM ${table} ORDER BY host_id, ${order}`,
      ]),
    ),
  }),
  ...onPage('Fixes', {
    'Every fix, worst first': fixLinesSql,
    'Times for which advisories are known': coveredSql,
  }),
  ...onPage("A fix's page", { 'Exposures to security fixes': securitySql }),
  ...onPage('Policies', {
    'Policies and their headlines': policiesSql,
    'Rules, the first that matches decides': policyRulesSql,
    'What a policy is not satisfied with, by fix': policyFixesSql,
    'The same by host': policyHostsSql,
  }),
  ...onPage('Owners', { 'Every owner, under the primary policy': ownersSql }),
  ...onPage('Exceptions', {
    'Every exception': exceptionsSql,
    'Overdue exposures under each': coversSql,
  }),
  ...onPage('Scripts', {
    'The last plan of each host': plansSql,
    'What the last planning left out, and why': omissionsSql,
  }),
  ...onPage('Verification', {
    'Planned fixes by outcome': outcomeCountsSql,
    'What did not come out as planned': troubledSql,
    'Every plan': planOutcomesSql,
  }),
  ...onPage('Coverage', {
    'Every expected host': coverageSql,
    'What is not known of each': unknownsSql,
    'How attempts ended': endingsSql,
    'Retired hosts': retiredSql,
    Runs: runsSql,
    'Hosts that answer as one machine': sharedMachinesSql,
    'Comparisons with lists of others': comparisonsSql,
    'Machines that only such a list names': onlyThereSql,
    'Hosts that only the inventory names': onlyHereSql,
    'Software that no policy judges, on pages of policies too': unjudgedSql,
    'Hosts of which it is not known what they have of that': unjudgedUnreadSql,
    'Where advisories and offers disagree': disagreementsSql,
  }),
];

function onPage(page: string, questions: { [what: string]: string }): ShownNumber[] {
  return Object.entries(questions).map(([what, sql]) => ({ page, what, sql: withoutMargin(sql) }));
}

/** A text as it stands in the program, moved to the left. */
function withoutMargin(sql: string): string {
  const lines = sql.replace(/^\n/, '').trimEnd().split('\n');
  const margins = lines
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map((line) => line.search(/\S/));
  const margin = Math.min(lines[0]?.search(/\S/) ?? 0, ...margins);
  return lines.map((line) => line.slice(margin)).join('\n');
}
