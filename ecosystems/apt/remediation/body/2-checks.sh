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
