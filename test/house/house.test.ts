/** Rules of the house that no linter knows. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tracked = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  .split('\0')
  .filter(Boolean);
const code = tracked.filter((path) => /\.(ts|tsx|mjs|astro|sql|sh|css|js)$/.test(path));
const texts = tracked.filter(
  (path) => !/\.(png|parquet|gz|bin)$/.test(path) && !path.startsWith('test/fixtures/'),
);

describe('the house', () => {
  test('there is code to look at', () => {
    expect(code.length).toBeGreaterThan(50);
  });

  test('no file of code is longer than 400 lines', () => {
    // A golden script is output: what makes it is counted.
    const written = code.filter((path) => !path.startsWith('test/golden/'));
    expect(written.filter((path) => read(path).split('\n').length > 401)).toEqual([]);
  });

  test('no test is skipped, focused or left for later', () => {
    const marks = /\b(test|it|describe)\.(skip|only|todo|skipIf|fails)\b/;

    expect(
      code.filter(
        (path) => path.startsWith('test/') && path !== 'test/house/house.test.ts' && marks.test(read(path)),
      ),
    ).toEqual([]);
  });

  test('rooms are joined by plain imports that the linter can see', () => {
    const dynamic = /\bimport\(\s*['"`](#|\.\.\/)/;

    expect(code.filter((path) => path !== 'test/house/house.test.ts' && dynamic.test(read(path)))).toEqual(
      [],
    );
  });

  test('no path of the machine it was written on', () => {
    const here = root.replace(/\/$/, '');

    expect(texts.filter((path) => read(path).includes(here))).toEqual([]);
  });

  test('no host of a package registry', () => {
    const hosts = [...npmHosts(), ...aptHosts()];

    expect(hosts.length).toBeGreaterThan(0);
    expect(texts.filter((path) => hosts.some((host) => read(path).includes(host)))).toEqual([]);
    expect(read('package-lock.json')).not.toMatch(/"resolved": "http/);
  });

  test('every dependency is pinned to one version', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const versions = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.values(manifest[kind] ?? {}),
    );

    expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test('.ci/run calls the test command of the README', () => {
    expect(read('.ci/run')).toMatch(/^npm test$/m);
    expect(read('README.md')).toMatch(/^npm test$/m);
  });

  test('the licence is the whole Apache License 2.0', () => {
    expect(read('LICENSE')).toContain('Version 2.0, January 2004');
    expect(read('LICENSE')).toContain('END OF TERMS AND CONDITIONS');
  });

  test('every document that a document points to is there', () => {
    const missing = tracked
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) =>
        [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
          .map(([, target = '']) => join(path, '..', target))
          .filter(
            (target) =>
              !tracked.includes(target) &&
              !tracked.some((other) => other.startsWith(`${target.replace(/\/$/, '')}/`)),
          )
          .map((target) => `${path} → ${target}`),
      );

    expect(missing).toEqual([]);
  });
});

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function run(command: string, args: string[]): string {
  const { stdout, status, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Only the mirrors set up on this machine can be told; the public registries' names are no secret but no business of ours. */
function npmHosts(): string[] {
  const registry = run('npm', ['config', 'get', 'registry']).trim();
  return URL.canParse(registry) ? [new URL(registry).host] : [];
}

function aptHosts(): string[] {
  const { stdout } = spawnSync('apt-get', ['indextargets', '--format', '$(SITE)'], { encoding: 'utf8' });
  return [...new Set(stdout.split('\n').filter((site) => URL.canParse(site)))]
    .map((site) => new URL(site).host)
    .filter(Boolean);
}
