/**
 * What a host of the dnf family is asked. All of it reads what lies on the host, asks no server and writes nothing, as
 * root too: see `ask.py`, and docs/decisions.md 31 for why dnf 4 is not asked by its command line.
 */
import { readFileSync } from 'node:fs';
import { logCommand, readFrom, positionWord } from '../log-files.ts';
import { partFunction } from '../parts.ts';
import { ownersSection } from '../rpm/mapping-owners.ts';
import { packagesSection } from '../rpm/packages.ts';
import { updateinfoSection } from '../rpm/updateinfo.ts';
import { quote } from '../shell.ts';
import { section } from '../sections.ts';
import type { Positions, SectionSpec } from '../ecosystem.ts';

const ask = readFileSync(new URL('ask.py', import.meta.url), 'utf8');

/**
 * Which program the host's people use: what `dnf` leads to, else dnf5 or yum. dnf 4 is Python, and runs with the
 * interpreter that its own first line names. dnf 5 keeps its log in the first folder that lets it; /proc never does.
 * Its plugins are left out since they may ask servers; locks and excludes are no plugins there.
 */
const program = `
tool=$(command -v dnf || command -v dnf5 || command -v yum)
real=$(readlink -f "$tool")
kind=\${real##*/}
`;

const dnf4 = `
ask=${quote(ask)}
dnf4() {
  read -r python rest <"$real"
  "\${python#??}" -IB -c "$ask" "$1"
}
`;

const dnf5 = `
dnf5() {
  "$real" -q -C --disable-plugin='*' --setopt=cachedir=/var/cache/libdnf5 --setopt=logdir=/proc --setopt=build_cache=0 "$@"
}
`;

/** Fields as `ask.py` prints them. */
const buildFormat = '%{name}\t%{epoch}\t%{version}\t%{release}\t%{arch}\t%{repoid}\t%{buildtime}\n';

const updatesCommand = `
${program}${dnf4}${dnf5}
${partFunction}
unreadable() {
  for file in /etc/dnf/dnf.conf /etc/yum.repos.d/*.repo /var/cache/libdnf5 /var/cache/libdnf5/*; do
    if [ -e "$file" ] && [ ! -r "$file" ]; then printf '%s\\n' "$file"; fi
  done
}
first_line() { "$@" | head -n 1; }
locks() {
  if [ -r /etc/dnf/versionlock.toml ]; then sed -n 's/^name *= *"\\([^"]*\\)".*/\\1/p' /etc/dnf/versionlock.toml; fi
}
case $kind in
dnf5)
  part version first_line dnf5 --version
  repos=$(dnf5 repo info --json)
  part repos without_credentials "$repos" "$?"
  part upgrades dnf5 repoquery --upgrades --qf ${quote(buildFormat)}
  part newer dnf5 repoquery --upgrades --setopt=disable_excludes='*' --qf ${quote(buildFormat)}
  part obsoletes dnf5 list --obsoletes --json
  part locks locks
  part unreadable unreadable ;;
yum)
  repos=$(yum -q -C -v repolist enabled)
  part yum-repos without_credentials "$repos" "$?"
  part yum-updates yum -q -C check-update ;;
'') echo 'no dnf, dnf5 or yum' >&2; exit 127 ;;
*)
  said=$(dnf4 updates)
  part dnf4 without_credentials "$said" "$?" ;;
esac
`;

/** Status 1 with its list means a reboot; of whatever else nothing is concluded. dnf 5 would want lists of files, too. */
const rebootCommand = `
${program}${dnf4}${dnf5}
case $kind in
dnf5) dnf5 --disable-repo='*' needs-restarting -r ;;
yum) needs-restarting -r ;;
'') exit 127 ;;
*) dnf4 reboot ;;
esac
`;

/** `2026-11-25T17:38:38+0000 SUBDEBUG Upgrade: NEVRA`; what begins a run parts the transactions. */
const logReader = `awk -v from="$from" '
  /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/ {
    time = substr($1, 1, 19)
    if (first == "") first = time
    last = time
    if (time < from) next
    if ($2 == "SUBDEBUG" && $3 ~ /^[A-Z][a-z]*:$/) { print; said = 1 }
    else if (said && $0 ~ /logging initialized/) { print; said = 0 }
  }
  END { printf "#times\\t%s\\t%s\\n", first, last }'`;

/** Transactions of dnf 5 from an instant on, by number; times are seconds since 1970, so the position is in UTC. */
const historyCommand = (from: string) => `
${program}${dnf5}
if [ "$kind" != dnf5 ]; then echo absent; exit; fi
from=${positionWord(from)}
case $from in 0000*) from=1970-01-01T00:00:00 ;; esac
from=$(date -u -d "$from" +%s)
${partFunction}
list=$(dnf5 history list --json) || exit
ids=$(printf '%s\\n' "$list" | awk -v from="$from" '
  /"id":/ { gsub(/[^0-9]/, ""); id = $0 }
  /"start_time":/ { gsub(/[^0-9]/, ""); if ($0 + 0 >= from + 0) print id }')
# shellcheck disable=SC2086
if [ -n "$ids" ]; then part history dnf5 history info --json $ids; else part history echo '[]'; fi
`;

/** `Nov 25 17:38:36 Updated: 1:NEVRA`: yum's log names no year, so that it is always read whole. */
const yumReader = `awk -v from="$from" '/^[A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] [A-Z][a-z]*: / { print }'`;

/** The commands, reading each log on from two days before the position reached. */
export function dnfSections(positions: Positions): SectionSpec[] {
  return [
    packagesSection,
    section('dnf-updates', updatesCommand, {
      subjects: ['updates', 'repositories'],
      timeoutSeconds: 180,
      megabytes: 16,
      root: true,
    }),
    updateinfoSection([
      '/var/cache/dnf/*/repodata/*updateinfo.xml*',
      '/var/cache/libdnf5/*/repodata/*updateinfo.xml*',
      '/var/cache/yum/*/*/*/*updateinfo.xml*',
    ]),
    section('dnf-reboot', rebootCommand, { subjects: [], timeoutSeconds: 60, megabytes: 1, root: true }),
    ownersSection,
    section('dnf-log', logCommand('/var/log/dnf.rpm.log*', readFrom(positions['dnf']), logReader), {
      subjects: ['history'],
      timeoutSeconds: 60,
      megabytes: 24,
      root: true,
    }),
    section('dnf-history', historyCommand(readFrom(positions['dnf5'])), {
      subjects: ['history'],
      timeoutSeconds: 60,
      megabytes: 24,
      root: true,
    }),
    section('yum-log', logCommand('/var/log/yum.log*', readFrom(undefined), yumReader), {
      subjects: ['history'],
      timeoutSeconds: 60,
      megabytes: 8,
      root: true,
    }),
  ];
}
