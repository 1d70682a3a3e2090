/** What an inventory file of Ansible says, one statement after the other, whatever its format. */
import type { Place, Problem } from '../problems.ts';
import type { Variables } from './variables.ts';

export type Statement =
  /** Only a group that is declared may have variables or parents. */
  | { says: 'group'; group: string; declares: boolean; place: Place }
  | { says: 'child'; group: string; child: string; place: Place }
  | { says: 'hosts'; group: string; names: string[]; port: number | null; variables: Variables; place: Place }
  | { says: 'variables'; group: string; variables: Variables; place: Place };

/** A file as it is understood. */
export interface Said {
  statements: Statement[];
  /** What the record keeps of it; reading that gives the same statements. */
  kept: string;
}

/** Reads the text of one file; problems are added to the list. */
export type Format = (file: string, text: string, problems: Problem[]) => Said;
