/** Which columns of a list say which machine a row is: by their names, or as a person says. */
import { closest } from 'fastest-levenshtein';
import { clean } from '#data/model/clean.ts';
import { Failure } from '#data/model/failure.ts';

export const columnKinds = ['id', 'name', 'address', 'status'] as const;
export type ColumnKind = (typeof columnKinds)[number];

/** By kind: columns, as indices. */
export type Columns = { [kind in ColumnKind]: number[] };

/**
 * What CMDBs and clouds call them: ServiceNow, AWS, Azure, Google Cloud, vSphere, Hetzner and spreadsheets of people.
 * Words in small letters; what ServiceNow adds to columns of one's own (`u_`) is left out.
 */
const usualNames: { [kind in ColumnKind]: string[] } = {
  id: [
    'id',
    'host id',
    'hostid',
    'instance id',
    'resource id',
    'vm id',
    'vmid',
    'server id',
    'asset id',
    'asset tag',
    'ci id',
  ],
  name: [
    'hostname',
    'host name',
    'host',
    'name',
    'fqdn',
    'fully qualified domain name',
    'dns',
    'dns name',
    'dns host name',
    'dns hostname',
    'server',
    'server name',
    'servername',
    'computer',
    'computer name',
    'computername',
    'machine',
    'machine name',
    'vm',
    'vm name',
    'device',
    'device name',
    'node',
    'node name',
    'instance name',
    'ci name',
    'private dns name',
    'public dns name',
    'display name',
    'guest host name',
    'system name',
  ],
  address: [
    'ip',
    'ips',
    'ip address',
    'ipaddress',
    'ip addresses',
    'address',
    'addresses',
    'ipv4',
    'ipv6',
    'ipv4 address',
    'ipv6 address',
    'private ip',
    'private ip address',
    'private ips',
    'private ipv4 address',
    'public ip',
    'public ip address',
    'public ipv4 address',
    'internal ip',
    'external ip',
    'primary ip',
    'primary ip address',
    'primary ipv4',
    'management ip',
    'guest ip address',
  ],
  status: [
    'status',
    'state',
    'install status',
    'operational status',
    'lifecycle',
    'lifecycle status',
    'life cycle status',
    'lifecycle stage',
    'life cycle stage',
    'lifecycle state',
    'instance state',
    'asset status',
    'ci status',
  ],
};

/** Words of a status that mean: this machine is not there any more. A stopped one still is. */
export const retiredWords = [
  'retired',
  'decommissioned',
  'decommission',
  'disposed',
  'terminated',
  'deleted',
  'removed',
  'destroyed',
  'scrapped',
  'archived',
  'absent',
  'stolen',
  'sold',
  'end of life',
];

/**
 * @param header names of columns, as the file has them
 * @param said names that a person gave, by kind
 * @throws Failure 'usage' when a name is none, or no column tells machines apart
 */
export function chooseColumns(header: string[], said: { [kind in ColumnKind]?: string[] }): Columns {
  const columns = { id: [], name: [], address: [], status: [] } as Columns;
  for (const kind of columnKinds) {
    const wanted = said[kind];
    columns[kind] =
      wanted === undefined
        ? [...header.keys()].filter((index) => usualNames[kind].includes(plain(header[index] ?? '')))
        : wanted.map((name) => find(header, name, kind));
  }
  if (columns.id.length + columns.name.length + columns.address.length > 0) return columns;
  throw new Failure(
    'usage',
    `no column is known to hold names or addresses: the first line has ${shown(header)}`,
    {
      nextStep: 'say which: --name-column NAME, --address-column NAME or --id-column NAME',
      exitCode: 2,
    },
  );
}

/** The names of columns with what they are taken for, for the record. */
export function describeColumns(header: string[], columns: Columns): string[] {
  return columnKinds.flatMap((kind) =>
    columns[kind].map((index) => `${kind}: ${clean(header[index] ?? '', 80)}`),
  );
}

function find(header: string[], name: string, kind: ColumnKind): number {
  const found = [...header.keys()].filter(
    (index) => header[index]?.toLowerCase() === name.trim().toLowerCase(),
  );
  if (found.length === 1 && found[0] !== undefined) return found[0];
  const near = header.length === 0 ? '' : ` (did you mean '${clean(closest(name, header), 80)}'?)`;
  throw new Failure(
    'usage',
    found.length > 1
      ? `--${kind}-column: ${found.length} columns are called '${clean(name, 80)}'`
      : `--${kind}-column: there is no column '${clean(name, 80)}'${near}`,
    { nextStep: `the first line has ${shown(header)}`, exitCode: 2 },
  );
}

/** 'PrivateIpAddress', 'private_ip_address' and 'Private IP address' are one name. */
function plain(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()
    .replace(/^u /, '');
}

function shown(header: string[]): string {
  const names = header.slice(0, 20).map((name) => `'${clean(name, 40)}'`);
  return names.join(', ') + (header.length > names.length ? ', …' : '');
}
