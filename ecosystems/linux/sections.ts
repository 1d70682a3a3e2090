/** What every Linux host is asked, whatever its package manager. */
import type { SectionSpec } from '../ecosystem.ts';

/** Facts as `key value` lines; the machine id leaves the host only as a hash. */
const hostCommand = `
say() { printf '%s %s\\n' "$1" "$2"; }
say hostname "$(uname -n)"
say kernel-release "$(uname -r)"
say kernel-version "$(uname -v)"
say user "$(id -un 2>/dev/null || id -u)"
say uid "$(id -u)"
if [ -s /etc/machine-id ]; then
  read -r id </etc/machine-id || :
  say machine-id "$(printf 'patchledger:%s' "$id" | sha256sum | cut -d ' ' -f 1)"
  say born "$(stat -c %Y /etc/machine-id)"
fi
if [ -L /etc/localtime ]; then say localtime-link "$(readlink /etc/localtime)"
elif [ -e /etc/localtime ]; then say localtime-file copy
else say localtime-file absent
fi
if [ -r /etc/timezone ]; then read -r zone </etc/timezone || :; say timezone "$zone"; fi
say utc-offset "$(unset TZ; date +%z)"
while read -r key value rest; do
  if [ "$key" = btime ]; then say boot-time "$value"; fi
done </proc/stat
say clock-ticks "$(getconf CLK_TCK 2>/dev/null || echo 100)"
if command -v systemd-detect-virt >/dev/null 2>&1; then
  say virtualization "$(systemd-detect-virt 2>/dev/null)"
elif [ -e /.dockerenv ]; then say virtualization docker
elif [ -e /run/.containerenv ]; then say virtualization podman
fi
`;

const osReleaseCommand = `
for file in /etc/os-release /usr/lib/os-release; do
  if [ -r "$file" ]; then cat "$file"; exit; fi
done
echo 'no os-release file' >&2
exit 1
`;

/** `grep -H` puts the file before every line, so that a name with line ends cannot pose as another process. */
const processesCommand = `grep -H '' /proc/[0-9]*/stat 2>/dev/null
[ $? -le 2 ]`;

/**
 * Processes with another root directory first: they are in a container or a chroot, and their files are not the
 * host's. (A service with a mount namespace of its own has the host's root.) Of the maps, what may not be read says
 * so on standard error, which therefore belongs to the answer.
 */
const mapsCommand = `
own=$(stat -L -c '%d:%i' /)
stat -L -c '#root %d:%i %n' /proc/[0-9]*/root 2>/dev/null | grep -vF "#root $own "
grep -HF ' (deleted)' /proc/[0-9]*/maps 2>&1
[ $? -le 2 ]`;

const softwareCommand = `
list() {
  kind=$1
  shift
  for path; do
    if [ -e "$path" ]; then printf '%s %s\\n' "$kind" "\${path##*/}"; fi
  done
}
list snap /var/lib/snapd/snaps/*.snap
list flatpak /var/lib/flatpak/app/*
list opt /opt/*
list python /usr/local/lib/python3*/dist-packages/*.dist-info /usr/local/lib/python3*/site-packages/*.dist-info
list node /usr/local/lib/node_modules/* /usr/lib/node_modules/*
list ruby /var/lib/gems/*/specifications/*.gemspec /usr/local/lib/ruby/gems/*/specifications/*.gemspec
for tool in docker podman containerd k3s; do
  if command -v "$tool" >/dev/null 2>&1; then printf 'container-tool %s\\n' "$tool"; fi
done
`;

const rebootCommand = `
for folder in /run /var/run; do
  if [ -e "$folder/reboot-required" ]; then
    echo required
    if [ -r "$folder/reboot-required.pkgs" ]; then sort -u "$folder/reboot-required.pkgs"; fi
    exit 0
  fi
done
echo 'not asked for'
`;

/**
 * The newest results of remediation scripts, one JSON object a file; only regular files of root are read. They are
 * claims beside the state: a scan is complete without them.
 */
const resultsCommand = `
cd /var/lib/patchledger/results 2>/dev/null || exit 0
find . -maxdepth 1 -type f -user 0 -name '*.json' -size -128k | sed 's|^\\./||' | grep -x '[0-9a-fTtZz.-]*json' | sort -t - -k 2 | tail -n 20 |
  while read -r file; do
    printf '#file %s\\n' "$file"
    cat "$file"
    printf '\\n'
  done
`;

export const linuxSections: SectionSpec[] = [
  section('host', hostCommand, { subjects: ['identity'], maxBytes: 65_536 }),
  section('os-release', osReleaseCommand, { subjects: ['identity'], maxBytes: 65_536 }),
  section('processes', processesCommand, { subjects: ['processes'], maxBytes: 8_388_608 }),
  section('maps', mapsCommand, {
    subjects: ['mappings'],
    maxBytes: 8_388_608,
    rootReadsMore: true,
  }),
  section('reboot', rebootCommand, { subjects: ['identity'], maxBytes: 262_144 }),
  section('results', resultsCommand, { subjects: [], maxBytes: 4_194_304 }),
  section('software', softwareCommand, { subjects: ['software'], maxBytes: 1_048_576 }),
];

function section(
  name: string,
  command: string,
  options: Pick<SectionSpec, 'subjects' | 'maxBytes'> & { rootReadsMore?: boolean },
): SectionSpec {
  return { name, command: command.trim(), timeoutSeconds: 20, rootReadsMore: false, ...options };
}
