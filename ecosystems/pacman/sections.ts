/** What an Arch-like host is asked. Nothing is refreshed: `pacman -Sy` needs root, and alone it is a partial upgrade. */
import { deletedPaths } from '../linux/deleted-paths.ts';
import { logCommand, readFrom } from '../log-files.ts';
import { partFunction } from '../parts.ts';
import { section } from '../sections.ts';
import type { Positions, SectionSpec } from '../ecosystem.ts';

/** `$db` is the folder of the databases, with a slash at its end. */
const databaseFolder = `
db=$(pacman-conf DBPath 2>/dev/null)
db=\${db:-/var/lib/pacman/}
`;

/**
 * The fields of every `desc` file, which is what pacman itself reads (the format is in alpm's be_local.c): a line
 * `%KEY%`, its values, an empty line. 'find' passes any number of them, each under the name of its folder.
 */
const packagesCommand = `
${databaseFolder}
printf '#architecture %s\\n' "$(pacman-conf Architecture | head -n 1)"
printf '#folders %s\\n' "$(find "\${db}local" -mindepth 1 -maxdepth 1 -type d | wc -l)"
find "\${db}local" -mindepth 2 -maxdepth 2 -name desc -exec awk '
  function flush() {
    if (folder != "") print folder "\\t" value["%NAME%"] "\\t" value["%VERSION%"] "\\t" value["%BASE%"] "\\t" value["%ARCH%"] "\\t" value["%BUILDDATE%"] "\\t" value["%INSTALLDATE%"]
    split("", value)
  }
  FNR == 1 { flush(); count = split(FILENAME, path, "/"); folder = path[count - 1]; key = "" }
  $0 == "" { key = ""; next }
  key != "" { if (!(key in value)) value[key] = $0; next }
  /^%[A-Z0-9]+%$/ { key = $0 }
  END { flush() }' {} +
`;

/** Every kernel package of Arch lays the name of its package beside its modules. */
const kernelsCommand = `
for file in /usr/lib/modules/*/pkgbase; do
  if [ ! -r "$file" ]; then continue; fi
  folder=\${file%/pkgbase}
  read -r base <"$file" || :
  printf '%s\\t%s\\n' "\${folder##*/}" "$base"
done
`;

/**
 * What pacman would do, as it says itself: \`-Qu\` names held packages too, but neither new packages nor replacements;
 * \`-Sup\` prints the transaction that it would begin, without a lock, a download or root. Errors and warnings stand
 * among the lines, as the exit status tells nothing. The offers are read out of the databases: of packages that are
 * here or would be, and of those that name one of them as replaced.
 */
const updatesCommand = `
${databaseFolder}
${partFunction}
tab=$(printf '\\t')
upgrades() { pacman -Qu 2>&1; }
part upgrades upgrades
target="#target$tab%r$tab%n$tab%v"
transaction() { printf '%s\\n' "$1"; return "$2"; }
would=$(pacman -Sup --noconfirm --print-format "$target" 2>&1)
part transaction transaction "$would" "$?"
names() {
  find "\${db}local" -mindepth 2 -maxdepth 2 -name desc -exec awk '
    wanted { print; wanted = 0 }
    FNR < 10 && $0 == "%NAME%" { wanted = 1 }' {} +
  printf '%s\\n' "$would" | awk -F "$tab" '/^#target\\t/ { print $3 }'
}
names=$(names)
offers() {
  pacman-conf --repo-list | while read -r repository; do
    [ -r "\${db}sync/$repository.db" ] || continue
    {
      printf '%s\\n\\n' "$names"
      bsdtar -xOf "\${db}sync/$repository.db" || printf '\\n%%BROKEN%%\\nyes\\n\\n'
    } | awk -v repository="$repository" '
      function flush(  here, count, index_, words) {
        here = (name in known)
        count = split(replaces, words, " ")
        for (index_ = 1; index_ <= count; index_++) { sub(/[<>=].*/, "", words[index_]); if (words[index_] in known) here = 1 }
        if (name != "" && here) print "#offer\\t" repository "\\t" name "\\t" version "\\t" built "\\t" architecture "\\t" replaces
        name = ""; version = ""; built = ""; architecture = ""; replaces = ""
      }
      !listed { if ($0 == "") listed = 1; else known[$0] = 1; next }
      $0 == "" { key = ""; next }
      key == "" && /^%[A-Z0-9]+%$/ { key = $0; if (key == "%FILENAME%") flush(); next }
      key == "%NAME%" { name = $0 }
      key == "%VERSION%" { version = $0 }
      key == "%BUILDDATE%" { built = $0 }
      key == "%ARCH%" { architecture = $0 }
      key == "%REPLACES%" { replaces = replaces (replaces == "" ? "" : " ") $0 }
      key == "%BROKEN%" { print "#broken\\t" repository }
      END { flush() }'
  done
}
part offers offers
`;

/** Of the settings only repositories, their servers and what they are used for: others may hold passwords. */
const repositoriesCommand = `
${databaseFolder}
${partFunction}
settings=$(pacman-conf)
status=$?
settings=$(printf '%s\\n' "$settings" | sed -n -e '/^\\[.*\\]$/p' -e '/^Server = /p')
part settings without_credentials "$settings" "$status"
files() { find -L "\${db}sync" -maxdepth 1 -type f -name '*.db' -printf '%f\\t%s\\t%T@\\t%C@\\t' '(' -readable -printf 'readable\\n' -o -printf 'unreadable\\n' ')'; }
part files files
folder() { stat -c %Y "\${db}sync"; }
part folder folder
`;

const ownersCommand = `
paths=$(${deletedPaths})
if [ -z "$paths" ]; then exit 0; fi
printf '%s\\n' "$paths" | tr '\\n' '\\0' | xargs -0 pacman -Qo 2>/dev/null
[ $? -ne 127 ]
`;

/**
 * Lines of the log: \`[2026-11-25T10:00:00+0000] [ALPM] …\`, before pacman 5.2 \`[2019-01-01 10:00] [ALPM] …\`, before
 * 4.1 without the word. What package scripts print bears another word.
 */
const logReader = `awk -v from="$from" '
  /^\\[[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ][0-9][0-9]:[0-9][0-9]/ {
    time = substr($0, 2, 10) "T" substr($0, 13, 5) (substr($0, 18, 1) == ":" ? substr($0, 18, 3) : ":00")
    if (first == "") first = time
    last = time
    if (time < from) next
    text = $0
    sub(/^[^]]*\\] /, "", text)
    if (text ~ /^\\[PACMAN\\] Running /) print
    sub(/^\\[ALPM\\] /, "", text)
    if (text ~ /^(installed|upgraded|downgraded|reinstalled|removed) / || text ~ /^transaction (completed|failed|interrupted)/) print
  }
  END { printf "#times\\t%s\\t%s\\n", first, last }'`;

const logPrelude = `
log=$(pacman-conf LogFile 2>/dev/null)
log=\${log:-/var/log/pacman.log}`;

/** The commands, reading the log on from two days before the position reached. */
export function pacmanSections(positions: Positions): SectionSpec[] {
  const log = `${logPrelude}${logCommand('"$log" "$log".[0-9]*', readFrom(positions['pacman']), logReader)}`;
  return [
    section('pacman-packages', packagesCommand, {
      subjects: ['packages', 'kernels'],
      timeoutSeconds: 30,
      megabytes: 8,
    }),
    section('pacman-kernels', kernelsCommand, { subjects: ['kernels'], timeoutSeconds: 10, megabytes: 1 }),
    section('pacman-updates', updatesCommand, { subjects: ['updates'], timeoutSeconds: 120, megabytes: 16 }),
    section('pacman-repositories', repositoriesCommand, {
      subjects: ['repositories', 'updates'],
      timeoutSeconds: 30,
      megabytes: 1,
    }),
    section('mapping-owners', ownersCommand, {
      subjects: ['mappings'],
      timeoutSeconds: 30,
      megabytes: 1,
      root: true,
    }),
    section('pacman-log', log, { subjects: ['history'], timeoutSeconds: 60, megabytes: 24, root: true }),
  ];
}
