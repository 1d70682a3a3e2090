#!/bin/sh
# Patchledger remediation script for demo-host.
#
# Without options it shows what it would do and changes nothing; --apply does it; --help tells the rest.
#
# Plan      aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
# As of     2026-11-01T03:00:00.000Z, record bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
# Good for  debian 12, until 2099-01-01T00:00:00.000Z
# Changes   4 packages for 2 fixes

plan_id='aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
host_id='demo-host'
machine_id='cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc'
os_id='debian'
os_version='12'
as_of='2026-11-01T03:00:00.000Z'
expires_at='2099-01-01T00:00:00.000Z'
expires_epoch='4070908800'
download_kb='2'
installed_kb='3'
changes='libc6 amd64 2.36-9+deb12u3 2.36-9+deb12u13 yes
libc6 i386 2.36-9+deb12u3 2.36-9+deb12u13 yes
linux-image-6.1.0-40-amd64 all - 6.1.153-1 no
tzdata all 2025b-0+deb12u1 2025b-0+deb12u2 yes'
newer=''
fixes='bookworm/glibc/2.36-9+deb12u13 (DSA-6001-1, CVE-2026-1, CVE-2026-2, CVE-2026-3 and 2 more) by tonight
bookworm/tzdata/2025b-0+deb12u2 by all'
approvals='tonight by Siobhán O'\''Neill, head of operations on 2026-11-01, CHG-4711, ring production
all by CISO on 2026-01-01'
left_alone='demo-held all 1.0, held'

# What follows is the same in every script; all that is particular to this plan stands above.

results=/var/lib/patchledger/results
logs=/var/log/patchledger
applying=no
restarting=no
result=''
log=''
interrupted=no

usage() {
  cat <<'TEXT'
Example: sh ./HOST.sh                 show what would be done; nothing is changed
         sudo sh ./HOST.sh --apply    do it

  --apply              install exactly the planned versions
  --restart-services   with --apply: restart services that still use replaced files
  --help               this

Exit codes: 0 nothing to do, or done; 2 changes are pending (dry run); 3 done, a reboot is needed;
10 refused before anything was changed; 20 apt failed, partly applied or not at all;
30 apt said that it worked, the installed versions say that it did not.
It never reboots, removes, downgrades, or touches packages on hold.
TEXT
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

say() { printf '%s\n' "$*"; }

step() {
  say "$1"
  if [ -n "$log" ]; then printf '%s %s\n' "$(now)" "$1" >>"$log"; fi
}

# refuse REASON SENTENCE NEXT-STEP: nothing was changed.
refuse() {
  printf 'refused: %s\nnext: %s\n' "$2" "$3" >&2
  if [ -n "$log" ]; then printf '%s refused: %s\n' "$(now)" "$2" >>"$log"; fi
  if [ "$applying" = yes ]; then write_result refused "$1" 10; fi
  exit 10
}

# The package database in one reading: name, architecture, wanted, state, version.
read_state() {
  # shellcheck disable=SC2016 # dpkg-query's own variables
  dpkg-query -W -f '${Package} ${Architecture} ${db:Status-Want} ${db:Status-Status} ${Version}\n'
}

# version_in STATE NAME ARCHITECTURE: the installed version, or nothing.
version_in() {
  printf '%s\n' "$1" | awk -v name="$2" -v arch="$3" '$1 == name && $2 == arch && $4 == "installed" { print $5; exit }'
}

# The package as apt takes it: with its architecture only where that is foreign.
apt_name() {
  case $2 in
  all | "$native") printf '%s' "$1" ;;
  *) printf '%s:%s' "$1" "$2" ;;
  esac
}

json_version() {
  case $1 in
  '' | *[!A-Za-z0-9.+~:-]*) printf 'null' ;;
  *) printf '"%s"' "$1" ;;
  esac
}

json_packages() {
  separator=''
  while read -r name arch old new wanted; do
    before=$(version_in "$state_before" "$name" "$arch")
    after=$(version_in "$state" "$name" "$arch")
    became=other
    if [ "$after" = "$before" ]; then became=unchanged; fi
    if is_there "$after" "$new"; then became='done'; fi
    printf '%s\n  {"package":"%s","architecture":"%s","before":%s,"after":%s,"planned":"%s","state":"%s"}' \
      "$separator" "$name" "$arch" "$(json_version "$before")" "$(json_version "$after")" "$new" "$became"
    separator=,
  done <<TEXT
$changes
TEXT
  : "$old" "$wanted"
}

# write_result STATE REASON EXIT: whole or not at all.
write_result() {
  ended=null
  if [ "$1" != running ]; then ended="\"$(now)\""; fi
  reboot=false
  if needs_reboot; then reboot=true; fi
  if ! mkdir -p "$results" 2>/dev/null; then
    say "the result could not be written to $results" >&2
    return 1
  fi
  if [ -z "$result" ]; then result=$results/$short-$(date -u +%Y%m%dt%H%M%Sz)-$$.json; fi
  if printf '{"format":1,"plan":"%s","host":"%s","machine":"%s","state":"%s","reason":"%s","exit":%s,"started":"%s","ended":%s,"reboot_needed":%s,"packages":[%s\n]}\n' \
    "$plan_id" "$host_id" "$machine_id" "$1" "$2" "$3" "$started" "$ended" "$reboot" "$(json_packages)" >"$result.new" 2>/dev/null &&
    mv "$result.new" "$result"; then
    return 0
  fi
  rm -f "$result.new"
  say "the result could not be written to $results" >&2
  return 1
}

# is_there INSTALLED PLANNED: at or above the planned version.
is_there() { [ -n "$1" ] && dpkg --compare-versions "$1" ge "$2"; }

needs_reboot() {
  if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then return 0; fi
  running=$(uname -r)
  while read -r name arch old new wanted; do
    case $name in
    linux-image-[0-9]*)
      if [ "$name" != "linux-image-$running" ] && [ -n "$(version_in "$state" "$name" "$arch")" ]; then return 0; fi ;;
    esac
  done <<TEXT
$changes
TEXT
  : "$old" "$new" "$wanted"
  return 1
}

# Ends well: 3 when a reboot is needed.
finish() {
  code=0
  if needs_reboot; then code=3; fi
  if [ "$applying" = yes ]; then write_result finished "$1" "$code"; fi
  if [ "$code" = 3 ]; then say 'a reboot is needed; it is left to you'; fi
  exit "$code"
}

# Before anything is changed: is this the host, is it as the plan knows it, would apt do exactly the plan?

check_host() {
  found=''
  if [ -s /etc/machine-id ]; then
    read -r id </etc/machine-id || :
    found=$(printf 'patchledger:%s' "$id" | sha256sum | cut -d ' ' -f 1)
  fi
  if [ "$found" != "$machine_id" ]; then
    applying=no
    refuse wrong-host "this machine is not the one that the script was made for ($host_id)" "run it on $host_id"
  fi
  if [ "$applying" = yes ] && [ "$(id -u)" != 0 ]; then
    applying=no
    refuse not-root 'only root can install packages' 'run it with sudo; without --apply it needs no root'
  fi
  # shellcheck disable=SC1091 # the file of the host itself
  id=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-}" "${VERSION_ID:-}")
  if [ "$id" != "$os_id $os_version" ]; then
    refuse wrong-release "this host runs '$id', the plan is for '$os_id $os_version'" 'scan the host and plan again'
  fi
  if [ "$(date -u +%s)" -ge "$expires_epoch" ]; then
    refuse expired "the plan was good until $expires_at" 'scan the host and plan again'
  fi
}

check_dpkg() {
  for lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock; do
    inode=$(stat -c %i "$lock" 2>/dev/null) || continue
    if awk -v inode="$inode" '{ split($6, place, ":"); if (place[3] == inode) found = 1 } END { exit !found }' /proc/locks; then
      refuse locked 'another package manager is at work' 'wait for it to end, then run this again'
    fi
  done
  if [ -n "$(dpkg --audit 2>&1)" ] || [ -n "$(find /var/lib/dpkg/updates -type f -name '[0-9]*' 2>/dev/null)" ]; then
    refuse dpkg-interrupted 'an earlier installation was not finished' 'dpkg --configure -a, then run this again'
  fi
}

# need FOLDER KILOBYTES WHAT-FOR
need() {
  free=$(df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print $4 }')
  if [ -n "$free" ] && [ "$free" -lt "$2" ]; then
    refuse no-space "$1 has $free kB free, $3 needs $2 kB" 'make room, then run this again'
  fi
}

check_space() {
  archives=/var/cache/apt/archives/
  eval "$(apt-config shell archives Dir::Cache::archives/d)"
  need "$archives" "$((download_kb + 8192))" 'what is fetched'
  need /usr "$((installed_kb + 16384))" 'what is installed'
  need /var/lib/dpkg 16384 'the package database'
  case $changes in
  *linux-image-[0-9]*) need /boot 153600 'a kernel' ;;
  esac
}

# Sorts the plan into what is there and what is pending; refuses what is neither.
check_changes() {
  pending=''
  while read -r name arch old new wanted; do
    installed=$(version_in "$state" "$name" "$arch")
    if is_there "$installed" "$new"; then continue; fi
    if [ "$old" = - ]; then old=''; fi
    if [ "$installed" != "$old" ]; then
      refuse changed "$name is at ${installed:-no version}, the plan knows it at ${old:-no version}" 'scan the host and plan again'
    fi
    if printf '%s\n' "$state" | awk -v name="$name" -v arch="$arch" '$1 == name && $2 == arch && $3 == "hold" { found = 1 } END { exit !found }'; then
      refuse held "$name is on hold now" "leave it, or apt-mark unhold $name; then scan the host and plan again"
    fi
    pending="$pending $(apt_name "$name" "$arch")=$new"
  done <<TEXT
$changes
TEXT
  : "$wanted"
}

# Simulating with -s would write a log, and a stale cache would be written anew.
simulate() {
  # shellcheck disable=SC2086 # words without blanks or patterns
  apt-get -V --print-uris -o APT::Get::Assume-Yes=false -o Debug::NoLocking=1 -o APT::Output-Version=0 \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= --no-remove --no-install-recommends install $pending 2>&1
}

policy() { apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= policy "$@" 2>/dev/null; }

# newer_build NAME PLANNED ORIGIN: the candidate, where it is above what was planned and its repository names that origin.
newer_build() {
  build=$(policy "$1" | sed -n 's/^  Candidate: //p')
  case $build in '' | *[!A-Za-z0-9.+~:-]*) return 1 ;; esac
  dpkg --compare-versions "$build" gt "$2" || return 1
  { policy "$1"; printf '#all\n'; policy; } | awk -v version="$build" -v origin="$3" '
    /^#all$/ { all = 1; next }
    !all && $1 == "***" { mine = ($2 == version); next }
    !all && /^     [^ ]/ { mine = ($1 == version); next }
    { line = $0; sub(/^ *-?[0-9]+ /, "", line) }
    !all && mine { places[line] = 1; next }
    all && /^ *-?[0-9]+ / { here = (line in places); next }
    all && here && /^ +release / {
      sub(/^ +release /, ""); count = split($0, fields, ",")
      for (number = 1; number <= count; number++) if (fields[number] == "o=" origin) found = 1
    }
    END { exit !found }' || return 1
  printf '%s' "$build"
}

# Where the approval allows it, a newer build from the same origin stands in for one that is not on offer any more.
take_newer() {
  words=''
  for word in $pending; do
    name=${word%%=*}
    planned=${word#*=}
    if ! policy "$name" | awk -v version="$planned" '$1 == version || $2 == version { found = 1 } END { exit !found }'; then
      origin=$(printf '%s\n' "$newer" | awk -v name="$name" '$1 == name || $1 ":" $2 == name { sub(/^[^ ]+ [^ ]+ /, ""); print; exit }')
      if [ -z "$origin" ]; then return 1; fi
      build=$(newer_build "$name" "$planned" "$origin") || return 1
      say "newer build from $origin: $name $build instead of $planned"
      word=$name=$build
      stand_ins="$stand_ins $word "
    fi
    words="$words $word"
  done
  pending=$words
}

# What apt would do for the pending packages must be in the plan, all of it.
check_simulation() {
  stand_ins=''
  if ! said=$(simulate); then
    case $said in
    *'was not found'* | *'Unable to locate package'*)
      if ! take_newer || ! said=$(simulate); then
        refuse superseded 'the host is not offered a planned version any more' 'scan the host and plan again'
      fi ;;
    *)
      printf '%s\n' "$said" | grep '^E: ' | head -n 5 >&2
      refuse beyond-plan 'apt cannot do exactly what was planned' 'scan the host and plan again' ;;
    esac
  fi
  simulated=$(printf '%s\n' "$said" | awk '
    /^The following packages will be upgraded:$/ { list = "upgrade"; next }
    /^The following NEW packages will be installed:$/ { list = "install"; next }
    /^The following packages will be REMOVED:$/ { list = "remove"; next }
    /^The following packages will be DOWNGRADED:$/ { list = "downgrade"; next }
    /^   / && list != "" { version = $NF; gsub(/[()]/, "", version); print list, $1, version; next }
    { list = "" }')
  while read -r list name version; do
    if [ -z "$list" ]; then continue; fi
    if [ "$list" != remove ] && [ "$list" != downgrade ] && is_planned "$name" "$version"; then continue; fi
    refuse beyond-plan "apt would also $list $name $version" 'scan the host and plan again'
  done <<TEXT
$simulated
TEXT
}

is_planned() {
  case $stand_ins in *" $1=$2 "*) return 0 ;; esac
  printf '%s\n' "$changes" | awk -v name="$1" -v version="$2" \
    '{ if (($1 == name || $1 ":" $2 == name) && $4 == version) found = 1 } END { exit !found }'
}

show_plan() {
  say "plan $short for $host_id, made as of $as_of, good until $expires_at"
  printf '%s\n' "$fixes" | sed 's/^/  fix       /'
  printf '%s\n' "$approvals" | sed 's/^/  approved  /'
  while read -r name arch old new wanted; do
    installed=$(version_in "$state" "$name" "$arch")
    if is_there "$installed" "$new"; then
      say "  there     $name $installed"
    elif [ "$wanted" = yes ]; then
      say "  upgrade   $name $old -> $new"
    else
      say "  along     $name $old -> $new"
    fi
  done <<TEXT
$changes
TEXT
  if [ -n "$left_alone" ]; then printf '%s\n' "$left_alone" | sed 's/^/  left      /'; fi
}

# What changes the host, and what is there afterwards.

# shellcheck disable=SC2086 # words without blanks or patterns
install_pending() {
  env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none \
    apt-get -y --no-remove --no-install-recommends -o DPkg::Lock::Timeout=60 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" install $pending \
    </dev/null >>"$log" 2>&1
}

show_end_of_log() { tail -n 15 "$log" | sed 's/^/  | /' >&2; }

open_log() {
  if ! mkdir -p "$logs" 2>/dev/null || ! touch "$logs/$short-$stamp.log" 2>/dev/null; then
    refuse no-log "$logs cannot be written" 'see why (full disk, read-only), then run this again'
  fi
  log=$logs/$short-$stamp.log
  write_result running running null ||
    refuse no-result "$results cannot be written" 'see why (full disk, read-only), then run this again'
}

fetch() {
  step 'fetching the planned packages'
  if install_pending -d; then return; fi
  show_end_of_log
  case $(cat "$log") in
  *'Could not get lock'*) refuse locked 'another package manager is at work' 'wait for it to end, then run this again' ;;
  *'404 '* | *'was not found'* | *'File not found'*)
    refuse superseded 'the repository does not have a planned package any more' 'apt-get update, scan the host and plan again' ;;
  *) refuse download-failed 'a planned package could not be fetched' 'see the log, then run this again' ;;
  esac
}

# apt takes a package that it is told by name for one that somebody wants: what came along stays so.
keep_marks() {
  marks=$1
  while read -r name arch old new wanted; do
    if [ "$old" = - ] && [ "$wanted" = no ]; then marks="$marks $(apt_name "$name" "$arch")"; fi
  done <<TEXT
$changes
TEXT
  : "$new"
  # shellcheck disable=SC2086 # words without blanks or patterns
  if [ -n "$marks" ]; then apt-mark auto $marks >>"$log" 2>&1; fi
}

apply() {
  stamp=$(date -u +%Y%m%dt%H%M%Sz)
  open_log
  trap 'interrupted=yes' INT TERM HUP
  kept_before=$(find /etc -xdev -name '*.dpkg-dist' 2>/dev/null)
  # shellcheck disable=SC2046 # names without blanks or patterns
  auto=$(apt-mark showauto $(printf '%s' "$pending" | tr ' ' '\n' | sed 's/=.*//') 2>/dev/null | tr '\n' ' ')
  fetch
  if [ "$interrupted" = yes ]; then refuse interrupted 'it was interrupted while fetching' 'run it again'; fi
  step "installing; configuration files are kept; log: $log"
  # What was fetched lies in the cache; from a repository on disk apt takes packages in place.
  install_pending
  status=$?
  keep_marks "$auto"
  state=$(read_state)
  verify "$status"
}

# verify STATUS-OF-APT: what counts is what is installed now.
verify() {
  missing=0
  while read -r name arch old new wanted; do
    before=$(version_in "$state_before" "$name" "$arch")
    after=$(version_in "$state" "$name" "$arch")
    if is_there "$after" "$new"; then
      say "  done      $name ${before:-new} -> $after"
    else
      missing=$((missing + 1))
      say "  missing   $name ${after:-not installed}, planned $new"
    fi
  done <<TEXT
$changes
TEXT
  : "$old" "$wanted"
  show_rest
  if [ "$interrupted" = yes ] && [ "$missing" -gt 0 ]; then end_badly interrupted interrupted 20; fi
  if [ "$1" != 0 ]; then end_badly finished apt-failed 20; fi
  if [ "$missing" -gt 0 ]; then end_badly finished verify-failed 30; fi
  step 'done: every planned version is installed'
  if [ "$restarting" = yes ]; then restart_services; fi
  finish 'done'
}

# end_badly STATE REASON EXIT
end_badly() {
  show_end_of_log
  step "not done: $2; dpkg --configure -a may be needed before another run"
  write_result "$1" "$2" "$3"
  exit "$3"
}

# Processes that still use replaced files, as pid and name.
old_users() {
  grep -l -E '[[:space:]]/(usr|lib|lib64|bin|sbin|opt)[^ ]* \(deleted\)$' /proc/[0-9]*/maps 2>/dev/null | head -n 200 |
    while IFS=/ read -r _ _ pid _; do printf '%s %s\n' "$pid" "$(tr -cd 'A-Za-z0-9._-' <"/proc/$pid/comm" 2>/dev/null)"; done
}

show_rest() {
  kept=$(find /etc -xdev -name '*.dpkg-dist' 2>/dev/null)
  if [ "$kept" != "$kept_before" ]; then
    say 'configuration files were kept; the new ones lie beside them as *.dpkg-dist:'
    printf '%s\n' "$kept" | grep '^/etc/[A-Za-z0-9/._+@-]*$' | head -n 20 | sed 's/^/  /'
  fi
  users=$(set +f; old_users)
  if [ -n "$users" ]; then
    say 'these processes still use replaced files; the fix is not effective before they restart:'
    printf '%s\n' "$users" | head -n 20 | sed 's/^/  /'
  fi
  words=''
  while read -r name arch old new wanted; do
    if [ "$old" != - ]; then words="$words $(apt_name "$name" "$arch")=$old"; fi
  done <<TEXT
$changes
TEXT
  : "$new" "$wanted"
  say "to go back, while the repositories still have the old versions: apt-get install --allow-downgrades$words"
  say 'that does not undo what packages changed in data or configuration, and leaves new packages in place'
}

restart_services() {
  if [ ! -d /run/systemd/system ]; then
    say 'services cannot be restarted: systemd does not run here'
    return
  fi
  units=$(set +f; old_users | while read -r pid _; do
    sed -n 's|^.*/\([A-Za-z0-9@._-]*\.service\)$|\1|p' "/proc/$pid/cgroup" 2>/dev/null
  done | sort -u | grep -v -e '^user@' -e '^dbus\.' -e '^systemd-logind\.')
  for unit in $units; do
    step "restarting $unit"
    systemctl try-restart -- "$unit" >>"$log" 2>&1 || say "  $unit could not be restarted"
  done
}

main() {
  for word; do
    case $word in
    --apply) applying=yes ;;
    --restart-services) restarting=yes ;;
    --help) usage; exit 0 ;;
    *)
      applying=no
      refuse usage "there is no option '$word'" 'run it with --help' ;;
    esac
  done
  set -uf
  unset APT_CONFIG POSIXLY_CORRECT ENV BASH_ENV CDPATH GREP_OPTIONS LANGUAGE DPKG_ROOT DPKG_ADMINDIR TAR_OPTIONS
  PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
  LC_ALL=C
  IFS=' 	
'
  export PATH LC_ALL
  umask 022
  short=$(printf '%.16s' "$plan_id")
  started=$(now)
  native=$(dpkg --print-architecture)
  state=$(read_state)
  state_before=$state
  check_host
  check_dpkg
  check_changes
  if [ -z "$pending" ]; then
    show_plan
    say 'nothing to do: every planned version is installed'
    finish nothing-to-do
  fi
  check_space
  check_simulation
  show_plan
  if [ "$applying" = no ]; then
    say 'nothing was changed; run it with --apply to do this'
    exit 2
  fi
  apply
}

main "$@"
