/** The command `population`: where hosts are listed, and what a list of others knows besides. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { verifyLedger } from '#data/ledger/verify.ts';

const above = mkdtempSync(join(tmpdir(), 'patchledger-population-'));
const folder = join(above, 'ws');
mkdirSync(join(folder, 'inventory'), { recursive: true });
writeFileSync(
  join(folder, 'patchledger.yaml'),
  'collector: main\nzone: Europe/Zurich\ninventory: { ansible: [../hosts] }\n',
);
writeFileSync(
  join(folder, 'inventory/own.yaml'),
  'hosts:\n  web1: { owner: Web team }\n  box: { transport: local }\n',
);
writeFileSync(
  join(above, 'hosts'),
  '[web]\nweb1 ansible_host=127.96.7.1\nweb2 ansible_host="{{ ip }}" ansible_password=hunter2\n',
);
afterAll(() => rmSync(above, { recursive: true, force: true }));

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const run = (...words: string[]) =>
  spawnSync(process.execPath, [program, ...words, '-w', folder], { encoding: 'utf8' });

/** Writes a list, and gives its path. */
function list(text: string | Uint8Array, name = 'cmdb.csv'): string {
  writeFileSync(join(above, name), text);
  return join(above, name);
}

describe('population', () => {
  test('every host with how it is reached and every place that lists it; what is not understood beside', () => {
    const { stdout, stderr, status } = run('population');

    expect(status).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['HOST', 'REACHED', 'OWNER', 'GROUPS', 'LISTED IN'],
      ['box', 'local', 'nobody named', 'inventory/own.yaml:3:3'],
      ['web1', 'ssh 127.96.7.1', 'Web team', 'web', 'inventory/own.yaml:2:3, ../hosts:2:1'],
      ['web2', 'not understood', 'nobody named', 'web', '../hosts:3:1'],
      [''],
    ]);
    expect(stderr).toContain(
      "../hosts:3:6: host 'web2': the address is a template ('{{ ip }}'), which only Ansible can fill in",
    );
    expect(stderr).toContain('3 hosts');
  });

  test('the same as JSON', () => {
    const { hosts, notices } = JSON.parse(run('population', '--json').stdout);

    expect(hosts[1]).toMatchObject({
      host_id: 'web1',
      listed_in: [
        { kind: 'inventory', line: 2 },
        { kind: 'ansible', line: 2 },
      ],
    });
    expect(notices.map(({ host_id, prevents_contact }: never) => [host_id, prevents_contact])).toEqual([
      ['web1', false],
      ['web2', true],
    ]);
  });

  test('a host that is not understood is unread with the reason, and nobody is contacted for it', () => {
    const { stdout, status } = run('scan', 'web2', '--json');
    const [host] = JSON.parse(stdout).hosts;

    expect(status).toBe(3);
    expect(host).toMatchObject({
      status: 'unreachable',
      reason:
        "../hosts:3:6: host 'web2': the address is a template ('{{ ip }}'), which only Ansible can fill in.",
      next_step: 'Say it in plain words in inventory/*.yaml: hosts: { web2: { … } }',
    });
  });

  test('doctor has it as a problem', () => {
    const { stdout, status } = run('doctor');

    expect(status).toBe(1);
    expect(stdout).toContain("PROBLEM population: ../hosts:3:6: host 'web2': the address is a template");
  });
});

describe('population compare', () => {
  test('both differences by name; 3; an entry of the record', async () => {
    const { stdout, status } = run(
      'population',
      'compare',
      list('Name;IP;Status\nWEB1;;Live\nbox;;Live\nshop;10.0.0.7;Live\ngone;;Retired\n'),
      '--source',
      'ServiceNow',
      '--date',
      '2026-01-15',
    );

    expect(status).toBe(3);
    expect(stdout).toBe(
      'ServiceNow, of 2026-01-15: 4 rows, 1 of them retired, 0 without a name\n' +
        '  compared by name: Name, address: IP, status: Status\n' +
        '2 of 3 hosts are in both\n' +
        'only there, 1: shop (line 4)\n' +
        'only here, 1: web2\n',
    );
    expect(await verifyLedger(join(folder, 'ledger'))).toMatchObject({ ok: true });
  });

  test('when nothing differs: 0', () => {
    const { stdout, status } = run(
      'population',
      'compare',
      list('host\nweb1\nweb2\nbox\n'),
      '--source',
      'Spreadsheet',
      '--json',
    );

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      source: 'Spreadsheet',
      hosts: 3,
      in_both: 3,
      only_there: 0,
      only_there_rows: [],
      hosts_not_in_both: [],
    });
  });

  test('a list without a day is of the day on which the file was last changed, in the zone of the workspace', () => {
    const file = list('host\nweb1\n', 'dated.csv');
    utimesSync(file, new Date('2026-01-31T23:30:00Z'), new Date('2026-01-31T23:30:00Z'));
    const said = JSON.parse(run('population', 'compare', file, '--source', 'Old', '--json').stdout);

    expect(said).toMatchObject({
      dated: '2026-02-01',
      dated_by: 'file',
      dated_at: '2026-01-31T23:30:00.000Z',
    });
  });

  test('a day ends at 24:00 of the zone', () => {
    const said = JSON.parse(
      run('population', 'compare', list('host\nweb1\n'), '--source', 'x', '--date', '2026-01-15', '--json')
        .stdout,
    );

    expect(said).toMatchObject({
      dated: '2026-01-15',
      dated_by: 'given',
      dated_at: '2026-01-15T23:00:00.000Z',
    });
  });

  test('a formula, a colour and a line end in a cell are text, on the terminal too', () => {
    const { stdout, status } = run(
      'population',
      'compare',
      list('name\n"=cmd|\' /C calc\'!A0"\n"\u001b[31mred\nline"\n'),
      '--source',
      'x',
    );

    expect(status).toBe(3);
    expect(stdout).toContain("only there, 2: =cmd|' /C calc'!A0 (line 2), \\x1b[31mred\\x0aline (line 3)");
  });

  test.each<[string, string[], string]>([
    ['no file', ['no-such.csv', '--source', 'x'], 'no-such.csv cannot be read (ENOENT)'],
    ['no source', [list('host\nweb1\n', 'a.csv')], "required option '--source <name>' not specified"],
    [
      'an empty source',
      [list('host\nweb1\n', 'a.csv'), '--source', ' '],
      '--source: expected 1 to 120 characters on one line',
    ],
    [
      'a day that is none',
      [list('host\nweb1\n', 'a.csv'), '--source', 'x', '--date', '2026-02-30'],
      '--date: expected YYYY-MM-DD',
    ],
    [
      'a day to come',
      [list('host\nweb1\n', 'a.csv'), '--source', 'x', '--date', '2999-01-01'],
      '--date: 2999-01-01 is in the future',
    ],
    [
      'a column that is none',
      [list('host\nweb1\n', 'a.csv'), '--source', 'x', '--name-column', 'hots'],
      "--name-column: there is no column 'hots' (did you mean 'host'?)",
    ],
    [
      'a list without names',
      [list('owner\nAnna\n', 'b.csv'), '--source', 'x'],
      "no column is known to hold names or addresses: the first line has 'owner'",
    ],
    [
      'a spreadsheet',
      [list('PK\u0003\u0004', 'c.csv'), '--source', 'x'],
      'it is a spreadsheet or an archive, not CSV',
    ],
    [
      'a broken line',
      [list('host,ip\nweb1,"x\n', 'd.csv'), '--source', 'x'],
      'line 2: a quotation mark is opened here and never closed',
    ],
  ])('%s: 2, and nothing is recorded', async (_what, words, message) => {
    const before = await verifyLedger(join(folder, 'ledger'));
    const { status, stderr } = run('population', 'compare', ...words);

    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(await verifyLedger(join(folder, 'ledger'))).toEqual(before);
  });

  test('the findings have them, and the secret of the inventory is nowhere in the record', () => {
    const { stdout } = run(
      'query',
      '--json',
      'SELECT source, in_force, in_both FROM comparisons ORDER BY compared_at',
    );

    expect(JSON.parse(stdout).slice(0, 2)).toEqual([
      { source: 'ServiceNow', in_force: true, in_both: 2 },
      { source: 'Spreadsheet', in_force: true, in_both: 3 },
    ]);
    expect(spawnSync('grep', ['-rl', 'hunter2', join(folder, 'ledger')], { encoding: 'utf8' }).stdout).toBe(
      '',
    );
  });
});
