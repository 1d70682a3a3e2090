/** A SUSE host with Debian's zypper, read over SSH: what is recorded is what zypper and rpm say on the host. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RowOf, Snapshot } from '#data/model/tables.ts';
import { inside } from './old-library.ts';
import { accounts, startZypperHost } from './zypper-host.ts';
import type { FleetHost } from './host.ts';
import type { ZypperHost } from './zypper-host.ts';

let suse: ZypperHost;
let host: FleetHost;
let zypper: ZypperHost['zypper'];

beforeAll(async () => {
  suse = await startZypperHost('127.92.0.15');
  ({ host, zypper } = suse);
}, 900_000);
afterAll(() => suse.stop());

const kept = new Map<string, Snapshot>();

async function scanned(login: string): Promise<Snapshot> {
  const snapshot = kept.get(login) ?? (await suse.scan(login));
  kept.set(login, snapshot);
  return snapshot;
}

/** Rows of a table that zypper prints, without its head; cells are trimmed. */
function tableOf(text: string): string[][] {
  const lines = text.split('\n');
  const rule = lines.findIndex((line) => /^-+\+-/.test(line));
  return lines
    .slice(rule + 1)
    .filter((line) => line.includes(' | '))
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

/** `zypper list-updates` as lines of name, architecture, installed and offered version. */
function listed(words: string): string[] {
  return tableOf(zypper(words).stdout)
    .map(([, , name, current, available, arch]) => `${name} ${arch} ${current} ${available}`)
    .sort();
}

function offers(rows: RowOf<'updates'>[], version: 'candidate_version' | 'newest_version'): string[] {
  return rows
    .map((row) => `${row.package} ${row.architecture} ${row.installed_version} ${row[version]}`)
    .sort();
}

function namesOf(rows: RowOf<'updates'>[]): string[] {
  return rows.map((row) => row.package).sort();
}

function updateOf({ updates }: Snapshot, name: string): RowOf<'updates'> | undefined {
  return updates.find((row) => row.package === name);
}

describe.each(accounts)('as %s', (login) => {
  test('the host is read completely, but for what needs root', async () => {
    const { scans, readings, rejections } = await scanned(login);
    expect(scans[0]).toMatchObject({
      status: 'ok',
      ecosystem: 'zypper',
      os_id: 'opensuse-leap',
      release: 'opensuse-leap-15.6',
      is_root: login === 'root',
      architecture: 'x86_64',
      reboot_required: false,
    });
    expect(rejections).toEqual([]);
    const incomplete = readings.filter(({ status }) => status !== 'complete').map(({ subject }) => subject);
    expect(incomplete).toEqual(login === 'root' ? [] : ['mappings']);
  });

  test('packages, versions and sources are those of rpm -qa', async () => {
    const { packages } = await scanned(login);
    const format = '%{NAME} %{ARCH} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{SOURCERPM}\\n';
    const theirs = inside(host, `rpm -qa --queryformat '${format}'`).trim().split('\n');
    const ours = packages.map((row) => {
      const [version, source] = [row.version, row.source_version].map((text) => text.replace(/^\d+:/, ''));
      const epoch = /^(\d+):/.exec(row.version)?.[1] ?? '0';
      return `${row.package} ${row.architecture} ${epoch}:${version} ${row.source_package}-${source}.src.rpm`;
    });
    expect(ours.sort()).toEqual(theirs.sort());
    expect(ours.length).toBeGreaterThan(12);
  });

  test('updates are those of list-updates, and of list-updates --all', async () => {
    const { updates } = await scanned(login);
    const taken = updates.filter((row) => row.in_full_upgrade);
    expect(offers(taken, 'candidate_version')).toEqual(listed('list-updates'));
    expect(offers(updates, 'newest_version')).toEqual(listed('list-updates --all'));
    expect(taken.length).toBeGreaterThan(8);
    expect(updates.length).toBeGreaterThan(taken.length);
  });

  test('what the widest upgrade takes is what zypper update would do', async () => {
    const { updates } = await scanned(login);
    expect(namesOf(updates.filter((row) => row.in_full_upgrade))).toEqual(suse.dryRun('update'));
  });

  test('kernels are those of rpm, beside each other, and by what uname -r would print', async () => {
    const { kernels } = await scanned(login);
    const folders = inside(
      host,
      'rpm -ql kernel-default | sed -n "s|/usr/lib/modules/\\(.*\\)/vmlinuz|\\1|p"',
    );
    expect(kernels.map((row) => row.release).sort()).toEqual(folders.trim().split('\n').sort());
    expect(kernels.map((row) => row.version).sort()).toEqual(['6.4.0-150600.21.1', '6.4.0-150600.22.3.1']);
    // The machine runs a kernel of its own.
    expect(kernels.filter((row) => row.running || row.same_flavour)).toEqual([]);
  });

  test("events are the installs and removals of zypp's own log, and no more", async () => {
    const { events, logs } = await scanned(login);
    const lines = inside(host, "grep -E '^[^#|]*[|](install|remove ) *[|]' /var/log/zypp/history")
      .trim()
      .split('\n')
      .map((line) =>
        line
          .split('|')
          .slice(0, 5)
          .map((field) => field.trim())
          .join(' '),
      );
    const ours = events.map((row) =>
      [
        row.local_time.replace('T', ' '),
        row.action,
        row.package,
        row.new_version ?? row.old_version,
        row.architecture,
      ].join(' '),
    );
    expect(ours.sort()).toEqual(lines.sort());
    expect(new Set(events.map((row) => row.action))).toEqual(new Set(['install', 'remove']));
    expect(events.every((row) => row.command?.startsWith("'zypper'"))).toBe(true);
    expect(logs).toHaveLength(1);
  });

  test('repositories are the enabled ones of zypper lr, with when they were last asked for', async () => {
    const { repositories, scans } = await scanned(login);
    const theirs = tableOf(zypper('lr --uri --priority').stdout)
      .filter(([, , , enabled]) => enabled === 'Yes')
      .map((cells) => `${cells[1]} ${cells[6]} ${cells.at(-1)}`);
    expect(repositories.map((row) => `${row.suite} ${row.priority} ${row.uri}`).sort()).toEqual(
      theirs.sort(),
    );
    const at = (alias: string): number =>
      Number(inside(host, `stat -c %Y /var/cache/zypp/raw/${alias}/repodata/repomd.xml`)) * 1000;
    for (const [row, folder] of [
      [repositories.find(({ suite }) => suite === 'repo-oss'), 'repo-oss'],
      [repositories.find(({ suite }) => suite === 'SLE:update/15.6'), 'SLE:update_15.6'],
    ] as const) {
      expect(row?.present).toBe(true);
      const offset = scans[0]?.clock_offset_ms ?? 0;
      expect(Math.abs(Date.parse(row?.fetched_at ?? '') + offset - at(folder))).toBeLessThan(2000);
    }
    expect(repositories.map((row) => [row.suite, row.security]).sort()).toEqual([
      ['SLE:update/15.6', true],
      ['repo-oss', false],
      ['third', false],
    ]);
  });
});

describe('patches', () => {
  test('lu lists package versions, not patches: which advisories a host lacks is what list-patches says', async () => {
    const { host_advisories: advisories, packages } = await scanned('patchledger');
    const theirs = tableOf(zypper('list-patches --all').stdout)
      .filter(([, , , , , status]) => status !== 'retracted')
      .map(([repository, id, kind, severity]) => `${repository} ${id} ${kind} ${severity}`);
    const ours = new Set(
      advisories.map((row) => `${row.repository} ${row.advisory} ${row.kind} ${row.severity}`),
    );
    expect([...ours].sort()).toEqual(theirs.sort());
    expect(advisories.every((row) => packages.some(({ package: name }) => name === row.package))).toBe(true);
  });

  test('CVEs, dates and fixed versions are those of zypper info -t patch', async () => {
    const { host_advisories: advisories } = await scanned('patchledger');
    const ids = [...new Set(advisories.map((row) => row.advisory))];
    expect(ids.length).toBeGreaterThan(7);
    for (const id of ids) {
      const rows = advisories.filter((row) => row.advisory === id);
      const { stdout } = host.inside(
        ['sh', '-c', `TZ=UTC HOME=/tmp zypper --no-refresh info -t patch ${id}`],
        { asAccount: true },
      );
      const field = (name: string) => new RegExp(`^${name} *: (.*)$`, 'm').exec(stdout)?.[1];
      expect(Date.parse(`${field('Created On')} UTC`), id).toBe(
        Date.parse(rows[0]?.published_not_before ?? ''),
      );
      expect(field('Summary')).toBe(rows[0]?.title);
      for (const row of rows)
        expect(stdout).toContain(` ${row.package}.${row.architecture} < ${row.version}\n`);
    }
    const listing = zypper('--xmlout list-patches --all').stdout;
    const cves = [...listing.matchAll(/<issue type="cve" id="([^"]+)"/g)].map((match) => match[1]);
    // That of the patch that was taken back fixes nothing.
    const ours = new Set(['CVE-2026-5001', ...advisories.flatMap((row) => row.cves)]);
    expect([...ours].sort()).toEqual([...new Set(cves)].sort());
  });

  test('a patch that its vendor took back is no advisory, and what is switched off gives none', async () => {
    const { host_advisories: advisories, updates } = await scanned('patchledger');
    expect(advisories.filter((row) => row.cves.includes('CVE-2026-5001'))).toEqual([]);
    expect(inside(host, 'ls /var/cache/zypp/raw/repo-debug/repodata')).toContain('updateinfo');
    expect(advisories.filter((row) => row.cves.includes('CVE-2026-9999'))).toEqual([]);
    expect(updates.find((row) => row.package === 'tool')?.security).toBe(false);
  });

  test('an update without a patch is still an update: patch never brings it', async () => {
    const requests = updateOf(await scanned('patchledger'), 'python311-requests');
    expect(requests).toMatchObject({
      security: false,
      in_upgrade: false,
      in_full_upgrade: true,
      reason: 'none-yet-tried',
      origin: 'SUSE LLC <https://www.suse.com/>',
    });
  });

  test('a security update that a later one has overtaken is still one', async () => {
    expect(updateOf(await scanned('patchledger'), 'libopenssl3')).toMatchObject({
      candidate_version: '3.1.4-150600.5.18.1',
      security: true,
      security_version: '3.1.4-150600.5.15.1',
      in_upgrade: true,
    });
  });

  test('locked packages vanish without --all: they are held', async () => {
    const snapshot = await scanned('patchledger');
    expect(listed('list-updates').filter((line) => line.startsWith('vim'))).toEqual([]);
    expect(namesOf(snapshot.updates.filter((row) => row.reason === 'held'))).toEqual(['vim', 'vim-data']);
    expect(updateOf(snapshot, 'vim')).toMatchObject({
      security: true,
      in_full_upgrade: false,
      action: 'none',
    });
  });

  test('a lower priority pins; another vendor is not the newest that would be taken', async () => {
    const snapshot = await scanned('patchledger');
    expect(updateOf(snapshot, 'nano')).toMatchObject({
      candidate_version: null,
      newest_version: '8.0-1.1',
      reason: 'pinned',
      suite: 'third',
    });
    expect(updateOf(snapshot, 'curl')).toMatchObject({
      candidate_version: '8.6.0-150600.4.9.1',
      newest_version: '9.0-1.1',
      reason: 'none-yet-tried',
      suite: 'SLE:update/15.6',
    });
  });
});
