/** What a SUSE host is asked. The texts are read-only, as root too; why is said where it matters. */
import { logCommand, readFrom } from '../log-files.ts';
import { partFunction } from '../parts.ts';
import { ownersSection } from '../rpm/mapping-owners.ts';
import { packagesSection } from '../rpm/packages.ts';
import { updateinfoSection } from '../rpm/updateinfo.ts';
import { section } from '../sections.ts';
import type { Positions, SectionSpec } from '../ecosystem.ts';

/**
 * As root zypper would write its log, its lock and whatever cache is older than what it was made of, with
 * `--no-refresh` too: it is asked as nobody. That also gives an answer while another zypper holds the lock. Its
 * shell would write a history into the home folder. TERM keeps readline from writing codes for a terminal.
 */
const zypperFunction = `
zy() {
  set -- env HOME=/nonexistent TERM=dumb ZYPP_LOGFILE=/dev/null zypper --no-refresh --non-interactive --xmlout "$@"
  if [ "$(id -u)" = 0 ]; then set -- setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; fi
  cd / && "$@"
}
`;

/** Folder of the repositories' own metadata, a folder for each alias with '_' for '/' (libzypp, `escaped_alias`). */
export const rawMetadata = '/var/cache/zypp/raw';

/** What an alias may consist of to be named to zypper's shell. */
const askableCharacters = 'A-Za-z0-9_.:+@,() /-';
export const askableAlias = new RegExp(`^[${askableCharacters}]+$`);

/**
 * Of a repository that was never refreshed zypper asks the server, whatever it was told: only those with metadata are
 * named. One process answers all three questions, since loading the repositories costs more than the answers; the
 * locks that concern installed packages need none of them. `list-updates --all` names what locks, priorities,
 * vendors and dependencies keep back, too.
 */
const updatesCommand = `
${zypperFunction.trim()}
${partFunction.trim()}
repositories() {
  zy repos --details | sed -n 's/^<repo alias="\\([${askableCharacters}]*\\)" .* enabled="1".*/\\1/p' |
    while IFS= read -r alias; do
      if [ -d "${rawMetadata}/$(printf '%s' "$alias" | tr / _)" ]; then printf ' --repo "%s"' "$alias"; fi
    done
}
only=$(repositories)
answer() {
  printf '%s\\n' "list-patches --all$only" "list-updates --all$only" "list-updates$only" | zy shell
}
if [ -n "$only" ]; then part answer answer; fi
part locks zy --disable-repositories locks --solvables
`;

/** zypper touches repomd.xml each time it asks the server whether it is still current. */
const repositoriesCommand = `
${zypperFunction.trim()}
${partFunction.trim()}
details=$(zy repos --details)
part details without_credentials "$details" "$?"
metadata() {
  cd ${rawMetadata} 2>/dev/null || return 0
  for folder in *; do
    if [ ! -d "$folder" ]; then continue; fi
    checked=-
    revised=-
    advisories=no
    if [ -r "$folder/repodata/repomd.xml" ]; then
      checked=$(stat -c %Y "$folder/repodata/repomd.xml")
      revised=$(sed -n 's|.*<revision>\\([0-9]*\\)</revision>.*|\\1|p' "$folder/repodata/repomd.xml" | head -n 1)
      if grep -q '<data type="updateinfo"' "$folder/repodata/repomd.xml"; then advisories=yes; fi
    fi
    printf '%s\\t%s\\t%s\\t%s\\n' "$checked" "\${revised:--}" "$advisories" "$folder"
  done
}
part metadata metadata
`;

/** 102 is yes, 0 is no (zypper(8), EXIT CODES). */
const rebootCommand = `
${zypperFunction.trim()}
zy needs-rebooting
`;

const historyReader = `awk -F '|' -v from="$from" '
  /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9][|]/ {
    time = substr($1, 1, 10) "T" substr($1, 12)
    if (first == "") first = time
    last = time
    if (time < from) next
    if ($2 ~ /^(command|install|remove) *$/) print
  }
  END { printf "#times\\t%s\\t%s\\n", first, last }'`;

/** The commands, reading the log on from two days before the position reached. */
export function zypperSections(positions: Positions): SectionSpec[] {
  const history = logCommand('/var/log/zypp/history*', readFrom(positions['zypp']), historyReader);
  return [
    packagesSection,
    section('zypper-updates', updatesCommand, { subjects: ['updates'], timeoutSeconds: 180, megabytes: 16 }),
    section('zypper-repositories', repositoriesCommand, {
      subjects: ['repositories', 'updates', 'advisories'],
      timeoutSeconds: 60,
      megabytes: 4,
    }),
    updateinfoSection([`${rawMetadata}/*/repodata/*updateinfo.xml*`]),
    section('zypper-reboot', rebootCommand, { subjects: [], timeoutSeconds: 30, megabytes: 1 }),
    ownersSection,
    section('zypper-history', history, {
      subjects: ['history'],
      timeoutSeconds: 60,
      megabytes: 16,
      root: true,
    }),
  ];
}
