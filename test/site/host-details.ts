/** What the hosts of the fleet tell beside packages and updates, and what one of them lies. */
import { clean } from '#data/model/clean.ts';
import type { RowOf, Snapshot } from '#data/model/tables.ts';

/** What a host may print to hurt whoever shows it. As the collector keeps it: cleaned. */
export const hostile = {
  html: `<script>alert('x')</script><img src=x onerror="alert(1)">`,
  attribute: `" onmouseover="alert(1)" x="`,
  formula: '=cmd|" /C calc"!A0',
  plus: '+1+1',
  at: '@SUM(1)',
  minus: '-2+3',
  escape: clean('\u001b]0;owned\u0007\u202egpj.exe'),
  link: 'href="/etc/passwd" src="/x"',
  long: clean('A'.repeat(100_000), 256),
};

export const days = (at: string, count: number): string =>
  new Date(Date.parse(at) + count * 86_400_000).toISOString();

/** What a real scan tells beside packages and updates. */
export function describe(
  name: string,
  told: { lists: number; root?: boolean; reboot?: boolean; clock?: number },
): (snapshot: Snapshot, at: string) => void {
  return (snapshot, at) => {
    const [scan] = snapshot.scans;
    if (scan === undefined) return;
    const host_id = scan.host_id;
    const partial = snapshot.readings.some(({ status }) => status !== 'complete');
    Object.assign(scan, {
      status: partial ? 'partial' : 'ok',
      reason: partial ? 'updates were read in part only' : null,
      next_step: partial ? 'allow the account to read the package cache' : null,
      hostname: name,
      os_id: 'debian',
      os_version: '12',
      release: 'bookworm',
      os_name: 'Debian GNU/Linux 12 (bookworm)',
      architecture: 'amd64',
      virtualization: 'kvm',
      kernel_release: '6.1.0-37-amd64',
      kernel_version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1',
      booted_at: days(at, -31),
      time_zone: 'Europe/Zurich',
      utc_offset_seconds: 3600,
      clock_offset_ms: told.clock ?? -120,
      clock_uncertainty_ms: 35,
      scan_user: told.root ? 'root' : 'audit',
      is_root: told.root ?? false,
      processes_total: 41,
      processes_read: told.root ? 41 : 9,
      reboot_required: told.reboot ?? false,
      reboot_packages: told.reboot ? ['linux-image-6.1.0-40-amd64'] : [],
      package_cache: 'readable',
      lists_checked_at: days(at, told.lists),
    });
    snapshot.repositories = repositories(host_id, days(at, told.lists));
    snapshot.kernels = kernels(host_id);
    snapshot.processes = processes(host_id, at, told.root ?? false);
    snapshot.mappings = [
      {
        host_id,
        pid: 812,
        process: 'nginx',
        path: '/usr/lib/x86_64-linux-gnu/libssl.so.3',
        package: 'libssl3',
      },
      {
        host_id,
        pid: 812,
        process: 'nginx',
        path: '/usr/lib/x86_64-linux-gnu/libcrypto.so.3',
        package: 'libssl3',
      },
    ];
    snapshot.software = [
      { host_id, kind: 'opt', name: '/opt/agent', version: null },
      { host_id, kind: 'snap', name: 'lxd', version: '5.21' },
    ];
    snapshot.sections = sections(host_id);
  };
}

export function explain(reason: string, nextStep: string): (snapshot: Snapshot) => void {
  return (snapshot) => {
    for (const scan of snapshot.scans) Object.assign(scan, { reason, next_step: nextStep });
  };
}

function repositories(host_id: string, fetched_at: string): RowOf<'repositories'>[] {
  const common = {
    host_id,
    component: 'main',
    architecture: 'amd64',
    present: true,
    origin: 'Debian',
    priority: 500,
    released_at: fetched_at,
    valid_until: null,
    fetched_at,
  };
  return [
    {
      ...common,
      uri: 'https://deb.example.org/debian',
      suite: 'bookworm',
      label: 'Debian',
      archive: 'stable',
      codename: 'bookworm',
      security: false,
    },
    {
      ...common,
      uri: 'https://deb.example.org/debian-security',
      suite: 'bookworm-security',
      label: 'Debian-Security',
      archive: 'stable-security',
      codename: 'bookworm-security',
      security: true,
    },
  ];
}

function kernels(host_id: string): RowOf<'kernels'>[] {
  return ['6.1.0-37-amd64', '6.1.0-40-amd64'].map((release) => ({
    host_id,
    package: `linux-image-${release}`,
    architecture: 'amd64',
    version: release === '6.1.0-37-amd64' ? '6.1.140-1' : '6.1.153-1',
    release,
    flavour: 'amd64',
    running: release === '6.1.0-37-amd64',
    same_flavour: true,
  }));
}

function processes(host_id: string, at: string, root: boolean): RowOf<'processes'>[] {
  const names = ['systemd', 'sshd', 'nginx', 'nginx', 'nginx', 'cron', 'dbus-daemon', 'postgres', 'postgres'];
  return names.map((name, index) => ({
    host_id,
    pid: 800 + index * 6,
    name,
    started_at: days(at, -30),
    maps_read: root || name === 'nginx',
  }));
}

function sections(host_id: string): RowOf<'sections'>[] {
  const commands: [string, string, number, number][] = [
    ['os-release', 'cat /etc/os-release', 0, 3],
    ['packages', "dpkg-query -W -f '${Package}\\t${Version}\\n'", 0, 41],
    ['upgrade', 'apt-get -s --print-uris -V upgrade', 0, 812],
    ['needs-root', 'cat /var/log/apt/term.log', 1, 2],
  ];
  return commands.map(([section, command, exit_status, duration_ms]) => ({
    host_id,
    section,
    command,
    exit_status,
    duration_ms,
    bytes: 2048,
    truncated: false,
    as_root: false,
    sha256: 'ab'.repeat(32),
    stderr: exit_status === 0 ? null : 'cat: /var/log/apt/term.log: Permission denied',
  }));
}
