/** What a Debian-like host is asked. The texts are read-only, as root too; why is said where it matters. */
import { deletedPaths } from '../linux/deleted-paths.ts';
import { logCommand, readFrom } from '../log-files.ts';
import { partFunction, partMark } from '../parts.ts';
import { section } from '../sections.ts';
import type { Positions, SectionSpec } from '../ecosystem.ts';

/**
 * apt as root would rewrite an outdated package cache, so an outdated one is switched off for the
 * call: `$cache` holds the options. A cache file is current when nothing that goes into it changed
 * since (ctime: apt gives lists the server's time as mtime).
 */
export const cacheOptions = `
lists=/var/lib/apt/lists/
state=/var/lib/dpkg/status
pkgcache=''
srcpkgcache=''
eval "$(apt-config shell lists Dir::State::lists/d state Dir::State::status/f pkgcache Dir::Cache::pkgcache/f srcpkgcache Dir::Cache::srcpkgcache/f)"
current() {
  file=$1
  shift
  [ -f "$file" ] && [ -r "$file" ] && [ -z "$(find "$@" -maxdepth 3 -cnewer "$file" ! -name lock 2>/dev/null | head -n 1)" ]
}
cache=''
cache_state=none
if current "$pkgcache" "$lists" /etc/apt /var/lib/dpkg/arch "$state"; then
  cache_state=readable
elif current "$srcpkgcache" "$lists" /etc/apt /var/lib/dpkg/arch; then
  cache='-o Dir::Cache::pkgcache='
else
  cache='-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache='
fi
`;

/**
 * `--print-uris` stops after the lists that `-s` prints too: half the CPU, and no /var/log/apt/eipp.log.
 * It also stops before any question is asked; with `-y` apt fails on a downgrade instead.
 * Only the file names of the addresses are kept: they tell the architecture of new packages.
 * A full upgrade that leaves nothing back, adds nothing and removes nothing is also what the two
 * narrower upgrades do: they are not run then, and the section says so.
 */
const updatesCommand = `
${cacheOptions}
printf 'cache %s\\n' "$cache_state"
${partFunction}
apt_get() {
  # shellcheck disable=SC2086
  apt-get $cache -V --print-uris -o APT::Get::Assume-Yes=false -o Debug::NoLocking=1 -o APT::Output-Version=0 "$@"
}
without_addresses() {
  printf '%s\\n' "$1" | sed "s/^'[^']*' \\\\([^ ]*\\\\) .*/#file \\\\1/"
  return "$2"
}
full=$(apt_get dist-upgrade)
part full-upgrade without_addresses "$full" "$?"
case $full in
*' upgraded, 0 newly installed, 0 to remove and 0 not upgraded.'*)
  printf '%s same upgrade\\n%s same upgrade-with-new\\n' '${partMark}' '${partMark}' ;;
*)
  narrow=$(apt_get upgrade)
  part upgrade without_addresses "$narrow" "$?"
  narrow=$(apt_get --with-new-pkgs upgrade)
  part upgrade-with-new without_addresses "$narrow" "$?" ;;
esac
new_names() {
  printf '%s\\n' "$full" | awk '/^The following NEW packages/ { new = 1; next } /^[^ ]/ { new = 0 } new { print $1 }'
}
installed_names() {
  dpkg-query -W -f '\${db:Status-Status} \${binary:Package}\\n' |
    sed -n -e '/^not-installed /d' -e '/^config-files /d' -e 's/^[a-z-]* //p'
}
# shellcheck disable=SC2086
policy=$({ installed_names; new_names; } | sort -u | xargs apt-cache $cache policy)
part policy without_credentials "$policy" "$?"
`;

/**
 * What apt would fetch (this asks no server and reads no list), what lies in its folder, and the
 * heads of the Release files with the sizes of the package lists that they name.
 */
const repositoriesCommand = `
lists=/var/lib/apt/lists/
eval "$(apt-config shell lists Dir::State::lists/d)"
${partFunction}
wanted=$(apt-get update --print-uris -o Debug::NoLocking=1)
part wanted without_credentials "$wanted" "$?"
files() {
  find -L "$lists" -maxdepth 1 -type f -printf '%f\\t%s\\t%T@\\t%C@\\t' '(' -readable -printf 'readable\\n' -o -printf 'unreadable\\n' ')'
}
part files files
releases() {
  for file in "$lists"*_InRelease "$lists"*_Release; do
    [ -r "$file" ] || continue
    printf 'File: %s\\n' "\${file##*/}"
    awk '
      /^-----BEGIN PGP SIGNATURE/ { exit }
      /^[A-Za-z][A-Za-z0-9-]*:/ { sums = ($1 == "SHA256:"); if (NF > 1) print; next }
      sums && $3 ~ /(^|[/])Packages$/ && $3 !~ /debian-installer/ { print "Index: " $2 " " $3 }' "$file" | head -c 65536
    printf '\\n'
  done
}
part releases releases
stamps() {
  if [ -d "\${lists}partial" ]; then printf 'partial '; stat -c %Y "\${lists}partial"; fi
  stamp=/var/lib/apt/periodic/update-success-stamp
  if [ -e "$stamp" ]; then printf 'success '; stat -c %Y "$stamp"; fi
}
part stamps stamps
`;

const packagesCommand = `
printf '#architecture %s\\n' "$(dpkg --print-architecture)"
dpkg-query -W -f '\${Package}\\t\${Architecture}\\t\${Version}\\t\${source:Package}\\t\${source:Version}\\t\${db:Status-Want}\\t\${db:Status-Status}\\n'
`;

/** Only Ubuntu has the client. It reads what apt's own hooks fetched, and asks no server. */
const ubuntuProCommand = `
if command -v pro >/dev/null 2>&1; then pro security-status --format json; else echo absent; fi
`;

const installTimesCommand = `find /var/lib/dpkg/info -maxdepth 1 -name '*.list' -printf '%f\\t%T@\\n'`;

/**
 * Owners of the deleted files that are still mapped. dpkg knows a file under the name with or without
 * /usr (usrmerge), so both are asked; pattern characters are quoted for dpkg-query. A library whose file carries its
 * full version has gone with that version: its link by a shorter name is what the newer package still has.
 */
const ownersCommand = `
paths=$(${deletedPaths} |
  awk '{ print; while (/\\.so\\.[^\\/]*\\.[^.\\/]*$/) { sub(/\\.[^.\\/]*$/, ""); print } }' | sed 's/[][*?\\\\]/\\\\&/g')
if [ -z "$paths" ]; then exit 0; fi
printf '%s\\n' "$paths" | sed -e p -e 's|^/usr/|/|;t' -e 's|^/|/usr/|' | sort -u | tr '\\n' '\\0' |
  xargs -0 dpkg-query -S 2>/dev/null
[ $? -ne 127 ]
`;

const dpkgReader = `awk -v from="$from" '
  /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] / {
    time = $1 "T" $2
    if (first == "") first = time
    last = time
    if (time < from) next
    if ($3 == "install" || $3 == "upgrade" || $3 == "remove" || $3 == "purge" || $3 == "disappear" || ($3 == "status" && $4 == "installed")) print
  }
  END { printf "#times\\t%s\\t%s\\n", first, last }'`;

const historyReader = `awk -v from="$from" '
  /^Start-Date: / { time = $2 "T" $3; if (first == "") first = time; last = time; wanted = (time >= from); if (wanted) print ""; }
  wanted && /^(Start-Date|Commandline|Install|Reinstall|Upgrade|Downgrade|Remove|Purge|Error|End-Date): / { print }
  END { printf "#times\\t%s\\t%s\\n", first, last }'`;

/** The commands, reading each log on from two days before the position reached. */
export function aptSections(positions: Positions): SectionSpec[] {
  const dpkgLog = logCommand('/var/log/dpkg.log*', readFrom(positions.dpkg), dpkgReader);
  const history = logCommand('/var/log/apt/history.log*', readFrom(positions['apt-history']), historyReader);
  return [
    section('dpkg-packages', packagesCommand, {
      subjects: ['packages', 'kernels'],
      timeoutSeconds: 30,
      megabytes: 8,
    }),
    section('dpkg-install-times', installTimesCommand, {
      subjects: ['packages'],
      timeoutSeconds: 30,
      megabytes: 4,
    }),
    section('apt-updates', updatesCommand, {
      subjects: ['updates'],
      timeoutSeconds: 180,
      megabytes: 16,
      root: true,
    }),
    section('apt-repositories', repositoriesCommand, {
      subjects: ['repositories', 'updates'],
      timeoutSeconds: 60,
      megabytes: 4,
      root: true,
    }),
    section('ubuntu-pro', ubuntuProCommand, { subjects: ['updates'], timeoutSeconds: 60, megabytes: 8 }),
    section('mapping-owners', ownersCommand, {
      subjects: ['mappings'],
      timeoutSeconds: 30,
      megabytes: 1,
      root: true,
    }),
    section('dpkg-log', dpkgLog, { subjects: ['history'], timeoutSeconds: 60, megabytes: 24, root: true }),
    section('apt-history', history, { subjects: ['history'], timeoutSeconds: 60, megabytes: 8, root: true }),
  ];
}
