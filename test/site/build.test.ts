import { readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { shownNumbers } from '#reports/reading.ts';
import { contentPolicy } from '#site/policy.ts';
import { allModels } from '#test/reports/derived.ts';
import { buildIn, makeFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { hostile } from './host-details.ts';
import { brokenLinks, listFiles, listPages, textOf } from './tree.ts';

let fleet: Fleet;
let site: string;

function html(page: string): string {
  return readFileSync(join(site, page), 'utf8');
}

function text(page: string): string {
  return textOf(html(page));
}

beforeAll(async () => {
  fleet = await makeFleet();
  site = await buildIn(fleet.folder, fleet.findingsPath);
});

describe('pages', () => {
  test('every kind, one a host, retired ones too, and one a fix', () => {
    const pages = listPages(site);
    for (const page of [
      'index.html',
      'hosts/index.html',
      'fixes/index.html',
      'coverage/index.html',
      'trends/index.html',
      'method/index.html',
      'policies/index.html',
      'policies/default/index.html',
      'policies/cyber-essentials-3.3/index.html',
      'policies/pci-dss-4.0.1/index.html',
      'owners/index.html',
      'exceptions/index.html',
      'data/index.html',
      '404.html',
    ]) {
      expect(pages).toContain(page);
    }
    for (const id of [...fleet.hostIds, 'old-3']) expect(pages).toContain(`hosts/${id}/index.html`);
    const fixes = pages.filter((page) => /^fixes\/[a-z0-9-]+-[0-9a-f]{12}\/index\.html$/.test(page));
    expect(fixes).toHaveLength(6);
    const models = pages.filter((page) => /^method\/[a-z-]+\/index\.html$/.test(page));
    expect(models).toHaveLength(allModels.length);
    expect(pages).toHaveLength(16 + models.length + fixes.length + fleet.hostIds.length + 1);
  });

  test('fixes: what is missing where, what is exploited, and for which times nothing is known', () => {
    const list = text('fixes/index.html');
    expect(list).toContain(
      '4 of 4 known security fixes are missing on at least one host; 1 of these closes a CVE that is known to be exploited.',
    );
    expect(list).toContain(
      'Advisories for bookworm are known for what was published 2026-01-01 to 2026-12-31.',
    );
    expect(list.indexOf('DSA-6102-1')).toBeLessThan(list.indexOf('DSA-6101-1'));
    const openssl = listPages(site).find((page) => page.startsWith('fixes/openssl-')) ?? '';
    expect(text(openssl)).toContain('CVE-2026-20003 known to be exploited, listed 2026-11-01');
    expect(text(openssl)).toContain('Missing on 2 hosts; effective on 2 hosts.');
    expect(text(openssl)).toContain('Severity: not rated by any feed that is loaded');
  });

  test("a host's page: its missing fixes with advisory and day, and those that came in", () => {
    const db = text('hosts/db-01/index.html');
    expect(db).toMatch(/openssl 3\.0\.17-1~deb12u3 DSA-6102-1 · 1 CVE · 1 CVE known to be exploited missing/);
    expect(db).toMatch(
      /postgresql-15 15\.14-0\+deb12u1 DSA-6103-1 · no CVEs missing held 2026-12-02 24:00 due 15\.13-0\+deb12u1 2026-11-02 – 2026-11-09 late entry/,
    );
    expect(text('hosts/web-01.example.org/index.html')).toMatch(
      /Security fixes in effect .*nginx 1\.22\.1-9\+deb12u3 DSA-6101-1/,
    );
    expect(text('hosts/vault/index.html')).toContain(
      'No release of any host is known, so no advisory can be matched.',
    );
  });

  test('as-of, population, head and version stand on every page in the same place', () => {
    for (const page of listPages(site)) {
      const evidence = /<dl class="evidence".*?<\/dl>/s.exec(html(page))?.[0] ?? '';
      const said = textOf(evidence);
      expect([page, said]).toEqual([page, expect.stringContaining('2026-11-23 06:01 UTC')]);
      expect([page, said]).toEqual([page, expect.stringContaining('9: 6 read, 1 partly, 1 stale, 1 never')]);
      expect([page, said]).toEqual([page, expect.stringMatching(/main 4 [0-9a-f]{16} /)]);
      expect([page, said]).toEqual([page, expect.stringContaining('0.1.0')]);
      expect([page, text(page)]).toEqual([
        page,
        expect.stringMatching(/Head of main , entry 4: [0-9a-f]{64} ?\./),
      ]);
    }
  });

  test('every page has the strict policy and nothing in line', () => {
    for (const page of listPages(site)) {
      expect([page, html(page)]).toEqual([
        page,
        expect.stringContaining(`<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">`),
      ]);
      expect([page, html(page)]).toEqual([
        page,
        expect.not.stringMatching(
          /<style|<[^>]+ style=|<script(?! src="(\.\.\/)*assets\/(list|age|status)\.js")|<[^>]+ on[a-z]+=/i,
        ),
      ]);
    }
  });

  test('pages are small', () => {
    const large = listPages(site).filter((page) => gzipSync(html(page)).length > 14_000);
    expect(large).toEqual([]);
    const styles = readdirSync(join(site, 'assets')).filter((name) => name.endsWith('.css'));
    const sizes = styles.map((name) => gzipSync(readFileSync(join(site, 'assets', name))).length);
    expect(styles).toHaveLength(5);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(10_000);
    const scripts = ['list', 'age', 'status'].map((name) => readFileSync(join(site, `assets/${name}.js`)));
    expect(gzipSync(Buffer.concat(scripts)).length).toBeLessThan(5_000);
  });

  test('no sentence lost a space to formatting', () => {
    for (const page of listPages(site)) {
      if (page.includes('liar')) continue;
      const said = textOf(html(page).replace(/<\/?(a|b|code|i|time)\b[^>]*>/g, '')).replace(
        /[0-9a-f]{64}/g,
        'HASH',
      );
      expect([page, said]).toEqual([
        page,
        expect.not.stringMatching(
          /[a-z] [,.;:] ?[a-z]|[a-z0-9Z][.;,][A-Z][a-z]|[a-z]{3}\d+ (?:host|run|event|update)s?\b/,
        ),
      ]);
    }
  });
});

describe('figures', () => {
  test('the overview says who lacks what, out of how many, and what is not known', () => {
    expect(text('index.html')).toContain(
      '6 of 9 hosts lack security fixes, 2 of them against weaknesses that are known to be exploited. Not wholly known: 1 unread, 1 stale, 1 read in part, 1 with old package lists.',
    );
    expect(text('index.html')).toMatch(/Nothing on offer, and proven 1 of 9 hosts/);
    expect(text('index.html')).toMatch(/Reboot asked for 1 of 9 hosts 1 unknown/);
  });

  test('the reasons sum to the updates on offer', () => {
    const table =
      /<table>(?:(?!<\/table>).)*Why not applied.*?<\/table>/s.exec(html('index.html'))?.[0] ?? '';
    const rows = [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
      [...row.matchAll(/<td class="number">(\d+)<\/td>/g)].map(([, value]) => Number(value)),
    );
    const body = rows.filter((row) => row.length === 4);
    const total = rows.find((row) => row.length === 3);
    expect(body.length).toBeGreaterThan(2);
    for (const column of [0, 1, 2]) {
      expect(body.reduce((sum, row) => sum + (row[column] ?? 0), 0)).toBe(total?.[column]);
    }
  });

  test('what changed since the run before is named', () => {
    const said = text('index.html');
    expect(said).toContain(
      '1 no longer pending web-01.example.org nginx 1.22.1-9+deb12u2 → 1.22.1-9+deb12u3 security, installed',
    );
    expect(said).toContain('1 newly unread build-02 no answer on port 22 within 10 s');
  });

  test('weeks that no log reaches back to are no zeros', () => {
    const said = text('index.html');
    expect(said).toContain('In the 21 weeks that logs reach back to, those of 6 of 9 hosts date');
    expect(said).toContain('2026-06-01 no log 0');
  });

  test('coverage names every expected host once and sums to the population', () => {
    const said = text('coverage/index.html');
    expect(said).toContain('6 read + 1 partly + 1 stale + 1 never = 9 in the inventory');
    const table = /<table data-list.*?<\/table>/s.exec(html('coverage/index.html'))?.[0] ?? '';
    const named = [...table.matchAll(/<th scope="row"[^>]*><a[^>]*>([^<]*)<\/a>/g)].map(([, id]) => id);
    expect(named.toSorted()).toEqual(fleet.hostIds.toSorted());
    expect(said).toContain(
      'vault never read 2026-11-23 06:00 auth-failed failing since 2026-11-09, 3 runs never age unknown',
    );
    expect(said).toContain('auth-failed 1 the host accepts none of the keys of the collector 2026-11-09');
    expect(said).toContain('add the public key to ~audit/.ssh/authorized_keys on the host');
    expect(said).toContain('old-3 2026-11-09 06:01 2026-11-16 06:01 run 2 of main not recorded 1 team');
  });

  test('the list is worst first, and nothing unread is green', () => {
    const rows = [...html('hosts/index.html').matchAll(/<tr> ?<th scope="row".*?<\/tr>/gs)].map(
      ([row]) => row,
    );
    const verdicts = rows.map((row) => /class="status [a-z]+">([^<]*)</.exec(row)?.[1]);
    expect(verdicts).toEqual([
      ...Array<string>(6).fill('security missing'),
      'updates unread',
      'package lists old',
      'none on offer',
    ]);
    const vault = textOf(rows[6] ?? '');
    expect(vault).toContain(
      'vault updates unread unknown unknown – unknown unknown unknown never read never',
    );
  });
});

describe('a host', () => {
  test('its updates with version, kind, reason, kind of upgrade, since when and how that is known', () => {
    const said = text('hosts/web-01.example.org/index.html');
    expect(said).toContain(
      '1 security update pending, the oldest seen on offer by 2026-11-16; 1 other update.',
    );
    expect(said).toContain(
      'curl 7.88.1-10+deb12u12 7.88.1-10+deb12u14 security phased (40 %) every upgrade 2026-11-09 – 2026-11-16 between scans Debian stable-security',
    );
    expect(said).toContain('tzdata 2025b-0+deb12u1 2025b-0+deb12u2 other none yet tried');
    expect(said).toContain('by 2026-11-09 late entry');
  });

  test('what ended, by the log that dates it', () => {
    expect(text('hosts/web-01.example.org/index.html')).toContain(
      'nginx 1.22.1-9+deb12u2 1.22.1-9+deb12u3 security by 2026-11-09 late entry installed 1.22.1-9+deb12u3 2026-11-18 04:22 log',
    );
  });

  test('held and kept-back ones say what stands in the way', () => {
    const said = text('hosts/db-01/index.html');
    expect(said).toContain('security held none of them');
    expect(said).toContain('kept back with new packages, full-upgrade');
    expect(said).toContain('Reboot asked for by linux-image-6.1.0-40-amd64');
  });

  test('processes with replaced files, and whose could not be checked', () => {
    const said = text('hosts/web-01.example.org/index.html');
    expect(said).toContain('1 process still uses files that were deleted or replaced');
    expect(said).toContain('9 of 41 as audit, not root');
    expect(said).toContain('postgres × 2, cron, dbus-daemon, sshd, systemd');
    expect(text('hosts/edge-07/index.html')).toContain('mappings unread');
  });

  test('a log that does not fit what scans saw is said to be restored or altered', () => {
    expect(text('hosts/liar/index.html')).toContain('Log restored or altered');
    expect(text('hosts/web-01.example.org/index.html')).not.toContain('Log restored or altered');
  });

  test('exposures are drawn over time, with their state in words', () => {
    const db = html('hosts/db-01/index.html');
    const table = /<table class="timeline">.*?<\/table>/s.exec(db)?.[0] ?? '';
    expect(textOf(table)).toMatch(/openssl 3\.0\.17-1~deb12u3 missing/);
    expect(table).toMatch(/<rect class="maybe"[^>]*>.*<rect class="missing"/s);
  });

  test('every command with exit status, duration and the hash of the run', () => {
    const said = text('hosts/web-01.example.org/index.html');
    expect(said).toMatch(
      /needs-root cat \/var\/log\/apt\/term\.log said: cat: .*?Permission denied 1 2 2\.0 kB/,
    );
    expect(said).toMatch(/Hash of the run [0-9a-f]{64}/);
  });

  test('one that was never read says so and shows nothing as known', () => {
    const said = text('hosts/vault/index.html');
    expect(said).toContain('Nothing is known of this host: no run has ever read it.');
    expect(said).toContain('Unknown: the updates of this host could not be read.');
    expect(said).toContain('Next step: add the public key');
    expect(said).not.toContain('None was on offer');
  });

  test('one that was read before and not now keeps its last state, dated', () => {
    expect(text('hosts/build-02/index.html')).toContain(
      'Not read since 2026-11-16 06:00 UTC. At that time: 2 security fixes missing. 2 security updates pending',
    );
  });

  test('its events and updates as files of its own', () => {
    const events = readFileSync(join(site, 'hosts/web-01.example.org/events.csv'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(events).toHaveLength(116 + 1);
    expect(text('hosts/web-01.example.org/index.html')).toContain('All 116 events as CSV');
    expect(readFileSync(join(site, 'hosts/vault/updates.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('data', () => {
  test('sizes, hashes and rows on the page are those of the files', () => {
    const sums = readFileSync(join(site, 'data/SHA256SUMS'), 'utf8').trimEnd().split('\n');
    const files = readdirSync(join(site, 'data')).filter((name) => /\.(csv|parquet)$/.test(name));
    expect(sums).toHaveLength(files.length);
    for (const line of sums) {
      const [sha256 = '', name = ''] = line.split('  ');
      expect(
        createHash('sha256')
          .update(readFileSync(join(site, 'data', name)))
          .digest('hex'),
      ).toBe(sha256);
      expect(html('data/index.html')).toContain(sha256);
      expect(html('data/index.html')).toContain(`href="../data/${name}"`);
    }
  });

  test('columns are explained', () => {
    expect(html('data/index.html')).toContain('href="../method/update-spells/index.html#update_spells"');
    expect(text('method/update-spells/index.html')).toContain(
      'opened_not_before TIMESTAMP Last complete reading at which it was not on offer',
    );
  });

  test('every model stands there as it ran, and every number with its question', () => {
    for (const { name, sql } of allModels) {
      expect(text(`method/${name}/index.html`)).toContain(sql.replace(/\s+/g, ' ').trim());
    }
    const method = text('method/index.html');
    for (const { what, sql } of shownNumbers) {
      expect(method).toContain(`${what} ${sql.replace(/\s+/g, ' ').trim()}`);
    }
  });
});

describe('links', () => {
  test('every one of them leads to something inside the site, but for the sources that people name', () => {
    expect(brokenLinks(site)).toEqual([
      'exceptions/index.html → https://tickets.example.org/4711',
      'policies/cyber-essentials-3.3/index.html → https://www.ncsc.gov.uk/cyberessentials/resources',
      'policies/pci-dss-4.0.1/index.html → https://www.pcisecuritystandards.org/document_library/',
    ]);
  });
});

describe('what a host prints', () => {
  test('is text on every page, whatever it looks like', () => {
    const raw = [
      hostile.html,
      '<img',
      '<script>',
      'onerror="',
      `"${hostile.attribute}`,
      '\u001b',
      '\u0007',
      '\u202e',
    ];
    for (const page of listPages(site)) {
      const withoutScript = html(page).replace(
        /<script src="(\.\.\/)*assets\/list\.js" defer><\/script>/,
        '',
      );
      expect([page, raw.filter((danger) => withoutScript.includes(danger))]).toEqual([page, []]);
    }
    expect(html('hosts/liar/index.html')).toContain('&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;');
  });

  test('makes no attribute: links and names come from ids only', () => {
    const attributes = [...html('hosts/liar/index.html').matchAll(/ ([a-z-]+)="([^"]*)"/g)].map(
      ([, , value = '']) => value,
    );
    for (const value of attributes) expect(value).not.toMatch(/alert|javascript|passwd|onmouseover|cmd\|/);
  });

  test('runs in no spreadsheet and no terminal', () => {
    const csvs = listFiles(site).filter((name) => name.endsWith('.csv'));
    expect(csvs.length).toBeGreaterThan(20);
    for (const name of csvs) {
      const content = readFileSync(join(site, name), 'utf8');
      expect([name, content]).toEqual([name, expect.not.stringMatching(/(^|,)"?[=+\-@\t\r]/m)]);
      // oxlint-disable-next-line no-control-regex -- finding control characters is what this is for
      expect([name, content]).toEqual([name, expect.not.stringMatching(/(?!\n)[\p{Cc}\u202a-\u202e]/u)]);
    }
    expect(readFileSync(join(site, 'data/install_events.csv'), 'utf8')).toContain(`"'-2+3"`);
  });
});
