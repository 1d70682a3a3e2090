/**
 * The probe as people carry it to a host that cannot be reached, and bring its answer back. The answer is text:
 * whoever carries it out may read what it holds. Its head says whose it is, its last line holds a hash of all before.
 */
import {
  askEverything,
  buildOf,
  framed,
  probeVersion,
  renderForm,
  sectionFunctions,
} from '../probe/shell.ts';

export interface BundleScript {
  /** The host that it is for; null for whichever it is run on. */
  hostId: string | null;
  /** The machine that was last read under that id (`scans.machine_id`), for a warning on the host itself. */
  machineId: string | null;
  /** When the script is made, by the clock of the collector. */
  madeAt: Date;
  /** Random hexadecimal word, for a host that gives no random bytes. */
  mark: string;
}

/** First line of every answer; a change of the format is another number. */
export const bundleTitle = 'Patchledger answer 1';

/** @throws RangeError when the mark is none, or the host no id */
export function renderBundleScript(script: BundleScript): string {
  return render(script, bundleBuild());
}

function render({ hostId, machineId, madeAt, mark }: BundleScript, build: string): string {
  if (!/^[0-9a-f]{32}$/.test(mark)) throw new RangeError('the mark must be 32 hexadecimal digits');
  if (hostId !== null && !/^[a-z0-9][a-z0-9._-]{0,127}$/.test(hostId))
    throw new RangeError('a host id is letters, digits, dots, hyphens');
  return renderForm({
    head: `${usageOf(hostId)}
# shellcheck disable=SC2016 # the quoted texts are meant for the sh that each section starts
build=${build}
host=${hostId ?? ''}
machine=${/^[0-9a-f]{64}$/.exec(machineId ?? '')?.[0] ?? ''}
made=${madeAt.toISOString().slice(0, 19)}Z
mark=${mark}`,
    functions: [sectionFunctions({}), ownFunctions].join('\n'),
    tell: `printf 'reading %s\\n' "$1" >&2;`,
    body,
    start: 'main "$@"',
  });
}

function usageOf(hostId: string | null): string {
  return `# Patchledger probe ${probeVersion} for ${hostId ?? 'a host that cannot be reached'}: reads, changes nothing, needs nothing installed.
#   sh FILE              writes the answer into a file in this folder, when run at a terminal
#   sh FILE -o PLACE     writes it into that file, or into a file in that folder
#   sh FILE >ANSWER      writes it to standard output
# Root reads more than other accounts. Bring the answer back as it is, and: patchledger import ANSWER`;
}

/**
 * \`/proc/self/fd/3\` is a pipe of ours to \`cat\`, whatever standard output is: \`tee\` can open it a second time, and
 * what is said to it later comes after what \`tee\` wrote.
 */
const ownFunctions = `
choose_mark() {
  random=$(od -An -N16 -tx1 /dev/urandom 2>/dev/null | tr -dc '0-9a-f')
  if [ \${#random} -eq 32 ]; then mark=$random; fi
}
warn_of_other_machine() {
  [ -n "$machine" ] && [ -s /etc/machine-id ] && command -v sha256sum >/dev/null 2>&1 || return 0
  read -r id </etc/machine-id || :
  here=$(printf 'patchledger:%s' "$id" | sha256sum | cut -d ' ' -f 1)
  [ "$here" = "$machine" ] || printf 'This is not the machine that was read as %s before.\\n' "$host" >&2
}
probe() {
${framed(`printf '%s\\nhost %s\\nmark %s\\nmade %s\\nbuild %s\\n' '${bundleTitle}' "\${host:--}" "$mark" "$made" "$build"
${askEverything(`printf 'build %s\\n' "$build"`)}`)}
}
answer() {
  if command -v sha256sum >/dev/null 2>&1; then
    {
      sum=$(probe | tee /proc/self/fd/3 | sha256sum)
      printf '\\n%s sum sha256 %s\\n' "$mark" "\${sum%% *}" >&3
    } 3>&1 | cat
  else
    probe
    printf '\\n%s sum none -\\n' "$mark"
  fi
}
write_answer() {
  if [ -d "$1" ]; then
    name=\${host:-$(uname -n | tr -cd 'A-Za-z0-9._-')}
    set -- "\${1%/}/$name-$(date -u +%Y%m%dT%H%M%SZ).answer"
  fi
  if [ -e "$1" ]; then
    printf '%s is there already; nothing was read\\n' "$1" >&2
    exit 1
  fi
  if answer >"$1" && tail -n 1 "$1" | grep -q "^$mark sum "; then
    printf 'written: %s\\nBring it back as it is, and: patchledger import %s\\n' "$1" "\${1##*/}" >&2
  else
    printf 'the answer could not be written to %s\\n' "$1" >&2
    exit 1
  fi
}`;

const body = `
from=
choose_mark
warn_of_other_machine
look_for_sudo
if [ "$(id -u)" != 0 ]; then echo 'root would read more' >&2; fi
case \${1-}:$# in
:0) if [ -t 1 ]; then write_answer .; else answer; fi ;;
-o:1) write_answer . ;;
-o:2) write_answer "$2" ;;
*) echo 'usage: sh FILE [-o PLACE]' >&2; exit 2 ;;
esac`;

/** Which text ran, for answers of another one: the same for the same sections, whoever it is made for. */
export const bundleBuild = buildOf(() =>
  render({ hostId: null, machineId: null, madeAt: new Date(0), mark: '0'.repeat(32) }, ''),
);
