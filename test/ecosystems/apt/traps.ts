/** One host with every case in which apt's answers are easily misread. */
import type { Plan } from './small-root.ts';

export const traps: Plan = {
  foreign: ['i386'],
  preferences: 'Package: pinned\nPin: release l=Debian-Security\nPin-Priority: -1\n',
  installed: [
    { name: 'normal', version: '1.0' },
    { name: 'epoch', version: '1:1.0', fields: 'Source: epoch-source (2:3.0)' },
    { name: 'held', version: '1.0', status: 'hold ok installed' },
    { name: 'phased', version: '1.0' },
    { name: 'pinned', version: '1.0' },
    { name: 'newdep', version: '1.0' },
    { name: 'stuck', version: '1.0' },
    { name: 'remover', version: '1.0', fields: 'Priority: required' },
    { name: 'victim', version: '1.0', fields: 'Priority: extra' },
    { name: 'rebuild', version: '1.0-1' },
    { name: 'superseded', version: '1.0' },
    { name: 'both', version: '1.0' },
    { name: 'security-named', version: '1.0' },
    { name: 'libforeign', version: '1.0', architecture: 'i386', fields: 'Multi-Arch: same' },
    { name: 'leftover', version: '1.0', status: 'deinstall ok config-files' },
    { name: 'backported', version: '1.0' },
    { name: 'not-backported', version: '1.0' },
    { name: 'all-of-it', version: '1.0', architecture: 'all' },
    { name: 'orphan', version: '9' },
    { name: 'linux-image-amd64', version: '6.1.9-1', fields: 'Depends: linux-image-6.1.0-9-amd64' },
    { name: 'linux-image-6.1.0-9-amd64', version: '6.1.9-1' },
  ],
  repositories: [
    {
      name: 'bookworm',
      release: 'Origin: Debian\nLabel: Debian\nSuite: stable\nCodename: bookworm',
      packages: [
        { name: 'normal', version: '1.1' },
        { name: 'epoch', version: '1:1.1' },
        { name: 'held', version: '1.1' },
        { name: 'phased', version: '1.1', fields: 'Phased-Update-Percentage: 0' },
        { name: 'pinned', version: '1.0' },
        { name: 'not-backported', version: '1.0' },
        { name: 'newdep', version: '1.1', fields: 'Depends: newlib' },
        { name: 'newlib', version: '1.0', architecture: 'all' },
        { name: 'stuck', version: '1.1', fields: 'Depends: nowhere-to-be-found' },
        { name: 'remover', version: '2.0', fields: 'Priority: required\nConflicts: victim' },
        { name: 'superseded', version: '1.2' },
        { name: 'both', version: '1.1' },
        { name: 'security-named', version: '1.1' },
        { name: 'libforeign', version: '1.1', architecture: 'i386', fields: 'Multi-Arch: same' },
        { name: 'leftover', version: '1.1' },
        { name: 'all-of-it', version: '1.1', architecture: 'all' },
      ],
    },
    {
      name: 'bookworm-security',
      release: 'Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nCodename: bookworm-security',
      packages: [
        { name: 'superseded', version: '1.1' },
        { name: 'both', version: '1.1' },
        { name: 'pinned', version: '1.1' },
        { name: 'held', version: '1.0+deb12u1' },
        { name: 'linux-image-amd64', version: '6.1.10-1', fields: 'Depends: linux-image-6.1.0-10-amd64' },
        { name: 'linux-image-6.1.0-10-amd64', version: '6.1.10-1' },
      ],
    },
    {
      name: 'bookworm-backports',
      release:
        'Origin: Debian Backports\nLabel: Debian Backports\nSuite: stable-backports\nCodename: bookworm-backports\nNotAutomatic: yes\nButAutomaticUpgrades: yes',
      packages: [
        { name: 'backported', version: '2.0~bpo12+1' },
        { name: 'not-backported', version: '2.0~bpo12+1' },
      ],
    },
    {
      name: 'third',
      release: `Origin: "O'Reilly", <security> & sons\nLabel: security\nSuite: security\nCodename: third`,
      packages: [{ name: 'rebuild', version: '1.0-1', fields: 'Depends: normal' }],
    },
  ],
  files: {
    'etc/apt.conf.d/01phasing': 'APT::Get::Never-Include-Phased-Updates "true";\n',
    'log/dpkg.log': [
      '2026-10-01 10:00:00 install normal:amd64 <none> 1.0',
      '2026-10-01 10:00:05 status installed normal:amd64 1.0',
      '2026-10-02 10:00:00 upgrade held:amd64 1.1 1.0',
      '',
    ].join('\n'),
  },
};
