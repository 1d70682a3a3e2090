import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ecosystems, findEcosystem } from '#ecosystems/registry.ts';

/** What families share is no family. */
const shared = ['linux', 'rpm'];

test('every family folder is registered under its own name', () => {
  const folders = readdirSync(new URL('../../ecosystems/', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !shared.includes(entry.name))
    .map((entry) => entry.name);
  expect(ecosystems.map((family) => family.id).sort()).toEqual(folders.sort());
});

test('a family is found by its id, and nothing else is', () => {
  expect(findEcosystem('apt')?.id).toBe('apt');
  expect(findEcosystem('constructor')).toBeUndefined();
});
