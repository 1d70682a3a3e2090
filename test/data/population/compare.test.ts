/** Which machine of a list is which host: every kind of likeness, and what fits several. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseColumns, describeColumns, retiredWords } from '#data/population/columns.ts';
import type { ColumnKind } from '#data/population/columns.ts';
import { comparePopulation } from '#data/population/compare.ts';
import type { Comparison, KnownHost } from '#data/population/compare.ts';
import { readCsv } from '#data/population/csv.ts';
import { listMachines } from '#data/population/listed.ts';

const host = (host_id: string, address: string | null = null, hostname: string | null = null): KnownHost => ({
  host_id,
  address,
  hostname,
});

function compare(
  text: string,
  hosts: KnownHost[],
  said: { [kind in ColumnKind]?: string[] } = {},
  retired: readonly string[] = retiredWords,
): Comparison {
  const csv = readCsv(Buffer.from(text));
  return comparePopulation(listMachines(csv, chooseColumns(csv.header, said), retired), hosts);
}

const rows = ({ rows: all }: Comparison) =>
  all.map(({ outcome, host_id, matched_by }) => [outcome, host_id, matched_by]);
const outcomes = ({ hosts }: Comparison) =>
  Object.fromEntries(hosts.map(({ host_id, outcome }) => [host_id, outcome]));

describe('likeness', () => {
  /** [what, list, hosts, what becomes of its first row] */
  const cases: [string, string, KnownHost[], [string, string | null, string | null]][] = [
    [
      'the id of the inventory',
      'instance id,name\ni-0ab,shop\n',
      [host('i-0ab')],
      ['matched', 'i-0ab', 'id'],
    ],
    [
      'the name, whatever its capitals and its last dot',
      'name\nWEB1.Example.org.\n',
      [host('web1.example.org')],
      ['matched', 'web1.example.org', 'name'],
    ],
    [
      'the name that is its address',
      'hostname\nweb1.example.org\n',
      [host('shop', 'Web1.example.org')],
      ['matched', 'shop', 'name'],
    ],
    ['the address', 'name,ip\nx,192.0.2.1\n', [host('shop', '192.0.2.1')], ['matched', 'shop', 'address']],
    [
      'one of several addresses, with a mask',
      'name,ip addresses\nx,"10.0.0.1/24, 192.0.2.1; fe80::1"\n',
      [host('shop', '192.0.2.1')],
      ['matched', 'shop', 'address'],
    ],
    [
      'IPv6 in another spelling',
      'name,ip\nx,2001:DB8:0:0::1\n',
      [host('six', '2001:db8::1')],
      ['matched', 'six', 'address'],
    ],
    [
      'an address in a column of names',
      'host\n192.0.2.1\n',
      [host('shop', '192.0.2.1')],
      ['matched', 'shop', 'address'],
    ],
    [
      'a name in a column of addresses',
      'id,address\n1,web1.example.org\n',
      [host('web1.example.org')],
      ['matched', 'web1.example.org', 'name'],
    ],
    [
      'a short name there, a whole one here',
      'name\nweb1\n',
      [host('web1.example.org')],
      ['matched', 'web1.example.org', 'short-name'],
    ],
    [
      'a whole name there, a short one here',
      'fqdn\nweb1.example.org\n',
      [host('web1')],
      ['matched', 'web1', 'short-name'],
    ],
    [
      'two whole names are not one because they begin alike',
      'fqdn\nweb1.a.example\n',
      [host('web1.b.example')],
      ['only-there', null, null],
    ],
    [
      'what the host calls itself',
      'name\nsrv-0815\n',
      [host('shop', null, 'SRV-0815')],
      ['matched', 'shop', 'reported-name'],
    ],
    [
      'its whole name, by its own word',
      'name\nsrv-0815\n',
      [host('shop', null, 'srv-0815.example.org')],
      ['matched', 'shop', 'reported-name'],
    ],
    ['nothing at all', 'name\nweb9\n', [host('web1')], ['only-there', null, null]],
    [
      'a machine that is retired and not here',
      'name,status\nold,Retired\n',
      [host('web1')],
      ['retired', null, null],
    ],
    ['a row without any name', 'name,ip,owner\n,,Anna\n', [host('web1')], ['unusable', null, null]],
    [
      'an address as the id of a host',
      'name,ip\nx,192.0.2.9\n',
      [host('192.0.2.9', '192.0.2.9')],
      ['matched', '192.0.2.9', 'address'],
    ],
  ];
  test.each(cases)('%s', (_what, text, hosts, expected) => {
    expect(rows(compare(text, hosts))[0]).toEqual(expected);
  });

  test("the surer one goes first: nobody's place is taken by a host's own word", () => {
    const compared = compare('name\nfinance-db\nweb1\n', [
      host('web1', null, 'finance-db'),
      host('finance-db'),
    ]);

    expect(rows(compared)).toEqual([
      ['matched', 'finance-db', 'name'],
      ['matched', 'web1', 'name'],
    ]);
  });

  test('a host that the list names already does not become another machine by what it calls itself', () => {
    const compared = compare('name\nfinance-db\nweb1\n', [host('web1', null, 'finance-db')]);

    expect(rows(compared)).toEqual([
      ['only-there', null, null],
      ['matched', 'web1', 'name'],
    ]);
  });
});

describe('what fits several is named, never chosen', () => {
  test('a short name of two hosts', () => {
    const compared = compare('name\nweb1\n', [host('web1.a.example'), host('web1.b.example')]);

    expect(compared.rows[0]).toMatchObject({
      outcome: 'ambiguous',
      host_id: null,
      candidates: ['web1.a.example', 'web1.b.example'],
    });
    expect(outcomes(compared)).toEqual({ 'web1.a.example': 'ambiguous', 'web1.b.example': 'ambiguous' });
  });

  test('two machines that could be one host', () => {
    const compared = compare('name\nweb1.a.example\nweb1.b.example\n', [host('web1')]);

    expect(rows(compared)).toEqual([
      ['ambiguous', null, 'short-name'],
      ['ambiguous', null, 'short-name'],
    ]);
    expect(outcomes(compared)).toEqual({ web1: 'ambiguous' });
  });

  test('an address behind which there are two hosts', () => {
    const compared = compare('name,ip\nnat,192.0.2.1\n', [host('a', '192.0.2.1'), host('b', '192.0.2.1')]);

    expect(compared.rows[0]).toMatchObject({ outcome: 'ambiguous', candidates: ['a', 'b'] });
  });

  test('two rows of one machine are one host, and both are counted', () => {
    const compared = compare('name,ip\nweb1,10.0.0.1\nweb1,10.0.0.2\n', [host('web1')]);

    expect(compared.hosts).toEqual([{ host_id: 'web1', address: null, outcome: 'both', lines: 2 }]);
  });
});

describe('retired', () => {
  test('a host that the list calls retired is still here; one that is also there alive is in both', () => {
    const compared = compare('name,lifecycle stage\na,Decommissioned\nb,retired\nb,In use\n', [
      host('a'),
      host('b'),
      host('c'),
    ]);

    expect(outcomes(compared)).toEqual({ a: 'retired-there', b: 'both', c: 'only-here' });
  });

  test('a stopped machine is still there; one’s own words may mean that it is not', () => {
    const text = 'name,state\na,stopped\nb,End-Of-Life\nc,weg\n';
    expect(compare(text, []).rows.map(({ is_retired }) => is_retired)).toEqual([false, true, false]);
    expect(compare(text, [], {}, ['WEG']).rows.map(({ is_retired }) => is_retired)).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('columns', () => {
  test.each([
    [
      'ServiceNow',
      'Name,IP Address,Fully qualified domain name,Install Status,Assigned to',
      ['name: Name', 'name: Fully qualified domain name', 'address: IP Address', 'status: Install Status'],
    ],
    [
      'an export of AWS',
      'InstanceId,PrivateIpAddress,PublicIpAddress,PrivateDnsName,State',
      [
        'id: InstanceId',
        'name: PrivateDnsName',
        'address: PrivateIpAddress',
        'address: PublicIpAddress',
        'status: State',
      ],
    ],
    [
      'a table of one’s own in ServiceNow',
      'u_hostname,u_ip_address',
      ['name: u_hostname', 'address: u_ip_address'],
    ],
    [
      'vSphere',
      'VM Name,Guest Host Name,IP,Power State',
      ['name: VM Name', 'name: Guest Host Name', 'address: IP'],
    ],
  ])('%s', (_what, header, expected) => {
    const names = header.split(',');
    expect(describeColumns(names, chooseColumns(names, {}))).toEqual(expected);
  });

  test('a person may say which, and then no others of that kind count', () => {
    const names = ['Name', 'Node', 'Where', 'IP'];
    expect(describeColumns(names, chooseColumns(names, { name: ['node'] }))).toEqual([
      'name: Node',
      'address: IP',
    ]);
  });

  test.each([
    [
      'nothing that tells machines apart',
      ['Owner', 'Status'],
      {},
      "no column is known to hold names or addresses: the first line has 'Owner', 'Status'",
    ],
    [
      'a column that is none',
      ['Hostname'],
      { name: ['Hostnam'] },
      "--name-column: there is no column 'Hostnam' (did you mean 'Hostname'?)",
    ],
    [
      'a name that two columns have',
      ['IP', 'ip'],
      { address: ['IP'] },
      "--address-column: 2 columns are called 'IP'",
    ],
  ])('%s', (_what, header, said, message) => {
    expect(() => chooseColumns(header, said)).toThrow(message);
  });
});

test('whatever the lists, every host and every row has one outcome, and the same host is never two machines', () => {
  const word = fc.constantFrom('a', 'b', 'c', 'a.x', 'a.y', 'b.x', '10.0.0.1', '10.0.0.2', '');
  const known = fc.uniqueArray(
    fc.record({
      host_id: fc.constantFrom('a', 'b', 'c', 'a.x', 'a.y', 'b.x'),
      address: fc.option(word.filter((one) => one !== '')),
      hostname: fc.option(word),
    }),
    { selector: ({ host_id }) => host_id },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word, fc.constantFrom('', 'retired'))), known, (machines, hosts) => {
      const text = `name,ip,status\n${machines.map((row) => row.join(',')).join('\n')}\n`;
      const { rows: all, hosts: told } = compare(text, hosts);

      expect(told.map(({ host_id }) => host_id)).toEqual(hosts.map(({ host_id }) => host_id));
      for (const row of all) {
        expect(row.host_id !== null).toBe(row.outcome === 'matched');
        expect(row.candidates.length > 0).toBe(row.outcome === 'ambiguous');
        const here = hosts.filter(({ host_id }) => row.names.includes(host_id));
        expect(row.outcome === 'only-there' && here.length > 0).toBe(false);
      }
      for (const one of told) {
        const mine = all.filter(({ host_id }) => host_id === one.host_id);
        expect(one.lines).toBe(mine.length);
        expect(one.outcome === 'both').toBe(mine.some(({ is_retired }) => !is_retired));
        const own = new Set(
          mine.filter(({ matched_by }) => matched_by?.endsWith('-name')).map(({ names }) => names.join(' ')),
        );
        expect(own.size).toBeLessThan(2);
      }
    }),
    { numRuns: 2000 },
  );
});
