/** Advisories from updateinfo.xml: the command on real files as vendors write them, and the parser on what cannot be. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dateBounds, parseUpdateinfo, updateinfoSection } from '#ecosystems/rpm/updateinfo.ts';
import { mustRun, runTool } from '#test/tools.ts';
import { buildSource } from './build.ts';
import { contextOf, outputOf } from '../contract.ts';

/** As Rocky and Fedora write it, one element a line. */
const rocky = `<?xml version="1.0" encoding="UTF-8"?>
<updates>
  <update from="x" status="final" type="security" version="2">
    <id>RLSA-2026:1</id>
    <title>Important: own &amp; &quot;others&quot; &#228;</title>
    <issued date="2026-03-01 10:00:00"/>
    <updated date="2026-04-01 10:00:00"/>
    <severity>Important</severity>
    <description>Text with
 &lt;id&gt;RLSA-0000:0&lt;/id&gt; and more
    </description>
    <references>
      <reference href="https://x.example/1" id="CVE-2026-0002" type="cve" title="CVE-2026-0002"/>
      <reference href="https://x.example/2" id="CVE-2026-0001" type="cve" title=""/>
      <reference href="https://x.example/3" id="12" type="bugzilla" title="CVE-2026-0003 own: bad"/>
    </references>
    <pkglist>
      <collection short="b"><name>b</name>
        <package name="own" version="1.0" release="2.el9" epoch="2" arch="noarch" src="own.src.rpm">
          <filename>own.rpm</filename>
        </package>
        <package name="absent" version="1.0" release="2.el9" epoch="0" arch="noarch" src="own.src.rpm"/>
      </collection>
    </pkglist>
  </update>
  <update from="x" status="final" type="security" version="2">
    <id>RLSA-2026:2</id><title>of nothing that is here</title><issued date="2026-03-01 10:00:00"/>
    <pkglist><collection short="b"><package name="absent" version="1.0" release="2.el9" epoch="0" arch="noarch"/></collection></pkglist>
  </update>
</updates>
`;
/** As Amazon 2023 writes it: everything in one line, and attributes in another order. */
const amazon =
  '<?xml version="1.0" ?>\n<updates><update status="final" version="1.4" author="x" type="security" from="x"><id>ALAS2023-2026-001</id><title>own</title><issued date="2026-02-17 20:41" /><updated date="2026-02-22 23:22:00" /><severity>medium</severity><description>a\n\tb</description><references><reference href="x" title="" id="CVE-2026-0001" type="cve" /></references><pkglist><collection short="amazon"><module context="c" stream="18" name="own" arch="x" version="1"/><package epoch="0" arch="noarch" release="1.amzn2023" version="1.1" name="own"><filename>x</filename></package></collection></pkglist></update></updates>';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchledger-updateinfo-'));
  const [rpm = ''] = buildSource(
    { name: 'own', version: '1.0', release: '1.el9', epoch: 2, architecture: 'noarch' },
    folder,
  );
  mustRun(['env', `HOME=${folder}`, 'rpm', '-i', '--justdb', '--nosignature', rpm]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ask(files: { [name: string]: string | Buffer }): ReturnType<typeof parseUpdateinfo> {
  const cache = mkdtempSync(join(folder, 'cache-'));
  for (const [name, content] of Object.entries(files)) {
    const repodata = join(cache, `${name.split('/')[0]}-0123456789abcdef/repodata`);
    mkdirSync(repodata, { recursive: true });
    writeFileSync(join(repodata, name.split('/')[1] ?? ''), content);
    writeFileSync(join(repodata, 'repomd.xml'), '');
  }
  const { command } = updateinfoSection([`${cache}/*/repodata/*updateinfo.xml*`]);
  const ran = runTool(['env', `HOME=${folder}`, 'sh', '-c', command]);
  return parseUpdateinfo(contextOf({ 'rpm-advisories': outputOf(ran.stdout, { exitStatus: ran.status }) }));
}

describe('the command and its parser', () => {
  test('an advisory on what is installed, with its CVEs; text between tags is no tag', () => {
    const { files, problem, rejections } = ask({ 'baseos/1-updateinfo.xml': rocky });
    expect([problem, rejections, files.map((file) => file.whole)]).toEqual([null, [], [true]]);
    expect(files[0]?.advisories).toEqual([
      {
        id: 'RLSA-2026:1',
        kind: 'security',
        severity: 'important',
        issued: { not_before: '2026-03-01T10:00:00.000Z', not_after: '2026-03-01T10:00:00.999Z' },
        cves: ['CVE-2026-0001', 'CVE-2026-0002', 'CVE-2026-0003'],
        title: 'Important: own & "others" ä',
        packages: [{ name: 'own', version: '2:1.0-2.el9', architecture: 'noarch', module: null }],
      },
    ]);
  });

  test('a file in one line, of a module, with a date to the minute', () => {
    const [file] = ask({ 'amazon/1-updateinfo.xml': amazon }).files;
    expect(file?.advisories).toEqual([
      {
        id: 'ALAS2023-2026-001',
        kind: 'security',
        severity: 'medium',
        issued: { not_before: '2026-02-17T20:41:00.000Z', not_after: '2026-02-17T20:41:59.999Z' },
        cves: ['CVE-2026-0001'],
        title: 'own',
        packages: [{ name: 'own', version: '1.1-1.amzn2023', architecture: 'noarch', module: 'own:18' }],
      },
    ]);
  });

  test.each([
    ['gz', (text: string) => gzipSync(text)],
    ['xz', (text: string) => packed('xz -c', text)],
    ['zst', (text: string) => packed('zstd -qc', text)],
    ['bz2', (text: string) => packed('bzip2 -c', text)],
  ])('packed with %s', (ending, pack) => {
    const [file] = ask({ [`b/1-updateinfo.xml.${ending}`]: pack(rocky) }).files;
    expect([file?.whole, file?.advisories.length]).toEqual([true, 1]);
  });

  test('a file that ends too early, or cannot be unpacked, is not whole', () => {
    const cut = ask({ 'b/1-updateinfo.xml': rocky.slice(0, -12) }).files;
    expect(cut.map((file) => [file.whole, file.advisories.length])).toEqual([[false, 1]]);
    const torn = ask({ 'b/1-updateinfo.xml.gz': gzipSync(rocky).subarray(0, 200) }).files;
    expect(torn.map((file) => file.whole)).toEqual([false]);
    const unknown = ask({ 'b/1-updateinfo.xml.zck': 'zck' }).files;
    expect(unknown.map((file) => [file.whole, file.advisories.length])).toEqual([[false, 0]]);
  });
});

function packed(packer: string, text: string): Buffer {
  return Buffer.from(mustRun(['sh', '-c', `${packer} | base64 -w 0`], text), 'base64');
}

describe('ids, kinds and severities are taken by their shape, whoever the vendor', () => {
  const read = (fields: string) =>
    parseUpdateinfo(
      contextOf({
        'rpm-advisories': `file\t/x/b-0123456789abcdef/repodata/u\t1\nadvisory\t${fields}\nwhole\n`,
      }),
    );

  test.each([
    'RHSA-2026:12345',
    'RLSA-2026:1',
    'RLBA-2026:1',
    'ALSA-2026:A001',
    'ELSA-2026-1234',
    'ELBA-2026-12345-1',
    'ALAS2-2018-939',
    'ALAS2023LIVEPATCH-2023-001',
    'FEDORA-2026-4a08954c02',
    'FEDORA-EPEL-2026-deafa21e1d',
    'CEBA-2026:0001',
    'openSUSE-SLE-15.5-2026-1234',
  ])('%s', (id) => {
    expect(read(`${id}\tsecurity\tfinal\t\t\tLow\tt`).files[0]?.advisories[0]?.id).toBe(id);
  });

  test.each(['', 'a', '$(id)', 'RLSA 2026', `${'x'.repeat(101)}`, '<b>'])('%j is none', (id) => {
    const { files, rejections } = read(`${id}\tsecurity\tfinal\t\t\tLow\tt`);
    expect([files[0]?.advisories, rejections.map((row) => row.reason)]).toEqual([[], ['An advisory.']]);
  });

  test.each([
    ['Critical', 'critical'],
    ['Urgent', 'urgent'],
    ['Medium', 'medium'],
    ['HIGH', 'high'],
    ['None', null],
    ['', null],
    ['Unknown', null],
  ])('severity %j is %j', (said, severity) => {
    expect(read(`RLSA-2026:1\tsecurity\tfinal\t\t\t${said}\tt`).files[0]?.advisories[0]?.severity).toBe(
      severity,
    );
  });

  test.each([
    ['newpackage', 'newpackage'],
    ['unspecified', 'unspecified'],
    ['Enhancement', 'enhancement'],
    ['', 'unspecified'],
  ])('type %j is %j', (said, kind) => {
    expect(read(`RLSA-2026:1\t${said}\tfinal\t\t\t\tt`).files[0]?.advisories[0]?.kind).toBe(kind);
  });

  test('without a day of issue that of the last edit is taken, and without either none', () => {
    const issued = (dates: string) =>
      read(`RLSA-2026:1\tsecurity\tfinal\t${dates}\tLow\tt`).files[0]?.advisories[0]?.issued;
    expect(issued('\t2026-03-01 10:00:00')?.not_before).toBe('2026-03-01T10:00:00.000Z');
    expect(issued('soon\tlater')).toBeNull();
  });

  test('a package that cannot be one is rejected', () => {
    const text =
      'file\t/x/b-0123456789abcdef/repodata/u\t1\nadvisory\tRLSA-2026:1\tsecurity\tfinal\t\t\t\tt\npackage\ta;id\t0\t1\t1\tnoarch\t\nnoise\n';
    const { files, rejections } = parseUpdateinfo(contextOf({ 'rpm-advisories': text }));
    expect(files[0]?.advisories[0]?.packages).toEqual([]);
    expect(rejections.map((row) => row.reason)).toEqual([
      'A package of an advisory.',
      'A line about advisories.',
    ]);
  });
});

describe('dateBounds', () => {
  test.each([
    ['2026-03-01 10:00:00', '2026-03-01T10:00:00.000Z', '2026-03-01T10:00:00.999Z'],
    ['2026-03-01 10:00', '2026-03-01T10:00:00.000Z', '2026-03-01T10:00:59.999Z'],
    ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00.000Z', '2026-03-01T10:00:00.999Z'],
    ['2026-03-01 10:00:00 UTC', '2026-03-01T10:00:00.000Z', '2026-03-01T10:00:00.999Z'],
    ['2026-03-01', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
    ['2026-03-01 00:00:00', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
    ['1717171717', '2024-05-31T16:08:37.000Z', '2024-05-31T16:08:37.999Z'],
  ])('%s', (text, not_before, not_after) => {
    expect(dateBounds(text)).toEqual({ not_before, not_after });
  });

  test.each(['', 'soon', '2026-13-01', '2026-03-01 25:00:00', '12', '2026-03-01 10:00:00 CET'])(
    '%j is no date',
    (text) => {
      expect(dateBounds(text)).toBeNull();
    },
  );
});
