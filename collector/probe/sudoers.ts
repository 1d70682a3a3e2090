/** The rules of sudo that let an ordinary account have exactly those sections read of which root reads more. */
import { ecosystems } from '#ecosystems/registry.ts';
import { linuxSections } from '#ecosystems/linux/sections.ts';
import type { SectionSpec } from '#ecosystems/ecosystem.ts';
import type { Subject } from '#data/model/words.ts';
import { fixedPath } from './installed.ts';
import { installedPath } from './shell.ts';

/** What root sees of each subject and other accounts may not; docs/least-privilege.md shows the same. */
export const boughtByRoot: { readonly [subject in Subject]: string } = {
  identity: 'nothing on the systems that are read today',
  packages: 'packages where the package database is not open to everybody',
  updates: 'what is on offer where package lists, sources or credentials are readable by root alone',
  repositories: 'the repositories themselves, where their settings are readable by root alone',
  kernels: 'kernels where the package database is not open to everybody',
  processes: 'nothing on the systems that are read today',
  mappings:
    "whether processes of other accounts still run replaced files: without it a fix of theirs stays 'installed, effect unknown'",
  history: 'dates of installs and upgrades, where the logs are readable by root alone',
  software: 'nothing on the systems that are read today',
  advisories: 'advisories, where the metadata of the repositories is readable by root alone',
};

/** Sections that an account may ask root for, each name once: several families have a section by one name. */
export function sectionsForRoot(): SectionSpec[] {
  const all = [...linuxSections, ...ecosystems.flatMap((family) => family.sections({}))];
  const named = new Map<string, SectionSpec>();
  for (const spec of all) if (spec.rootReadsMore && !named.has(spec.name)) named.set(spec.name, spec);
  return [...named.values()];
}

/**
 * A file for /etc/sudoers.d: whole command lines without any pattern (sudoers(5): without wildcards the arguments must be the
 * same word for word).
 *
 * @param account letters, digits, '_' and '-'
 */
export function renderSudoers(account: string): string {
  const rules = sectionsForRoot().map(({ name, subjects }) => {
    const why = subjects.map((subject) => `# ${subject}: ${boughtByRoot[subject]}\n`).join('');
    return `${why}${account} ALL=(root) NOPASSWD: ${installedPath} --section ${name}\n`;
  });
  return `# What Patchledger's account may have read as root, and nothing else. Take out what it shall not have.
# Made by: patchledger probe --sudoers. Check it before it is used: visudo -cf FILE
# ${installedPath} must belong to root, and nobody else may write to it or to a folder above it.
Defaults:${account} env_reset, !requiretty, secure_path="${fixedPath}"

${rules.join('\n')}`;
}
