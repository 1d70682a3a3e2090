/**
 * What an Alpine-like host is asked, with nothing but busybox. Nothing is refreshed: `apk update` needs root.
 */
import { deletedPaths } from '../linux/deleted-paths.ts';
import { logCommand, readFrom } from '../log-files.ts';
import { partFunction } from '../parts.ts';
import { section } from '../sections.ts';
import type { Positions, SectionSpec } from '../ecosystem.ts';

/** `$db` is the database of installed packages: paragraphs of `K:value` lines. */
const database = `
db=/lib/apk/db/installed
if [ ! -e "$db" ]; then db=/usr/lib/apk/db/installed; fi
`;

/** The fields of apk-package(5) that matter here; the paths of the files, which are most of it, stay on the host. */
const packagesCommand = `
${database}
printf '#apk %s\\n' "$(apk --version)"
printf '#architecture %s\\n' "$(apk --print-arch)"
awk '
  function flush() {
    if (seen) print value["P"] "\\t" value["V"] "\\t" value["A"] "\\t" value["o"] "\\t" value["t"] "\\t" value["f"] "\\t" value["s"]
    split("", value)
    seen = 0
  }
  $0 == "" { flush(); next }
  { key = substr($0, 1, 1); seen = 1; if (substr($0, 2, 1) == ":" && key ~ /[PVAotfs]/ && !(key in value)) value[key] = substr($0, 3) }
  END { flush() }' "$db"
`;

/** Every kernel package of Alpine says here which release it brings. */
const kernelsCommand = `
for file in /usr/share/kernel/*/kernel.release; do
  if [ ! -r "$file" ]; then continue; fi
  folder=\${file%/kernel.release}
  read -r release <"$file" || :
  printf '%s\\t%s\\n' "\${folder##*/}" "$release"
done
`;

/**
 * What apk would do with the indexes that the host holds: a simulation opens the database read-only, fetches no index
 * and needs no root. With \`--no-network\` it would find nothing, as packages that are not in its cache are masked.
 *
 * Then, for each line of the repositories file, the index that apk keeps of it (named after the hash of its
 * address, of another kind from apk 3 on), and what it has of packages that are here or would be.
 */
const updatesCommand = `
${database}
${partFunction}
arch=$(apk --print-arch)
would=$(apk upgrade --no-self-upgrade --simulate 2>&1)
part simulation without_credentials "$would" "$?"
part world cat /etc/apk/world
names=$(
  sed -n 's/^P://p' "$db"
  printf '%s\\n' "$would" | sed -n 's/^([ 0-9]*\\/[0-9]*) Installing \\([^ @]*\\).*/\\1/p'
)
cache=/var/cache/apk
if [ -d /etc/apk/cache ]; then cache=/etc/apk/cache; fi
hash=sha256sum
case $(apk --version) in 'apk-tools 2.'*) hash=sha1sum ;; esac
index_of() {
  case $1 in
  /*) printf '%s/%s/APKINDEX.tar.gz\\n' "\${1%/}" "$arch" ;;
  *)
    sum=$(printf '%s/%s/APKINDEX.tar.gz' "\${1%/}" "$arch" | "$hash" | cut -c 1-8)
    printf '%s/APKINDEX.%s.tar.gz\\n' "$cache" "$sum" ;;
  esac
}
lines() {
  for file in /etc/apk/repositories /etc/apk/repositories.d/*.list /lib/apk/repositories.d/*.list; do
    if [ -r "$file" ]; then cat "$file"; fi
  done
}
# The index, tag and address of each line that names a repository.
each_repository() {
  lines | while IFS= read -r line; do
    tag=
    address=$line
    case $line in
    '' | '#'*) continue ;;
    '@'*)
      tag=\${line%%[[:blank:]]*}
      address=\${line#"$tag"}
      address=\${address##*[[:blank:]]} ;;
    esac
    case $address in
    http://* | https://* | ftp://* | file://* | /*) "$1" "$tag" "$address" "$(index_of "$address")" ;;
    *) "$1" '#other' "$line" '' ;;
    esac
  done
}
describe() {
  if [ "$1" = '#other' ]; then kind=other
  elif [ ! -e "$3" ]; then kind=absent
  elif [ ! -r "$3" ]; then kind=unreadable
  else kind=$(stat -c %Y "$3")
  fi
  printf '#repository\\t%s\\t%s\\t%s\\n' "$kind" "$1" "$2"
}
described=$(each_repository describe)
part repositories without_credentials "$described" 0
number=0
offers_of() {
  number=$((number + 1))
  [ -r "$3" ] || return 0
  {
    printf '%s\\n\\n' "$names"
    tar -xzOf "$3" APKINDEX || printf '\\n#broken\\n\\n'
  } | awk -v number="$number" '
    function flush() {
      if (name in known) print "#offer\\t" number "\\t" name "\\t" version "\\t" built "\\t" architecture
      name = ""; version = ""; built = ""; architecture = ""
    }
    !listed { if ($0 == "") listed = 1; else known[$0] = 1; next }
    $0 == "" { flush(); next }
    { key = substr($0, 1, 2) }
    key == "P:" { name = substr($0, 3) }
    key == "V:" { version = substr($0, 3) }
    key == "t:" { built = substr($0, 3) }
    key == "A:" { architecture = substr($0, 3) }
    $0 == "#broken" { print "#broken\\t" number }
    END { flush() }'
}
offers() { each_repository offers_of; }
part offers offers
`;

/** apk itself knows owners by the file's present name alone; the database names every path, below its folder. */
const ownersCommand = `
${database}
paths=$(${deletedPaths})
if [ -z "$paths" ]; then exit 0; fi
{
  printf '%s\\n\\n' "$paths"
  cat "$db"
} | awk '
  !listed {
    if ($0 == "") listed = 1
    else { wanted[$0] = $0; if (sub(/^\\/usr\\//, "/")) wanted[$0] = "/usr" $0; else wanted["/usr" $0] = $0 }
    next
  }
  { key = substr($0, 1, 2); rest = substr($0, 3) }
  key == "P:" { name = rest; folder = "" }
  key == "F:" { folder = (rest == "" ? "" : "/" rest) }
  key == "R:" { path = folder "/" rest; if (path in wanted) print name "\\t" wanted[path] }'
`;

/**
 * apk 3 logs what it does: a line with the command and the time in UTC, then a line for each change, then how it
 * ended. apk 2 keeps no log.
 */
const logReader = `awk -v from="$from" '
  /^Running .* at [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]$/ {
    time = substr($0, length($0) - 18, 10) "T" substr($0, length($0) - 7)
    if (first == "") first = time
    last = time
    wanted = (time >= from)
  }
  wanted && (/^Running / || /^\\([ 0-9]+\\/[0-9]+\\) / || /^OK: / || /^[0-9]+ errors?; / || /^ERROR: /) { print }
  END { printf "#times\\t%s\\t%s\\n", first, last }'`;

/** The commands, reading the log on from two days before the position reached. */
export function apkSections(positions: Positions): SectionSpec[] {
  const log = logCommand('/var/log/apk.log /var/log/apk.log.[0-9]*', readFrom(positions['apk']), logReader);
  return [
    section('apk-packages', packagesCommand, {
      subjects: ['packages', 'kernels', 'history'],
      timeoutSeconds: 30,
      megabytes: 8,
    }),
    section('apk-kernels', kernelsCommand, { subjects: ['kernels'], timeoutSeconds: 10, megabytes: 1 }),
    section('apk-updates', updatesCommand, {
      subjects: ['updates', 'repositories'],
      timeoutSeconds: 120,
      megabytes: 16,
      root: true,
    }),
    section('mapping-owners', ownersCommand, {
      subjects: ['mappings'],
      timeoutSeconds: 30,
      megabytes: 1,
      root: true,
    }),
    section('apk-log', log, { subjects: ['history'], timeoutSeconds: 60, megabytes: 24, root: true }),
  ];
}
