/**
 * The probe: one POSIX sh program, sent on standard input to `sh`. It only reads (unless the inventory lets it
 * ask for fresh package lists), needs no temporary file and no root, bounds every command on the host itself, and frames every answer.
 */
import { ecosystems } from '#ecosystems/registry.ts';
import { linuxSections } from '#ecosystems/linux/sections.ts';
import { quote } from '#ecosystems/shell.ts';
import type { Ecosystem, Positions, SectionSpec } from '#ecosystems/ecosystem.ts';

const probeVersion = '1';

/** Bytes of standard error kept of each section. */
const stderrBytes = 2000;

/**
 * Runs one section: name, seconds, bytes, text. Standard error and the exit status come back through
 * the command substitution, standard output goes straight to descriptor 4, so nothing needs a file.
 * The mark is never in an argument or the environment, where other users could read it.
 */
const functions = `
uptime_now() {
  up=0.00
  if [ -r /proc/uptime ]; then read -r up rest </proc/uptime || :; fi
  up=\${up%.*}\${up#*.}
  while [ "\${up#0}" != "$up" ] && [ \${#up} -gt 1 ]; do up=\${up#0}; done
}
limited() {
  if [ "$has_timeout" = yes ]; then timeout -k 2 "$@"; else shift; "$@"; fi
}
run() {
  printf '\\n%s begin %s\\n' "$mark" "$1"
  uptime_now
  began=$up
  said=$({ { limited "$2" sh -c "$4" </dev/null 2>&3 3>&- 4>&-; printf '\\nstatus %s' "$?" >&3; } |
    head -c "$3" >&4; } 3>&1 | tail -c ${stderrBytes})
  uptime_now
  printf '\\n%s stderr\\n%s\\n%s end %s %s\\n' "$mark" "\${said%status *}" "$mark" "\${said##*status }" "$(((up - began) * 10))"
}
`;

/** First of all: what the collector must know to judge the rest. */
const hello = (family: string) => `
time=$(date +%s.%N)
printf '\\n%s begin hello\\n' "$mark"
printf 'version ${probeVersion}\\n'
printf 'time %s\\n' "$time"
printf 'system %s\\n' "$(uname -s)"
printf 'timeout %s\\n' "$has_timeout"
family=
os=" $(sed -n -e 's/^ID=//p' -e 's/^ID_LIKE=//p' /etc/os-release 2>/dev/null | tr -d '\\042\\047' | tr '\\n' ' ')"
${family}
printf 'family %s\\n' "$family"
for tool in rpm emerge pkg xbps-query nix-env swupd eopkg guix opkg; do
  if command -v "$tool" >/dev/null 2>&1; then printf 'tool %s\\n' "$tool"; fi
done
printf '\\n%s stderr\\n\\n%s end 0 0\\n' "$mark" "$mark"
`;

/**
 * @param mark random hexadecimal word that frames the answer
 * @param positions how far each log was read before
 * @param refresh whether the host is asked to refresh its package lists first
 */
export function renderProbe(mark: string, positions: Positions, refresh = false): string {
  // A host may have the tools of several families: the one that its release names comes first.
  const atHome = ecosystems.map(
    ({ id, homes, detect }) =>
      `case $os in ${homes.map((word) => `*' ${word} '*`).join(' | ')}) if [ -z "$family" ] && ${detect}; then family=${id}; fi ;; esac`,
  );
  const elsewhere = ecosystems.map(
    ({ id, detect }) => `if [ -z "$family" ] && ${detect}; then family=${id}; fi`,
  );
  const families = [...atHome, ...elsewhere];
  const own = ecosystems.map(
    (family) => `${family.id})\n${ownSections(family, positions, refresh).map(runLine).join('\n')}\n;;`,
  );
  const does = refresh ? 'asks for fresh package lists, reads, changes nothing else' : onlyReads;
  return frame(
    mark,
    does,
    `${hello(families.join('\n')).trim()}
${linuxSections.map(runLine).join('\n')}
case $family in
${own.join('\n')}
esac`,
  );
}

/** The same frame around other sections, without the greeting. */
export function renderProgram(mark: string, sections: readonly SectionSpec[]): string {
  return frame(mark, onlyReads, sections.map(runLine).join('\n'));
}

const onlyReads = 'reads, changes nothing';

function frame(mark: string, does: string, body: string): string {
  if (!/^[0-9a-f]{32}$/.test(mark)) throw new RangeError('the mark must be 32 hexadecimal digits');
  return `#!/bin/sh
# Patchledger probe ${probeVersion}: ${does}.
# shellcheck disable=SC2016 # the quoted texts are meant for the sh that each section starts
mark=${mark}
${functions.trim()}
main() {
# The shell's own fields must not depend on what the host's login files set.
unset LANGUAGE LANG CDPATH ENV BASH_ENV GREP_OPTIONS POSIXLY_CORRECT APT_CONFIG
IFS=' 	
'
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
export LC_ALL PATH
umask 077
exec 4>&1
has_timeout=no
if timeout -k 1 5 true >/dev/null 2>&1; then has_timeout=yes; fi
${body}
printf '\\n%s finish\\n' "$mark"
}
main
`;
}

/** Sections in the order in which they are run on a host of that family; null for none. */
export function sectionsOf(family: string | null, positions: Positions, refresh = false): SectionSpec[] {
  const found = ecosystems.find((ecosystem) => ecosystem.id === family);
  return found === undefined ? linuxSections : [...linuxSections, ...ownSections(found, positions, refresh)];
}

/** Those of the family; the refresh comes first, so that the others read what it brought. */
function ownSections(family: Ecosystem, positions: Positions, refresh: boolean): SectionSpec[] {
  const first = refresh && family.refresh ? [family.refresh] : [];
  return [...first, ...family.sections(positions)];
}

/** One byte more than the limit is let through, to tell that there was more. */
function runLine(spec: SectionSpec): string {
  return `run ${spec.name} ${spec.timeoutSeconds} ${spec.maxBytes + 1} ${quote(spec.command)}`;
}
