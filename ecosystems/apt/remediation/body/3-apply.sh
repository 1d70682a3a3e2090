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
