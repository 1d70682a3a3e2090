/**
 * `npm run bench [-- PART…]`: prints ratios and the floors they are held to; ends with 1 when one is missed.
 */
import process from 'node:process';
import { benchFindings } from './findings.ts';
import { benchHosts, hostParts } from './hosts.ts';
import { missedFigures } from './table.ts';

const named = process.argv.slice(2);
const all = [...hostParts, 'findings'];
const unknown = named.find((name) => !all.includes(name));
if (unknown !== undefined) throw new Error(`no part ${unknown}; there are ${all.join(', ')}`);
const wanted = (names: string[]): string[] =>
  named.length === 0 ? names : names.filter((name) => named.includes(name));

if (wanted(hostParts).length > 0) await benchHosts(wanted(hostParts));
if (wanted(['findings']).length > 0) await benchFindings();
const missed = missedFigures();
console.log(missed.length === 0 ? '\nevery floor is held' : `\n${missed.length} MISSED`);
process.exitCode = missed.length === 0 ? 0 : 1;
