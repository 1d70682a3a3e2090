/** Hosts that make life hard, each with the ending that it must get. */
import type { ScanStatus, Stage } from '#data/model/words.ts';
import type { HostOptions } from './host.ts';

export interface Variant extends Pick<HostOptions, 'prepare' | 'sshdConfig' | 'size'> {
  id: string;
  /** The trap that it sets (docs/traps.md), in words for the test's name. */
  trap?: string;
  status: ScanStatus;
  stage?: Stage;
  /** What the reason must say. */
  reason?: RegExp;
  login?: string;
}

/** Takes the locks that dpkg and apt take (fcntl, as they do), and keeps them. */
const holdLocks = `perl -e 'use Fcntl; my @held; for my $file (qw(/var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock)) {
  open(my $lock, ">>", $file) or die; push @held, $lock;
  fcntl($lock, F_SETLK, pack("s! s! x![q] q q l x![q]", F_WRLCK, 0, 0, 0, 0)) or die "$file: $!" } sleep 3600' </dev/null >/dev/null 2>&1 &`;

const noisyFile = `cat >/home/patchledger/.bashrc <<'END'
echo 'welcome, 50 % off'
echo 'on standard error' >&2
printf 'no newline at the end'
END`;

/** Behind a real sshd of Debian 12. */
export const variants: Variant[] = [
  { id: 'wrong-key', status: 'auth-failed', stage: 'login', sshdConfig: ['AuthorizedKeysFile none'] },
  { id: 'no-account', status: 'auth-failed', stage: 'login', login: 'nobody-at-all' },
  {
    id: 'hangs-after-login',
    trap: 'a host that hangs is given up after a time, and stays in the results',
    status: 'timed-out',
    stage: 'probe',
    reason: /said nothing/,
    sshdConfig: ['ForceCommand sleep 3600'],
  },
  {
    id: 'nologin',
    trap: 'not only 255 is a failure of ssh: nologin says its refusal on standard output and ends with 1',
    status: 'cut-off',
    stage: 'probe',
    prepare: ['usermod -s /usr/sbin/nologin patchledger'],
  },
  { id: 'floods', status: 'output-too-large', stage: 'probe', sshdConfig: ['ForceCommand yes'] },
  {
    id: 'fifty-megabytes',
    status: 'output-too-large',
    stage: 'probe',
    sshdConfig: ['ForceCommand head -c 50000000 /dev/zero'],
  },
  {
    id: 'fifty-megabytes-of-packages',
    status: 'partial',
    reason: /packages/,
    prepare: [
      'mv /usr/bin/dpkg-query /usr/bin/dpkg-query.real',
      `printf '#!/bin/sh\\nexec head -c 50000000 /dev/zero\\n' >/usr/bin/dpkg-query`,
      'chmod 755 /usr/bin/dpkg-query',
    ],
  },
  {
    id: 'noisy',
    trap: 'login files, sshrc, Banner and motd print before the answer, also without a newline at the end',
    status: 'ok',
    prepare: [
      'usermod -s /bin/bash patchledger',
      noisyFile,
      'mkdir -p /home/patchledger/.ssh && echo "echo from sshrc" >/home/patchledger/.ssh/rc',
      'echo "you are entering a secured area" >/etc/issue.net',
      'echo "message of the day" >/etc/motd',
    ],
    sshdConfig: ['Banner /etc/issue.net'],
  },
  {
    id: 'csh',
    trap: 'the login shell parses the command line, and csh knows no redirection of POSIX',
    status: 'ok',
    prepare: ['usermod -s /bin/tcsh patchledger', 'echo "echo from cshrc" >/home/patchledger/.cshrc'],
  },
  {
    id: 'fish',
    trap: 'the login shell parses the command line, and fish is no POSIX shell',
    status: 'ok',
    prepare: [
      'usermod -s /usr/bin/fish patchledger',
      'mkdir -p /home/patchledger/.config/fish',
      'echo "echo from fish" >/home/patchledger/.config/fish/config.fish',
      'chown -R patchledger /home/patchledger',
    ],
  },
  {
    id: 'german',
    trap: 'locale: the session carries the language of the host',
    status: 'ok',
    sshdConfig: ['SetEnv LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8 LANGUAGE=de'],
  },
  { id: 'one-session', status: 'ok', sshdConfig: ['MaxSessions 1'] },
  { id: 'no-sessions', status: 'refused', stage: 'session', sshdConfig: ['MaxSessions 0'] },
  {
    id: 'old-algorithms',
    status: 'no-common-algorithm',
    stage: 'key-exchange',
    sshdConfig: ['KexAlgorithms diffie-hellman-group1-sha1'],
  },
  {
    id: 'no-os-release',
    status: 'partial',
    reason: /identity/,
    prepare: ['rm -f /etc/os-release /usr/lib/os-release'],
  },
  { id: 'no-package-manager', status: 'no-package-manager', prepare: ['rm -f /usr/bin/dpkg* /usr/bin/apt*'] },
  {
    id: 'stale-lists',
    trap: 'stale metadata is seen in dates alone',
    status: 'ok',
    prepare: ['find /var/lib/apt /var/cache/apt -exec touch -h -d "60 days ago" {} +'],
  },
  {
    id: 'no-lists',
    trap: '"0 upgraded" of lists that are not there',
    status: 'partial',
    reason: /updates/,
    prepare: ['rm -rf /var/lib/apt/lists/*'],
  },
  {
    id: 'locked',
    trap: 'the package manager is at work and holds its locks',
    status: 'ok',
    prepare: [holdLocks],
  },
  {
    id: 'half-configured',
    trap: 'half states of dpkg',
    status: 'ok',
    prepare: [
      `sed -i '/^Package: tar$/,/^Status:/s/^Status:.*/Status: install ok half-configured/' /var/lib/dpkg/status`,
    ],
  },
  {
    id: 'broken-sources',
    status: 'partial',
    reason: /updates/,
    prepare: ['echo "deb nonsense" >/etc/apt/sources.list.d/broken.list'],
  },
  {
    id: 'full-disk',
    trap: 'a full disk: without its cache files apt fails',
    status: 'ok',
    size: '4m',
    prepare: ['dd if=/dev/zero of=/var/filler bs=64k 2>/dev/null || true'],
  },
  {
    id: 'wrong-clock',
    trap: 'the clock of the host is wrong',
    status: 'ok',
    prepare: [
      `lib=$(find /usr/lib -name libfaketime.so.1); sed -i "1i SetEnv LD_PRELOAD=$lib FAKETIME=-40d" /etc/ssh/sshd_config`,
    ],
  },
];
