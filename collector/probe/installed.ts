/**
 * The probe as it is installed on a host, in a file of root: what a forced command runs in the place of whatever is
 * sent, and what sudo may run for single sections. Of what comes in it reads three kinds of lines, and runs none.
 */
import { positionOnHost } from '#ecosystems/log-files.ts';
import {
  askEverything,
  buildOf,
  framed,
  functionOf,
  ownSections,
  probeVersion,
  renderForm,
  sectionFunctions,
} from './shell.ts';
import { ecosystems } from '#ecosystems/registry.ts';
import type { Positions } from '#ecosystems/ecosystem.ts';

/** What it reads of its input; the lines that count stand at the head of what is sent. */
const readBytes = 8192;
const readSeconds = 10;

/** Not the caller's: sudo of some distributions hands it on. */
export const fixedPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const local = '[0-9]\\{4\\}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]';

/** Each line in its own grammar, made of letters, digits, '-' and ':' alone. */
const grammar = [
  String.raw`-e 's/^mark=\([0-9a-f]\{32\}\)$/mark \1/p'`,
  String.raw`-e 's/^task=\([a-z]\{1,20\}\)$/task \1/p'`,
  `-e 's/^from \\([a-z][a-z0-9-]\\{0,30\\}\\) \\(${local}\\)$/from \\1 \\2/p'`,
].join(' ');

export function renderInstalledProbe(): string {
  return render(probeBuild());
}

function render(build: string): string {
  const logs = new Set<string>();
  // Which logs a family has is its own business: whichever it asks a position of.
  const positions = new Proxy<Positions>({}, { get: (_none, log) => note(logs, String(log)) });
  const functions = sectionFunctions(positions);
  const variables = [...logs].map((log) => ({ log, name: positionOnHost(log).slice(1) }));
  return renderForm({
    head: head(build),
    functions: `${functions}\n${readInput(variables)}\n${oneSection}`,
    path: fixedPath,
    body,
    start: 'main "$@"',
  });
}

function note(logs: Set<string>, log: string): string {
  logs.add(log);
  return positionOnHost(log);
}

const head = (build: string) => `
# Patchledger probe ${probeVersion}, installed: reads, changes nothing, runs nothing of what it is sent.
# Belongs into a file that only root can write (docs/least-privilege.md).
#   (no argument)    answers to a collector that talks to it over SSH
#   --section NAME   one section that root reads more of, for sudo
#   --build          which text this is
# shellcheck disable=SC2016 # the quoted texts are meant for the sh that each section starts
build=${build}`;

/** Standard input to \`mark\`, \`task\`, \`from\` and one variable a log. */
const readInput = (variables: { log: string; name: string }[]) => `
read_input() {
  mark=
  task=
  from=
${variables.map(({ name }) => `  ${name}=\n`).join('')}  set -f
  # shellcheck disable=SC2046 # split into words, of letters, digits, '-' and ':'
  set -- $(limited ${readSeconds} head -c ${readBytes} | tr -d '\\000' | sed -n ${grammar} | head -n 40)
  set +f
  exec </dev/null
  while [ $# -gt 1 ]; do
    case $1 in
    mark) mark=\${mark:-$2} ;;
    task) task=\${task:-$2} ;;
    from)
      case $2 in
${variables.map(({ log, name }) => `      ${log}) ${name}=$3 ;;\n`).join('')}      esac
      from="$from
from $2 $3"
      shift
      ;;
    esac
    shift 2
  done
  export ${variables.map(({ name }) => name).join(' ')}
}`;

/** Raw, with the limits kept here: who asks through sudo cannot end what runs as root. */
const oneSection = `
one_section() {
  wanted=$1
  run() {
    if [ "$1" != "$wanted" ] || [ "\${5-}" != root ]; then return; fi
    status=$({ { limited "$2" sh -c "$4" </dev/null 3>&- 4>&-; printf '%s' "$?" >&3; } | head -c "$3" >&4; } 3>&1)
    exit "$status"
  }
  ${ownSections().replaceAll('\n', '\n  ')}
  echo 'there is no such section, or it needs no root' >&2
  exit 2
}`;

const body = `
cd / || exit 2
sudo=no
helper=
case \${1-}:$# in
:0) ;;
--section:2) exec 4>&1; read_input; one_section "$2" ;;
--build:1) printf '%s\\n' "$build"; exit 0 ;;
*) echo 'usage: patchledger-probe [--section NAME | --build]' >&2; exit 2 ;;
esac
read_input
if [ -z "$mark" ]; then
  echo 'This account answers to a collector of Patchledger, and to nobody else.' >&2
  exit 2
fi
if [ "$task" = simulation ]; then
  everywhere() { :; }
${ecosystems.map(({ id }) => `  ${functionOf(id)}() { :; }\n`).join('')}fi
look_for_sudo
${framed(askEverything(`printf 'build %s\\n' "$build"`))}`;

/** Which text this is, for hosts that have another one: the same for the same sections, whatever the version says. */
export const probeBuild = buildOf(() => render(''));
