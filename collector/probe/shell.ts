/** Shell text that every form of the probe shares: sent, installed on the host, carried to it by hand. */
import { createHash } from 'node:crypto';
import { ecosystems } from '#ecosystems/registry.ts';
import { linuxSections } from '#ecosystems/linux/sections.ts';
import { quote } from '#ecosystems/shell.ts';
import type { Ecosystem, Positions, SectionSpec } from '#ecosystems/ecosystem.ts';

export const probeVersion = '1';

/** Where docs/least-privilege.md has the host's admin put the installed probe. */
export const installedPath = '/usr/local/libexec/patchledger-probe';

/** Bytes of standard error kept of each section. */
const stderrBytes = 2000;

/** Of the words that a section may begin with: whether it is worth asking for it as root. */
const asRootWord = 'root';

/** Seconds that sudo may take beyond what the installed probe itself allows a section. */
const sudoSeconds = 5;

/**
 * Runs one section: name, seconds, bytes, text. Standard error and the exit status come back through
 * the command substitution, standard output goes straight to descriptor 4, so nothing needs a file.
 * The mark is never in an argument or the environment, where other users could read it.
 *
 * Sections of which root reads more are asked of the installed probe where sudo lets this account have exactly
 * that. sudo cannot be killed by this account, so the installed probe keeps the limits itself.
 *
 * Where nothing ends all that a section started when its time is over (busybox's `timeout` ends the first process
 * alone, and what that one waits for would hold the probe), the section gets a session of its own, and a watcher that
 * is a program of its own, so that it holds none of the probe's pipes.
 */
const functions = `
watcher='
left=$2
while [ "$left" -gt 0 ] && kill -0 "$1"; do sleep 1; left=$((left - 1)); done
if [ "$left" -eq 0 ]; then kill -TERM "-$1"; sleep 2; kill -KILL "-$1"; fi'
uptime_now() {
  up=0.00
  if [ -r /proc/uptime ]; then read -r up rest </proc/uptime || :; fi
  up=\${up%.*}\${up#*.}
  while [ "\${up#0}" != "$up" ] && [ \${#up} -gt 1 ]; do up=\${up#0}; done
}
limited() {
  case $limits in
  timeout) timeout -k 2 "$@" ;;
  own) watched "$@" ;;
  *) shift; "$@" ;;
  esac
}
watched() {
  seconds=$1
  shift
  # The shell takes standard input from what it runs beside itself, but for one that has another number.
  { setsid "$@" <&5 5<&- & } 5<&0
  task=$!
  sh -c "$watcher" watcher "$task" "$seconds" >/dev/null 2>&1 &
  wait "$task"
}
look_for_sudo() {
  sudo=no
  helper=
  if [ "$(id -u)" != 0 ] && [ -x ${installedPath} ] && command -v sudo >/dev/null 2>&1 &&
    limited ${sudoSeconds} sudo -n -l </dev/null >/dev/null 2>&1; then
    sudo=yes
    helper=$(limited ${sudoSeconds} ${installedPath} --build </dev/null 2>/dev/null | head -c 64)
  fi
}
granted() {
  [ "$sudo" = yes ] && limited ${sudoSeconds} sudo -n -l ${installedPath} --section "$1" </dev/null >/dev/null 2>&1
}
run() {
  tell "$1"
  seconds=$2
  text=$4
  as=
  if [ "\${5-}" = ${asRootWord} ] && granted "$1"; then
    seconds=$(($2 + ${sudoSeconds}))
    text="printf '%s\\\\n' '$from' | sudo -n ${installedPath} --section $1"
    as=' ${asRootWord}'
  fi
  printf '\\n%s begin %s%s\\n' "$mark" "$1" "$as"
  uptime_now
  began=$up
  said=$({ { limited "$seconds" sh -c "$text" </dev/null 2>&3 3>&- 4>&-; printf '\\nstatus %s' "$?" >&3; } |
    head -c "$3" >&4; } 3>&1 | tail -c ${stderrBytes})
  uptime_now
  printf '\\n%s stderr\\n%s\\n%s end %s %s\\n' "$mark" "\${said%status *}" "$mark" "\${said##*status }" "$(((up - began) * 10))"
}
`;

/** First of all: what the collector must know to judge the rest. */
const hello = (more: string) => `
time=$(date +%s.%N)
printf '\\n%s begin hello\\n' "$mark"
printf 'version ${probeVersion}\\n'
printf 'time %s\\n' "$time"
printf 'system %s\\n' "$(uname -s)"
printf 'limits %s\\n' "$limits"
printf 'helper %s\\n' "$helper"
${more}
${detectFamily()}
printf 'family %s\\n' "$family"
for tool in rpm emerge pkg xbps-query nix-env swupd eopkg guix opkg; do
  if command -v "$tool" >/dev/null 2>&1; then printf 'tool %s\\n' "$tool"; fi
done
printf '\\n%s stderr\\n\\n%s end 0 0\\n' "$mark" "$mark"
`;

/** Sets `family`. A host may have the tools of several families: the one that its release names comes first. */
function detectFamily(): string {
  const atHome = ecosystems.map(
    ({ id, homes, detect }) =>
      `case $os in ${homes.map((word) => `*' ${word} '*`).join(' | ')}) if [ -z "$family" ] && ${detect}; then family=${id}; fi ;; esac`,
  );
  const elsewhere = ecosystems.map(
    ({ id, detect }) => `if [ -z "$family" ] && ${detect}; then family=${id}; fi`,
  );
  return `family=
os=" $(sed -n -e 's/^ID=//p' -e 's/^ID_LIKE=//p' /etc/os-release 2>/dev/null | tr -d '\\042\\047' | tr '\\n' ' ')"
${[...atHome, ...elsewhere].join('\n')}`;
}

/** Runs the function of the family that was found. */
function runFamily(): string {
  const own = ecosystems.map(({ id }) => `${id}) ${functionOf(id)} ;;`);
  return `case $family in
${own.join('\n')}
esac`;
}

/** The sections of a host without the greeting: those of every Linux host, then those of its family. */
export function ownSections(): string {
  return `everywhere
${detectFamily()}
${runFamily()}`;
}

/** The greeting, then the sections of every Linux host and those of the family. */
export function askEverything(moreOfHello = ''): string {
  return `${hello(moreOfHello).trim()}
everywhere
${runFamily()}`;
}

/** Functions that run the sections: `everywhere`, and one a family. */
export function sectionFunctions(positions: Positions, refresh = false): string {
  const own = ecosystems.map((family) =>
    sectionsFunction(functionOf(family.id), sectionsOfFamily(family, positions, refresh)),
  );
  return [sectionsFunction('everywhere', linuxSections), ...own].join('\n');
}

/** Those of the family; the refresh comes first, so that the others read what it brought. */
export function sectionsOfFamily(family: Ecosystem, positions: Positions, refresh: boolean): SectionSpec[] {
  const first = refresh && family.refresh ? [family.refresh] : [];
  return [...first, ...family.sections(positions)];
}

export function sectionsFunction(name: string, sections: readonly SectionSpec[]): string {
  return `${name}() {\n${sections.map(runLine).join('\n')}\n}`;
}

export function functionOf(familyId: string): string {
  return `family_${familyId.replaceAll('-', '_')}`;
}

/** One byte more than the limit is let through, to tell that there was more. */
function runLine(spec: SectionSpec): string {
  const line = `run ${spec.name} ${spec.timeoutSeconds} ${spec.maxBytes + 1} ${quote(spec.command)}`;
  return spec.rootReadsMore ? `${line} ${asRootWord}` : line;
}

/** Names a text by its hash, so that answers of another one are told; worked out when it is first asked for. */
export function buildOf(render: () => string): () => string {
  let known: string | null = null;
  return () => (known ??= createHash('sha256').update(render()).digest('hex').slice(0, 12));
}

export interface Program {
  /** Comment lines and assignments that come first. */
  head: string;
  /** Functions beside the usual ones. */
  functions: string;
  /** What PATH becomes. */
  path?: string;
  /** Shell text of what it does, once the surroundings are set. */
  body: string;
  /** Shell text of the function \`tell\`, which is given the name of each section as it begins. */
  tell?: string;
  /** The last line: what starts it. */
  start?: string;
}

/** Nothing happens before its last line: a program of which a part is missing does nothing. */
export function renderForm({ head, functions: more, path, body, tell, start }: Program): string {
  return `#!/bin/sh
${head.trim()}
${functions.trim()}
tell() { ${tell ?? ':;'} }
${more.trim()}
main() {
# The shell's own fields must not depend on what the host's login files set.
unset LANGUAGE LANG CDPATH ENV BASH_ENV GREP_OPTIONS POSIXLY_CORRECT APT_CONFIG
IFS=' 	
'
LC_ALL=C
PATH=${path ?? '$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin'}
export LC_ALL PATH
umask 077
limits=none
if timeout --foreground -k 1 5 true >/dev/null 2>&1; then limits=timeout
elif setsid true >/dev/null 2>&1; then limits=own
elif timeout -k 1 5 true >/dev/null 2>&1; then limits=timeout
fi
${body.trim()}
}
${start ?? 'main'}
`;
}

/** Frames whatever \`ask\` prints, and says that it is done. */
export function framed(ask: string): string {
  return `exec 4>&1
${ask}
printf '\\n%s finish\\n' "$mark"`;
}
