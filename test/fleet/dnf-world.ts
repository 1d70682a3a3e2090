/** The packages, advisories and repositories of a small Rocky Linux 9: everything that a patch night can meet. */
import { readFileSync } from 'node:fs';
import type { Source } from '#test/ecosystems/rpm/build.ts';

const vendor = 'Rocky Enterprise Software Foundation';

export interface AdvisoryPlan {
  id: string;
  type: 'security' | 'bugfix' | 'enhancement' | 'newpackage' | 'unspecified';
  severity?: string;
  daysAgo: number;
  cves?: string[];
  /** CVEs in the titles of bugs only, as Fedora has them. */
  bugs?: string[];
  /** `name stream`. */
  module?: string;
  packages: { name: string; version: string; release: string; epoch?: number; architecture?: string }[];
}

export interface RepositoryPlan {
  id: string;
  name: string;
  sources: Source[];
  advisories: AdvisoryPlan[];
  modules?: string;
}

/** Some real library, so that a process can map it. */
const library = (): Buffer => readFileSync('/lib/x86_64-linux-gnu/libz.so.1');

/** The file carries its full version, as that of OpenSSL does: an upgrade takes it away. */
const ssl = (release: string, full: string): Source => ({
  name: 'openssl',
  version: '3.0.7',
  release,
  epoch: 1,
  vendor,
  binaries: [
    {
      name: 'openssl-libs',
      files: { [`/usr/lib64/libfleetssl.so.${full}`]: library() },
      links: { '/usr/lib64/libfleetssl.so.3': `libfleetssl.so.${full}` },
    },
  ],
});

const kernel = (release: string): Source => ({
  name: 'kernel',
  version: '5.14.0',
  release,
  vendor,
  lines: [`Requires: kernel-core = 5.14.0-${release}`],
  binaries: [
    { name: 'kernel-core', lines: ['Provides: installonlypkg(kernel)', 'Provides: kernel-core-uname-r'] },
    { name: 'kernel-modules', lines: ['Provides: installonlypkg(kernel-module)'] },
  ],
});

const plain = (name: string, version: string, release: string, more: Partial<Source> = {}): Source => ({
  name,
  version,
  release,
  vendor,
  ...more,
});

const i686 = { architecture: 'i686' };
const nodejs = (stream: string, version: string): Source => ({
  ...plain('nodejs', version, '1.module+el9.3', { epoch: 1 }),
  module: `nodejs:${stream}:9030020240301000000:rhel9`,
});

const release = plain('rocky-release', '9.4', '1.2.el9', {
  architecture: 'noarch',
  lines: ['Provides: system-release = 9.4-1.2.el9', 'Provides: system-release(releasever) = 9'],
});

const moduleOf = (stream: string, version: string): string => `---
document: modulemd
version: 2
data:
  name: nodejs
  stream: "${stream}"
  version: 9030020240301000000
  context: rhel9
  arch: x86_64
  summary: Javascript runtime
  description: Javascript runtime
  license: { module: [MIT] }
  artifacts:
    rpms:
${version
  .split(' ')
  .map((one) => `    - nodejs-1:${one}-1.module+el9.3.x86_64`)
  .join('\n')}
...
`;

export const repositories: RepositoryPlan[] = [
  {
    id: 'baseos',
    name: 'Rocky Linux 9 - BaseOS',
    sources: [
      release,
      ssl('24.el9', '3.0.7'),
      ssl('25.el9_3', '3.0.8'),
      ssl('27.el9', '3.0.9'),
      plain('glibc', '2.34', '83.el9.7'),
      plain('glibc', '2.34', '83.el9.7', i686),
      plain('glibc', '2.34', '100.el9_4.2'),
      plain('glibc', '2.34', '100.el9_4.2', i686),
      kernel('427.13.1.el9_4'),
      kernel('427.16.1.el9_4'),
      kernel('427.18.1.el9_4'),
      plain('curl', '7.76.1', '26.el9'),
      plain('curl', '7.76.1', '29.el9_4'),
      plain('sudo', '1.9.5p2', '9.el9'),
      plain('sudo', '1.9.5p2', '10.el9_3'),
      plain('strace', '5.18', '2.el9'),
      plain('strace', '5.18', '3.el9'),
      plain('tzdata', '2024a', '1.el9', { architecture: 'noarch' }),
      plain('tzdata', '2026a', '1.el9', { architecture: 'noarch' }),
      plain('oldname', '1.0', '1.el9'),
      plain('newname', '2.0', '1.el9', { lines: ['Obsoletes: oldname < 2'] }),
      plain('less', '590', '3.el9'),
    ],
    advisories: [
      {
        id: 'RLSA-2026:2001',
        type: 'security',
        severity: 'Important',
        daysAgo: 20,
        cves: ['CVE-2026-20002', 'CVE-2026-20001'],
        packages: ['openssl', 'openssl-libs'].map((name) => ({
          name,
          version: '3.0.7',
          release: '25.el9_3',
          epoch: 1,
        })),
      },
      {
        id: 'RLBA-2026:2002',
        type: 'bugfix',
        severity: 'None',
        daysAgo: 10,
        packages: ['openssl', 'openssl-libs'].map((name) => ({
          name,
          version: '3.0.7',
          release: '27.el9',
          epoch: 1,
        })),
      },
      {
        id: 'RLSA-2026:2003',
        type: 'security',
        severity: 'Moderate',
        daysAgo: 15,
        cves: ['CVE-2026-20003'],
        packages: ['x86_64', 'i686'].map((architecture) => ({
          name: 'glibc',
          version: '2.34',
          release: '100.el9_4.2',
          architecture,
        })),
      },
      ...[
        { id: 'RLSA-2026:1900', daysAgo: 60, release: '427.16.1.el9_4', cve: 'CVE-2026-19000' },
        { id: 'RLSA-2026:2004', daysAgo: 5, release: '427.18.1.el9_4', cve: 'CVE-2026-20004' },
      ].map(({ id, daysAgo, release: build, cve }) => ({
        id,
        type: 'security' as const,
        severity: 'Important',
        daysAgo,
        cves: [cve],
        packages: ['kernel', 'kernel-core', 'kernel-modules'].map((name) => ({
          name,
          version: '5.14.0',
          release: build,
        })),
      })),
      {
        id: 'RLSA-2026:2005',
        type: 'security',
        daysAgo: 8,
        cves: ['CVE-2026-20005'],
        packages: [{ name: 'curl', version: '7.76.1', release: '29.el9_4' }],
      },
      {
        id: 'RLSA-2026:2006',
        type: 'security',
        severity: 'Low',
        daysAgo: 12,
        cves: ['CVE-2026-20006'],
        packages: [{ name: 'sudo', version: '1.9.5p2', release: '10.el9_3' }],
      },
      {
        id: 'RLSA-2026:1901',
        type: 'security',
        severity: 'Critical',
        daysAgo: 50,
        cves: ['CVE-2026-19010'],
        packages: [{ name: 'strace', version: '5.18', release: '3.el9' }],
      },
    ],
  },
  {
    id: 'appstream',
    name: 'Rocky Linux 9 - AppStream',
    sources: [
      plain('vim-minimal', '8.2.2637', '20.el9', { epoch: 2 }),
      plain('vim-minimal', '8.2.2637', '21.el9', { epoch: 2 }),
      plain('httpd', '2.4.57', '5.el9'),
      plain('httpd', '2.4.57', '8.el9'),
      plain('perl', '5.32.1', '481.el9', { epoch: 4, binaries: [{ name: 'perl-Errno', version: '1.30' }] }),
      plain('perl', '5.32.1', '481.1.el9_4', {
        epoch: 4,
        binaries: [{ name: 'perl-Errno', version: '1.30' }],
      }),
      nodejs('18', '18.19.1'),
      nodejs('18', '18.20.2'),
      nodejs('20', '20.12.2'),
    ],
    advisories: [
      {
        id: 'RLEA-2026:2010',
        type: 'enhancement',
        daysAgo: 9,
        packages: [{ name: 'vim-minimal', version: '8.2.2637', release: '21.el9', epoch: 2 }],
      },
      {
        id: 'RLSA-2026:2011',
        type: 'security',
        severity: 'Important',
        daysAgo: 7,
        cves: ['CVE-2026-20011'],
        packages: [{ name: 'httpd', version: '2.4.57', release: '8.el9' }],
      },
      {
        id: 'RLSA-2026:2012',
        type: 'security',
        severity: 'Moderate',
        daysAgo: 6,
        cves: ['CVE-2026-20012'],
        packages: [
          { name: 'perl', version: '5.32.1', release: '481.1.el9_4', epoch: 4 },
          { name: 'perl-Errno', version: '1.30', release: '481.1.el9_4', epoch: 4 },
        ],
      },
      {
        id: 'RLSA-2026:2013',
        type: 'security',
        severity: 'Important',
        daysAgo: 4,
        module: 'nodejs 18',
        cves: ['CVE-2026-20013'],
        packages: [{ name: 'nodejs', version: '18.20.2', release: '1.module+el9.3', epoch: 1 }],
      },
      {
        id: 'RLSA-2026:2014',
        type: 'security',
        severity: 'Critical',
        daysAgo: 3,
        module: 'nodejs 20',
        cves: ['CVE-2026-20014'],
        packages: [{ name: 'nodejs', version: '20.12.2', release: '1.module+el9.3', epoch: 1 }],
      },
    ],
    modules: moduleOf('18', '18.19.1 18.20.2') + moduleOf('20', '20.12.2'),
  },
  {
    id: 'epel',
    name: 'Extra Packages for Enterprise Linux 9',
    sources: [
      plain('htop', '3.2.1', '1.el9', { vendor: 'Fedora Project' }),
      plain('htop', '3.3.0', '1.el9', { vendor: 'Fedora Project' }),
      plain('rc-tool', '2.0~rc1', '1.el9', { vendor: 'Fedora Project' }),
      plain('rc-tool', '2.0', '1.el9', { vendor: 'Fedora Project' }),
    ],
    advisories: [
      {
        id: 'FEDORA-EPEL-2026-4a08954c02',
        type: 'security',
        severity: 'Urgent',
        daysAgo: 11,
        bugs: ['CVE-2026-20020 htop: something bad [epel-9]'],
        packages: [{ name: 'htop', version: '3.3.0', release: '1.el9' }],
      },
      {
        id: 'FEDORA-EPEL-2026-deafa21e1d',
        type: 'newpackage',
        severity: 'Medium',
        daysAgo: 13,
        packages: [{ name: 'rc-tool', version: '2.0', release: '1.el9' }],
      },
    ],
  },
  {
    id: 'docker-ce-stable',
    name: 'Docker CE Stable',
    sources: [
      plain('docker-ce', '25.0.5', '1.el9', { epoch: 3, vendor: 'Docker' }),
      plain('docker-ce', '26.0.1', '1.el9', { epoch: 3, vendor: 'Docker' }),
      plain('containerd.io', '1.6.28', '3.1.el9', { vendor: 'Docker' }),
      plain('containerd.io', '1.6.31', '3.1.el9', { vendor: 'Docker' }),
    ],
    advisories: [],
  },
];

/** What was done on the machine, oldest first. */
export const past: { daysAgo: number; command: string }[] = [
  {
    daysAgo: 120,
    command:
      'dnf -q -y --releasever 9 install rocky-release-9.4 openssl-1:3.0.7-24.el9 openssl-libs-1:3.0.7-24.el9 glibc-2.34-83.el9.7.x86_64 glibc-2.34-83.el9.7.i686 kernel-5.14.0-427.13.1.el9_4 kernel-modules-5.14.0-427.13.1.el9_4 curl-7.76.1-26.el9 sudo-1.9.5p2-9.el9 strace-5.18-2.el9 tzdata-2024a less',
  },
  { daysAgo: 120, command: 'dnf -q -y --setopt=obsoletes=0 install oldname' },
  {
    daysAgo: 119,
    command:
      'dnf -q -y install vim-minimal-2:8.2.2637-20.el9 httpd-2.4.57-5.el9 perl-4:5.32.1-481.el9 perl-Errno-4:1.30-481.el9 htop-3.2.1 rc-tool-2.0~rc1 docker-ce-3:25.0.5 containerd.io-1.6.28',
  },
  { daysAgo: 118, command: 'dnf -q -y module enable nodejs:18 && dnf -q -y install nodejs-1:18.19.1' },
  {
    daysAgo: 58,
    command: 'dnf -q -y install kernel-5.14.0-427.16.1.el9_4 kernel-modules-5.14.0-427.16.1.el9_4',
  },
  { daysAgo: 40, command: 'dnf -q -y upgrade strace' },
  { daysAgo: 30, command: 'dnf -q -y remove less' },
];
