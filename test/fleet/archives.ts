/** Where this machine gets Debian from: the fleet's roots come from the same place. */
import { mustRun } from '#test/tools.ts';

export interface Archives {
  main: string;
  security: string;
}

/** @throws Error when this machine's apt knows no Debian archive */
export function findArchives(): Archives {
  const lines = mustRun([
    'apt-get',
    'indextargets',
    '--format',
    '$(ORIGIN)|$(LABEL)|$(CODENAME)|$(REPO_URI)',
    'Created-By: Packages',
  ]).split('\n');
  const find = (label: string, codename: RegExp) => {
    const found = lines
      .map((line) => line.split('|'))
      .find(([origin, is, name]) => origin === 'Debian' && is === label && codename.test(name ?? ''));
    return found?.[3]?.replace(/\/$/, '');
  };
  const main = find('Debian', /^[a-z]+$/);
  const security = find('Debian-Security', /-security$/);
  if (main === undefined || security === undefined)
    throw new Error(
      'the fleet needs a Debian machine whose apt knows the main and the security archive: apt-get update',
    );
  return { main, security };
}
