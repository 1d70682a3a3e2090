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
