/** A Rocky Linux host behind real sshd: what is recorded is what its own rpm and dnf say. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Snapshot } from '#data/model/tables.ts';
import { optionsFor, sshHost } from '#test/collector/ssh/sshd.ts';
import { digestOf } from './digest.ts';
import { expectValid } from '#test/collector/valid.ts';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { dnfRoot, issuedAt, madeAtFile } from './dnf-root.ts';
import { repositories } from './dnf-world.ts';
import { startEmptyFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import type { FleetHost } from './host.ts';

let fleet: Fleet;
let host: FleetHost;
let snapshot: Snapshot;
const network = '127.91';

async function scan(of: FleetHost = host): Promise<Snapshot> {
  const { id, address, port, user } = of;
  const target = sshHost({ host_id: id, address, port, login: user });
  return scanHost(target, { transports: { ssh: sshTransport(optionsFor(fleet.folder)) } });
}

/** What a line of shell says inside the host. */
function says(line: string, { asAccount = false, status = 0 } = {}): string {
  const ran = host.inside(['sh', '-c', line], { asAccount });
  if (ran.status !== status) throw new Error(`${line}: ${ran.status} ${ran.stderr}`);
  return ran.stdout;
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

const withEpoch = (version: string) => (version.includes(':') ? version : `0:${version}`);

beforeAll(async () => {
  fleet = startEmptyFleet((text) => console.error(text), network);
  host = await fleet.add(dnfRoot, { id: 'rocky9', address: `${network}.0.1` });
  snapshot = await scan();
}, 900_000);
afterAll(() => fleet.stop());

describe('a Rocky host, read as an ordinary account', () => {
  test('is told by its home, although dpkg and apt are there too', () => {
    expectValid(snapshot);
    const [row] = snapshot.scans;
    expect([row?.ecosystem, row?.release, row?.architecture]).toEqual(['dnf', 'rocky-9', 'x86_64']);
    expect(snapshot.rejections).toEqual([]);
    const notComplete = snapshot.readings.filter((one) => one.status !== 'complete');
    expect(notComplete.map((one) => one.subject)).toEqual(['mappings']);
  });

  test('has the packages that rpm has, glibc.i686 and glibc.x86_64 both and several kernels, without gpg-pubkey', () => {
    const format =
      '%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{ARCH} %{SOURCERPM} %{INSTALLTIME} %{BUILDTIME}\\n';
    const said = lines(says(`rpm -qa --queryformat '${format}'`));
    const ours = snapshot.packages.map((row) => {
      const source = row.source_version.replace(/^\d+:/, '');
      const seconds = (instant: string | null) => Math.round(Date.parse(instant ?? '') / 1000);
      return `${row.package} ${withEpoch(row.version)} ${row.architecture} ${row.source_package}-${source}.src.rpm ${seconds(row.installed_at)} ${seconds(row.built_at)}`;
    });
    const keys = said.filter((line) => line.startsWith('gpg-pubkey'));
    expect(keys).toHaveLength(1);
    expect(ours.sort()).toEqual(said.filter((line) => !keys.includes(line)).sort());
    const several = (name: string) => ours.filter((line) => line.startsWith(`${name} `)).length;
    expect([several('glibc'), several('kernel-core')]).toEqual([2, 2]);
  });

  test('is offered what check-update says, which ends with 100; "Obsoleting Packages" are no updates', () => {
    const said = lines(says('dnf -q -C check-update', { status: 100 }));
    const heading = said.indexOf('Obsoleting Packages');
    expect(heading).toBeGreaterThan(0);
    const wanted = said.slice(0, heading).map((line) => line.split(/\s+/).slice(0, 3).join(' '));
    const upgrades = snapshot.updates.filter((row) => row.action === 'upgrade');
    expect(
      upgrades
        .map((row) => `${row.package}.${row.architecture} ${row.candidate_version} ${row.origin}`)
        .sort(),
    ).toEqual(wanted.sort());
    expect(
      upgrades.every((row) => row.in_upgrade && row.in_full_upgrade && row.candidate_built_at !== null),
    ).toBe(true);
    const obsoleting = snapshot.updates.filter((row) => ['install', 'remove'].includes(row.action));
    expect(
      obsoleting.map((row) => [row.package, row.action, row.installed_version, row.candidate_version]).sort(),
    ).toEqual([
      ['newname', 'install', null, '2.0-1.el9'],
      ['oldname', 'remove', '1.0-1.el9', null],
    ]);
  });

  test('what a lock or an exclude hides is there, with its reason and whether it is for security', () => {
    const hidden = snapshot.updates.filter((row) => row.action === 'none');
    expect(
      hidden
        .map((row) => [row.package, row.newest_version, row.reason, row.security, row.security_version])
        .sort(),
    ).toEqual([
      ['httpd', '2.4.57-8.el9', 'pinned', true, '2.4.57-8.el9'],
      ['sudo', '1.9.5p2-10.el9_3', 'held', true, '1.9.5p2-10.el9_3'],
    ]);
  });

  test('security is what updateinfo says of it, also where the candidate is a later bugfix build', () => {
    const said = lines(says('dnf -q -C updateinfo list --updates --security --disableexcludes=all'));
    const names = [
      ...new Set(
        said.map((line) =>
          /(\S+)-[^-]+-[^-]+\.([^.]+)$/
            .exec(line.trim().split(/\s+/)[2] ?? '')
            ?.slice(1)
            .join('.'),
        ),
      ),
    ];
    const ours = snapshot.updates
      .filter((row) => row.security === true)
      .map((row) => `${row.package}.${row.architecture}`);
    expect(ours.sort()).toEqual(names.sort());
    const ssl = snapshot.updates.find((row) => row.package === 'openssl-libs');
    expect([ssl?.candidate_version, ssl?.security_version]).toEqual(['1:3.0.7-27.el9', '1:3.0.7-25.el9_3']);
    const kind = (name: string) => snapshot.updates.find((row) => row.package === name)?.security;
    expect([kind('tzdata'), kind('vim-minimal'), kind('docker-ce')]).toEqual([false, false, null]);
  });

  test('has every advisory on what it has, with the day of issue and not that of the last edit', () => {
    const said = lines(says('dnf -q -C updateinfo list --all --disableexcludes=all'));
    const listed = said
      .map((line) => line.replace(/^i /, '').trim().split(/\s+/))
      .map(([id, , nevra]) => `${id} ${nevra}`);
    const ours = snapshot.host_advisories.map(
      (row) => `${row.advisory} ${row.package}-${row.version}.${row.architecture}`,
    );
    expect(ours.sort()).toEqual(listed.sort());
    const madeAt = says(`cat ${madeAtFile}`);
    for (const { advisories } of repositories) {
      for (const plan of advisories) {
        const row = snapshot.host_advisories.find((one) => one.advisory === plan.id);
        if (row === undefined) continue;
        expect(`${row.published_not_before?.slice(0, 19).replace('T', ' ')}`).toBe(
          issuedAt(plan.daysAgo, madeAt),
        );
        expect([row.kind, row.title]).toEqual([plan.type, `${plan.packages[0]?.name} & others`]);
      }
    }
  });

  test('odd severities and hex ids come as they are, and a CVE in the title of a bug is a CVE', () => {
    const of = (id: string) => snapshot.host_advisories.find((row) => row.advisory === id);
    expect([of('RLSA-2026:2005')?.severity, of('RLBA-2026:2002')?.severity]).toEqual([null, null]);
    expect([of('FEDORA-EPEL-2026-4a08954c02')?.severity, of('FEDORA-EPEL-2026-4a08954c02')?.cves]).toEqual([
      'urgent',
      ['CVE-2026-20020'],
    ]);
    expect([of('FEDORA-EPEL-2026-deafa21e1d')?.kind, of('FEDORA-EPEL-2026-deafa21e1d')?.severity]).toEqual([
      'newpackage',
      'medium',
    ]);
    expect(of('RLSA-2026:2001')?.cves).toEqual(['CVE-2026-20001', 'CVE-2026-20002']);
  });

  test("an advisory of a module stream that is not enabled says nothing of the enabled one's build", () => {
    const nodejs = snapshot.packages.find((row) => row.package === 'nodejs');
    expect(nodejs?.module).toBe('nodejs:18');
    const ids = snapshot.host_advisories.filter((row) => row.package === 'nodejs').map((row) => row.advisory);
    expect(ids).toEqual(['RLSA-2026:2013']);
    const update = snapshot.updates.find((row) => row.package === 'nodejs');
    expect([update?.candidate_version, update?.newest_version]).toEqual([
      '1:18.20.2-1.module+el9.3',
      '1:18.20.2-1.module+el9.3',
    ]);
  });

  test('names the repositories that dnf uses, and when their lists were last found current', () => {
    const said = lines(says('dnf -q -C repolist'))
      .slice(1)
      .map((line) => line.split(/\s+/)[0]);
    expect(snapshot.repositories.map((row) => row.suite).sort()).toEqual(said.sort());
    for (const row of snapshot.repositories) {
      const seconds = says(`stat -c %Y /var/cache/dnf/${row.suite}-*/repodata/*-primary.xml*`).trim();
      expect([row.suite, row.present, Date.parse(row.fetched_at ?? '')]).toEqual([
        row.suite,
        true,
        expect.closeTo(Number(seconds) * 1000, -4),
      ]);
      expect(row.uri).toBe(`file:///srv/repos/${row.suite}`);
    }
    const oldest = snapshot.repositories.map((row) => row.fetched_at).sort()[0];
    expect(snapshot.scans[0]?.lists_checked_at).toBe(oldest);
  });

  test('its kernels are those of kernel-core, and none of them is what runs here', () => {
    expect(snapshot.kernels.map((row) => [row.package, row.release, row.running]).sort()).toEqual([
      ['kernel-core', '5.14.0-427.13.1.el9_4.x86_64', false],
      ['kernel-core', '5.14.0-427.16.1.el9_4.x86_64', false],
    ]);
  });

  test('its past is that of its log, with old and new versions', () => {
    const said = lines(says("grep -h SUBDEBUG /var/log/dnf.rpm.log | grep -v 'Upgraded:'")).map((line) => {
      const [time = '', , , nevra = ''] = line.split(' ');
      return `${time.slice(0, 19)} ${nevra}`;
    });
    const ours = snapshot.events.map(
      (row) => `${row.local_time} ${row.package}-${row.new_version ?? row.old_version}.${row.architecture}`,
    );
    expect(ours.sort()).toEqual(said.sort());
    const strace = snapshot.events.filter((row) => row.package === 'strace' && row.action === 'upgrade');
    expect(strace.map((row) => [row.old_version, row.new_version, row.completed])).toEqual([
      ['5.18-2.el9', '5.18-3.el9', true],
    ]);
    const less = snapshot.events.find((row) => row.package === 'less' && row.action === 'remove');
    expect([less?.old_version, less?.new_version]).toEqual(['590-3.el9', null]);
    expect(snapshot.logs.map((row) => [row.log, row.path])).toEqual([['dnf', '/var/log/dnf.rpm.log']]);
  });

  test('asks for no reboot, as its own plugin says', () => {
    expect(says('dnf -q -C needs-restarting -r')).toContain('Reboot should not be necessary.');
    expect([snapshot.scans[0]?.reboot_required, snapshot.scans[0]?.reboot_packages]).toEqual([false, []]);
  });
});

describe('reading', () => {
  test('changes nothing on the host, as an ordinary account', async () => {
    await scan();
    const before = digestOf(host);
    await scan();
    expect(digestOf(host)).toBe(before);
  });

  test("changes nothing as root either, but for the lock file of rpm's own database", async () => {
    const files = () =>
      says(
        "find / -xdev ! -path '/var/lib/rpm*' -printf '%p %y %m %T@ %s %l\\n'; find /var/lib/rpm -type f ! -name '*-shm' ! -name '*-wal' -exec sha256sum '{}' +",
      );
    await scan({ ...host, user: 'root' });
    const before = lines(files());
    const asRoot = await scan({ ...host, user: 'root' });
    expect(lines(files())).toEqual(before);
    expect(asRoot.scans[0]?.is_root).toBe(true);
    const state = (of: Snapshot) =>
      [of.packages, of.updates, of.host_advisories, of.repositories].map((rows) =>
        rows.map((row) => ({ ...row, fetched_at: null, installed_at: null })),
      );
    expect(state(asRoot)).toEqual(state(snapshot));
    expect(asRoot.readings.filter((row) => row.status !== 'complete')).toEqual([]);
  });

  test('waits for nobody: a dnf that is at work is no obstacle', async () => {
    says('sleep 86398 </dev/null >/dev/null 2>&1 & echo $! >/var/cache/dnf/metadata_lock.pid');
    const locked = await scan({ ...host, user: 'root' });
    says('kill "$(cat /var/cache/dnf/metadata_lock.pid)"; rm /var/cache/dnf/metadata_lock.pid');
    expect(locked.updates.length).toBe(snapshot.updates.length);
    expect(locked.readings.find((row) => row.subject === 'updates')?.status).toBe('complete');
  });
});

describe('hosts that make it hard', () => {
  const hidden = '[secret]\nname=Secret\nbaseurl=file:///srv/repos/epel\nenabled=1\ngpgcheck=0\n';
  const variants = {
    german: {
      sshdConfig: ['SetEnv LANG=de_DE.UTF-8 LANGUAGE=de LC_ALL=de_DE.UTF-8', 'Banner /etc/banner'],
      prepare: [
        "printf 'Nur für Befugte\\nObsoleting Packages\\n' >/etc/banner",
        "printf 'echo Updating Subscription Management repositories.\\n' >/home/patchledger/.bashrc",
      ],
    },
    secret: {
      prepare: [
        `printf '${hidden.replaceAll('\n', '\\n')}' >/etc/yum.repos.d/secret.repo`,
        'chmod 600 /etc/yum.repos.d/secret.repo',
      ],
    },
    uncached: { prepare: ['rm -r /var/cache/dnf/baseos-* /var/cache/dnf/baseos.solv'] },
    closed: { prepare: ['chmod 700 /var/cache/dnf', 'chmod 600 /var/log/dnf.rpm.log'] },
  };
  const scans = new Map<string, Snapshot>();
  beforeAll(async () => {
    for (const [index, [id, options]] of Object.entries(variants).entries()) {
      const one = await fleet.add(dnfRoot, { id, address: `${network}.0.${index + 10}`, ...options });
      scans.set(id, await scan(one));
    }
  }, 300_000);

  function readingOf(id: string, subject: string): unknown[] {
    const row = scans.get(id)?.readings.find((one) => one.subject === subject);
    return [row?.status, row?.reason, row?.needs_root];
  }

  test('another language and banners change nothing', () => {
    const german = scans.get('german');
    const rows = (of: Snapshot | undefined) => of?.updates.map((row) => ({ ...row, host_id: '' }));
    expect(rows(german)).toEqual(rows(snapshot));
    expect([german?.rejections, german?.scans[0]?.reboot_required]).toEqual([[], false]);
  });

  test('repositories readable only by root are said, and what they would offer is not known', () => {
    const reason = '/etc/yum.repos.d/secret.repo cannot be read by this account.';
    expect(readingOf('secret', 'updates')).toEqual(['partial', reason, true]);
    expect(readingOf('secret', 'repositories')).toEqual(['partial', reason, true]);
  });

  test('a repository whose lists are not there is absent, and "nothing of it is offered" no answer', () => {
    const rows = scans.get('uncached')?.repositories.map((row) => [row.suite, row.present]);
    expect(rows?.sort()).toEqual([
      ['appstream', true],
      ['baseos', false],
      ['docker-ce-stable', true],
      ['epel', true],
    ]);
    expect(readingOf('uncached', 'updates')).toEqual([
      'partial',
      'The package lists of baseos are absent on the host.',
      true,
    ]);
  });

  test('a cache and a log that only root may read are said', () => {
    const [status, reason] = readingOf('closed', 'updates');
    expect([status, reason]).toEqual([
      'unread',
      'The host holds none of its package lists. /var/cache/dnf cannot be read by this account.',
    ]);
    expect(readingOf('closed', 'advisories')[0]).toBe('unread');
    expect(readingOf('closed', 'history')).toEqual([
      'unread',
      '/var/log/dnf.rpm.log cannot be read by this account.',
      true,
    ]);
  });
});
