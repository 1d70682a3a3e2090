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
