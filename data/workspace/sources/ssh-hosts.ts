/** Hosts of a configuration of ssh: every name that stands there whole. */
import { quoted } from '../problems.ts';
import type { Place, Problem } from '../problems.ts';
import { HostSettings } from '../schemas.ts';
import type { SourceOptions } from './ansible.ts';
import { hostIdOf } from './claims.ts';
import type { Claim, SettingKey } from './claims.ts';
import { evaluate, literalNames, readSshConfig } from './ssh-config.ts';
import type { SshHost, SshLine } from './ssh-config.ts';

/** The file that ssh reads by itself. */
const ownConfig = '~/.ssh/config';

/**
 * @param source the file, as people write it
 * @param named where it is named
 */
export function readSshHosts(source: string, named: Place, options: SourceOptions): Claim[] {
  const { problems } = options;
  const lines = readSshConfig(source, options);
  if (lines === undefined) {
    problems.push({ ...named, message: `there is no file ${quoted(source)}` });
    return [];
  }
  const claims = new Map<string, Claim>();
  for (const { names, place } of literalNames(lines)) {
    for (const name of withoutAliases(names, lines)) {
      const id = hostIdOf(name, place, problems);
      if (id === undefined || claims.has(id)) continue;
      claims.set(id, claimOf({ id, name, place }, evaluate(lines, name), { source, problems }));
    }
  }
  return [...claims.values()];
}

/** Names of one line that lead to the same HostName are one host with several names: the first one is its id. */
function withoutAliases(names: string[], lines: SshLine[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => {
    const hostName = evaluate(lines, name).hostName?.value;
    if (hostName === undefined || hostName.includes('%h')) return true;
    const isFirst = !seen.has(hostName);
    seen.add(hostName);
    return isFirst;
  });
}

function claimOf(
  { id, name, place }: { id: string; name: string; place: Place },
  said: SshHost,
  { source, problems }: { source: string; problems: Problem[] },
): Claim {
  const places = new Map<SettingKey, Place>();
  const settings: HostSettings = {};
  const state = (key: 'address' | 'port' | 'user', value: unknown, where: Place): void => {
    const { data, error } = HostSettings.shape[key].safeParse(value);
    if (error === undefined) Object.assign(settings, { [key]: data });
    else problems.push({ ...where, message: `${key} of ${quoted(name)}: ${error.issues[0]?.message}` });
    places.set(key, where);
  };
  if (said.hostName !== null) state('address', fillName(said.hostName.value, name), said.hostName.place);
  if (said.port !== null) state('port', portOf(said.port.value), said.port.place);
  if (said.user !== null) state('user', said.user.value, said.user.place);
  const isOwn = source === ownConfig;
  const doubts =
    said.onlySsh === null || isOwn
      ? []
      : [
          {
            ...said.onlySsh,
            key: 'transport' as const,
            message: `only ssh itself can follow this, and it reads ${ownConfig}, not ${source}`,
          },
        ];
  return {
    id, kind: 'ssh-config', place, groups: [], settings, places, usualAddress: name, doubts,
    onlyOpenssh: said.onlySsh,
    knownToSsh: isOwn,
  };
}

/** ssh_config(5), TOKENS: HostName accepts these two. */
function fillName(hostName: string, name: string): string {
  return hostName.replace(/%[%h]/g, (token) => (token === '%h' ? name : '%'));
}

function portOf(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}
