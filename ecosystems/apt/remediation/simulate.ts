/** What a host's own apt would do to bring some packages to given versions, and nothing else. */
import { isArchitecture, isPackageName, isVersion, parseFullName } from '#data/model/debian-names.ts';
import { clean } from '#data/model/clean.ts';
import type { SectionOutput, SectionSpec, SimulatedChange, Simulation, Target } from '../../ecosystem.ts';
import { linesOf, sectionProblem } from '../../sections.ts';
import { quote } from '../../shell.ts';
import { parseTransaction } from '../apt-transaction.ts';
import type { Transaction } from '../apt-transaction.ts';
import { cacheOptions } from '../sections.ts';

const sectionName = 'simulation';

/**
 * The command, read-only as the probe's own: `--print-uris` stops after the lists. The folder of archives is
 * one that does not exist, so that a package fetched before is named all the same.
 *
 * @throws RangeError on a name or version that is none
 */
export function simulateSection(targets: readonly Target[]): SectionSpec {
  const words = targets.map(wordOf).map(quote).join(' ');
  const command = `
${cacheOptions}
printf '#native %s\\n' "$(dpkg --print-architecture)"
# shellcheck disable=SC2086
said=$(apt-get $cache -V --print-uris -o APT::Get::Assume-Yes=false -o Debug::NoLocking=1 -o APT::Output-Version=0 -o Dir::Cache::archives=/nonexistent/ --no-remove --no-install-recommends install ${words} 2>&1)
status=$?
printf '%s\\n' "$said" | sed "s/^'[^']*' \\\\([^ ]*\\\\) \\\\([0-9]*\\\\) .*/#file \\\\1\\\\n#size \\\\2/"
exit "$status"
`;
  return {
    name: sectionName,
    command: command.trim(),
    timeoutSeconds: 120,
    maxBytes: 4_194_304,
    subjects: [],
    rootReadsMore: false,
  };
}

/** As apt takes it: `name:architecture=version`; packages for all architectures have none there. */
function wordOf({ package: name, architecture, version }: Target): string {
  if (!isPackageName(name) || !isArchitecture(architecture) || !isVersion(version))
    throw new RangeError(`not a package and its version: ${clean(JSON.stringify([name, version]), 200)}`);
  return `${name}${architecture === 'all' ? '' : `:${architecture}`}=${version}`;
}

/** Reads what the command printed; a transaction that cannot be a plan is a problem, in a sentence. */
export function readSimulation(output: SectionOutput | undefined): Simulation {
  const text = output?.text ?? '';
  const apt = linesOf(text).findLast((line) => line.startsWith('E: '));
  const problem = sectionProblem(sectionName, output);
  if (problem !== null) return { problem: apt === undefined ? problem : `apt: ${clean(apt.slice(3), 300)}` };
  const rejected: string[] = [];
  const transaction = parseTransaction(
    { lines: linesOf(text), firstLine: 1, exitStatus: 0 },
    { reject: (_line, _expected, line) => rejected.push(line) },
  );
  const native = /^#native ([a-z0-9-]+)$/m.exec(text)?.[1];
  if (rejected.length > 0) return { problem: `apt printed what is no package: ${clean(rejected[0]!, 120)}` };
  if (!transaction.counted || native === undefined) return { problem: 'apt did not print what it would do.' };
  for (const list of ['remove', 'downgrade'] as const) {
    const [first] = transaction.lists[list].keys();
    if (first !== undefined) return { problem: `apt would ${list} ${first}.` };
  }
  const changes = changesOf(transaction, native);
  if ('problem' in changes) return changes;
  return { changes, ...sizesOf(text) };
}

function changesOf(transaction: Transaction, native: string): SimulatedChange[] | { problem: string } {
  const { lists, files } = transaction;
  const changes: SimulatedChange[] = [];
  for (const entry of [...lists.upgrade.values(), ...lists.install.values()]) {
    const { name = '', architecture = null } = parseFullName(entry.fullName) ?? {};
    // A new package is printed as `name (version)`, and that version comes first.
    const version = entry.newVersion ?? '';
    const found = architecture ?? files.get(`${name} ${version}`) ?? native;
    if (!isVersion(version)) return { problem: `apt does not say to which version it would bring ${name}.` };
    changes.push({ package: name, architecture: found, old_version: entry.oldVersion, new_version: version });
  }
  return changes.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf(change: SimulatedChange): string {
  return `${change.package} ${change.architecture}`;
}

/** apt counts 1 kB as 1,000 bytes. */
const units: { [unit: string]: number } = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

function sizesOf(text: string): { download_bytes: number; installed_bytes: number | null } {
  const sizes = [...text.matchAll(/^#size (\d{1,15})$/gm)].map((match) => Number(match[1]));
  const after =
    /^(?:After this operation, |  Space needed: )([\d,.]+) ([kMGT]?)B (?:of additional disk space will be used|\/)/m.exec(
      text,
    );
  const number = Number((after?.[1] ?? '').replaceAll(',', ''));
  return {
    download_bytes: sizes.reduce((sum, size) => sum + size, 0),
    installed_bytes: after === null ? null : Math.ceil(number * units[after[2] ?? '']!),
  };
}
