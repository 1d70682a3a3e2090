/** Small packages, repositories and patches of a made-up SUSE host, each with something that SUSE hosts do. */
import type { Source } from '#test/ecosystems/rpm/build.ts';

export interface Advisory {
  id: string;
  kind: 'security' | 'recommended' | 'optional' | 'feature';
  severity: string;
  title: string;
  /** Seconds since 1970. */
  issued: number;
  cves?: string[];
  status?: 'stable' | 'retracted';
  /** Whether its packages ask for a reboot, or for another zypper. */
  asks?: 'reboot_suggested' | 'restart_suggested';
  /** As `name epoch version release arch`. */
  packages: string[];
}

export interface RepositoryPlan {
  alias: string;
  options: string[];
  sources: Source[];
  advisories: Advisory[];
}

const vendor = 'SUSE LLC <https://www.suse.com/>';
const note = (name: string, text: string) => ({ [`/usr/share/fleet/${name}`]: `${text}\n` });

function source(name: string, version: string, release: string, more: Partial<Source> = {}): Source {
  const files = more.nameless === true ? {} : { files: note(name, `${version}-${release}`) };
  return { name, version, release, vendor, architecture: 'x86_64', ...files, ...more };
}

function binary(name: string, text: string): { name: string; files: { [path: string]: string } } {
  return { name, files: note(name, text) };
}

/** The path of the library that a process goes on using. */
export const libraryPath = '/usr/lib64/libfleet.so.1';

function kernel(release: string): Source {
  const runs = `6.4.0-${release.replace(/\.\d+$/, '')}-default`;
  const lines = ['Provides: multiversion(kernel)'];
  // A rebuild lies in the same folder as the build before: only one of them can be there.
  return source('kernel-default', '6.4.0', release, {
    lines,
    files: { [`/usr/lib/modules/${runs}/vmlinuz`]: release },
  });
}

/** @param library bytes of a real library */
export function repositories(library: Buffer): RepositoryPlan[] {
  const ssl = (release: string) =>
    source('openssl-3', '3.1.4', release, {
      binaries: [{ name: 'libopenssl3', files: { ...note('libopenssl3', release) } }],
    });
  const fleetLibrary = (release: string) =>
    source('libfleet', '1.2', release, {
      nameless: true,
      binaries: [
        { name: 'libfleet1', files: { [libraryPath]: Buffer.concat([library, Buffer.from(release)]) } },
      ],
    });
  const vim = (version: string, release: string) =>
    source('vim', version, release, { binaries: [binary('vim-data', release)] });
  const curl = (release: string) =>
    source('curl', '8.6.0', release, { binaries: [binary('libcurl4', release)] });
  return [
    {
      alias: 'repo-oss',
      options: ['--no-refresh'],
      sources: [
        ssl('150600.5.7.1'),
        fleetLibrary('150600.1.1'),
        vim('9.1.0', '150500.20.3.1'),
        curl('150600.2.1'),
        source('python-requests', '2.31.0', '150600.1.1', {
          nameless: true,
          architecture: 'noarch',
          binaries: [binary('python311-requests', '2.31.0')],
        }),
        kernel('150600.21.1'),
        kernel('150600.22.3.1'),
        source('libzypp', '17.31.0', '150600.1.1'),
        source('bind', '9.18.24', '150600.1.1', { epoch: 2 }),
        source('tool', '1.0~rc1', '1.1'),
        source('sudo', '1.9.15', '150600.1.1'),
        source('nano', '7.2', '150600.1.1'),
        source('gone', '1', '1.1'),
      ],
      advisories: [],
    },
    {
      alias: 'SLE:update/15.6',
      options: ['--refresh'],
      sources: [
        ssl('150600.5.15.1'),
        ssl('150600.5.18.1'),
        fleetLibrary('150600.3.3.1'),
        vim('9.1.0330', '150500.20.12.1'),
        curl('150600.4.9.1'),
        source('python-requests', '2.32.3', '150600.3.1', {
          nameless: true,
          architecture: 'noarch',
          binaries: [binary('python311-requests', '2.32.3')],
        }),
        kernel('150600.23.25.1'),
        source('libzypp', '17.34.1', '150600.3.19.1'),
        source('bind', '9.18.28', '150600.3.3.1', { epoch: 2 }),
        source('tool', '1.0', '2.1'),
        source('sudo', '1.9.15', '150600.3.6.1'),
      ],
      advisories,
    },
    {
      // Of a lower priority, and of another vendor.
      alias: 'third',
      options: ['--refresh', '--priority', '150'],
      sources: [
        source('nano', '8.0', '1.1', { vendor: 'obs://build.example.org/home' }),
        source('curl', '9.0', '1.1', { vendor: 'obs://build.example.org/home' }),
      ],
      advisories: [],
    },
    {
      // Once refreshed, then switched off: what it left behind does not count.
      alias: 'repo-debug',
      options: ['--refresh'],
      sources: [source('tool', '3.0', '1.1')],
      advisories: [
        {
          id: 'openSUSE-debug-2026-1',
          kind: 'security',
          severity: 'critical',
          title: 'Security update for tool',
          issued: 1_790_000_000,
          cves: ['CVE-2026-9999'],
          packages: ['tool 0 3.0 1.1 x86_64'],
        },
      ],
    },
  ];
}

const advisories: Advisory[] = [
  {
    id: 'openSUSE-SLE-15.6-2026-1100',
    kind: 'security',
    severity: 'important',
    title: 'Security update for sudo',
    issued: 1_785_000_000,
    cves: ['CVE-2026-1100'],
    packages: ['sudo 0 1.9.15 150600.3.6.1 x86_64'],
  },
  {
    id: 'openSUSE-SLE-15.6-2026-1234',
    kind: 'security',
    severity: 'important',
    title: 'Security update for openssl-3 & "friends"',
    issued: 1_789_000_000,
    cves: ['CVE-2026-1002', 'CVE-2026-1001'],
    packages: ['libopenssl3 0 3.1.4 150600.5.15.1 x86_64', 'openssl-3 0 3.1.4 150600.5.15.1 x86_64'],
  },
  {
    id: 'openSUSE-SLE-15.6-2026-1300',
    kind: 'recommended',
    severity: 'moderate',
    title: 'Recommended update for openssl-3',
    issued: 1_790_000_000,
    packages: ['libopenssl3 0 3.1.4 150600.5.18.1 x86_64', 'openssl-3 0 3.1.4 150600.5.18.1 x86_64'],
  },
  {
    id: 'openSUSE-SLE-15.6-2026-1301',
    kind: 'security',
    severity: 'low',
    title: 'Security update for vim',
    issued: 1_790_100_000,
    cves: ['CVE-2026-2001'],
    packages: ['vim 0 9.1.0330 150500.20.12.1 x86_64', 'vim-data 0 9.1.0330 150500.20.12.1 x86_64'],
  },
  {
    id: 'openSUSE-SLE-15.6-2026-1302',
    kind: 'security',
    severity: 'critical',
    title: 'Security update for the Linux Kernel',
    issued: 1_790_500_000,
    cves: ['CVE-2026-3001'],
    asks: 'reboot_suggested',
    packages: ['kernel-default 0 6.4.0 150600.23.25.1 x86_64'],
  },
  {
    id: 'openSUSE-SLE-15.6-2026-1303',
    kind: 'recommended',
    severity: 'important',
    title: 'Recommended update for libzypp',
    issued: 1_790_600_000,
    asks: 'restart_suggested',
    packages: ['libzypp 0 17.34.1 150600.3.19.1 x86_64'],
  },
  {
    id: 'SUSE-2026-1304',
    kind: 'security',
    severity: 'moderate',
    title: 'Security update for bind',
    issued: 1_790_700_000,
    cves: ['CVE-2026-4001'],
    packages: ['bind 2 9.18.28 150600.3.3.1 x86_64', 'bind-utils 2 9.18.28 150600.3.3.1 x86_64'],
  },
  {
    id: 'openSUSE-SLE-15.6-2026-1305',
    kind: 'optional',
    severity: 'low',
    title: 'Optional update for curl',
    issued: 1_790_800_000,
    packages: ['curl 0 8.6.0 150600.4.9.1 x86_64', 'libcurl4 0 8.6.0 150600.4.9.1 x86_64'],
  },
  {
    id: 'openSUSE-SLE-15.6-2026-1306',
    kind: 'feature',
    severity: 'low',
    title: 'Feature update for libfleet',
    issued: 1_790_900_000,
    packages: ['libfleet1 0 1.2 150600.3.3.1 x86_64'],
  },
  {
    id: 'openSUSE-SLE-15.6-2026-1307',
    kind: 'security',
    severity: 'critical',
    title: 'Security update for tool, taken back',
    issued: 1_791_000_000,
    cves: ['CVE-2026-5001'],
    status: 'retracted',
    packages: ['tool 0 1.0 2.1 x86_64'],
  },
];

/** The advisories as SUSE's build service writes them. */
export function updateinfo(list: Advisory[]): string {
  const updates = list.map(
    (
      row,
    ) => `  <update from="maint-coord@suse.de" status="${row.status ?? 'stable'}" type="${row.kind}" version="1">
    <id>${row.id}</id>
    <title>${escaped(row.title)}</title>
    <severity>${row.severity}</severity>
    <release>openSUSE Leap 15.6</release>
    <issued date="${row.issued}"/>
    <references>
      <reference href="https://bugzilla.suse.com/1231234" id="1231234" title="VUL-0: &lt;overflow&gt;" type="bugzilla"/>
${(row.cves ?? []).map((cve) => `      <reference href="https://www.suse.com/security/cve/${cve}/" id="${cve}" title="SUSE CVE ${cve} page" type="cve"/>`).join('\n')}
    </references>
    <description>This update fixes the following issues:

- ${escaped(row.title)} (bsc#1231234).
</description>
    <pkglist>
      <collection>
${row.packages.map((line) => packageElement(line, row)).join('\n')}
      </collection>
    </pkglist>
  </update>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<updates>\n${updates.join('\n')}\n</updates>\n`;
}

function packageElement(line: string, { asks }: Advisory): string {
  const [name, epoch, version, release, arch] = line.split(' ');
  const flag = asks === undefined ? '' : `\n          <${asks}>True</${asks}>`;
  return `        <package name="${name}" epoch="${epoch}" version="${version}" release="${release}" arch="${arch}" src="${name}-${version}-${release}.src.rpm">
          <filename>${name}-${version}-${release}.${arch}.rpm</filename>${flag}
        </package>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}
