/** The installed probe by itself: what it reads of its input, and that it runs nothing of it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { frameReader } from '#collector/probe/frames.ts';
import { probeBuild, renderInstalledProbe } from '#collector/probe/installed.ts';
import { renderProbe, renderProgram, sectionsOf } from '#collector/probe/program.ts';
import { sectionsForRoot } from '#collector/probe/sudoers.ts';
import { positionOnHost, readFrom } from '#ecosystems/log-files.ts';
import { ecosystems } from '#ecosystems/registry.ts';
import { quote } from '#ecosystems/shell.ts';
import { runTool } from '#test/tools.ts';

const mark = 'cd'.repeat(16);
let folder: string;
let probe: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchledger-installed-'));
  probe = join(folder, 'probe');
  writeFileSync(probe, renderInstalledProbe());
});
afterAll(() => rmSync(folder, { recursive: true }));

function answerOf(stdout: string) {
  const limits = new Map(
    ['hello', ...sectionsOf('apt', {}).map(({ name }) => name)].map((name) => [name, 20_000_000]),
  );
  const reader = frameReader({ mark, limits, totalBytes: 67_108_864 });
  reader.push(Buffer.from(stdout));
  return reader.end();
}

describe('the text', () => {
  test('is clean for shellcheck, and the same every time', () => {
    const text = renderInstalledProbe();
    expect(runTool(['shellcheck', '--shell=sh', '--severity=style', '-'], text).stdout).toBe('');
    expect(renderInstalledProbe()).toBe(text);
    expect(text).toContain(`build=${probeBuild()}\n`);
  });

  test('has the sections of what is sent, but for where a log is read from', () => {
    const positions = { dpkg: '2026-09-03T12:00:00' };
    for (const family of ecosystems) {
      const known = new Proxy(positions, { get: () => positions.dpkg });
      const onHost = new Proxy(positions, { get: (_none, log) => positionOnHost(String(log)) });
      const given = family
        .sections(onHost)
        .map(({ command }) => command.replaceAll(/"\$from_[a-z0-9_]+"/g, quote(readFrom(positions.dpkg))));
      expect(given).toEqual(family.sections(known).map(({ command }) => command));
      expect(given.join('\n')).not.toContain('$from_');
    }
  });

  test('sections of one name in several families feed the same subjects, so that a name is enough for sudo', () => {
    const all = ecosystems.flatMap((family) => family.sections({})).filter((spec) => spec.rootReadsMore);
    const byName = Map.groupBy(all, ({ name }) => name);
    for (const [name, specs] of byName)
      expect([name, new Set(specs.map((spec) => spec.subjects.join())).size]).toEqual([name, 1]);
    expect(sectionsForRoot().map(({ name }) => name)).toEqual(expect.arrayContaining([...byName.keys()]));
  });
});

describe('an answer', () => {
  test.each([['dash'], ['bash', '--posix'], ['busybox', 'sh'], ['mksh']])(
    'comes to its end in %s %s, under the mark that was sent, with the sections of what was sent',
    (...shell) => {
      const ran = runTool([...shell, probe], renderProbe(mark, {}));
      expect(ran).toMatchObject({ status: 0, stderr: '' });
      const { frames, finished, preamble } = answerOf(ran.stdout);
      expect([finished, preamble.trim()]).toEqual([true, '']);
      expect([...frames.keys()]).toEqual(['hello', ...sectionsOf('apt', {}).map(({ name }) => name)]);
      expect([...frames.values()].filter(({ exitStatus }) => exitStatus !== 0)).toEqual([]);
      expect(frames.get('hello')?.payload.toString()).toContain(`\nbuild ${probeBuild()}\n`);
    },
  );

  test('to a simulation is the greeting alone', () => {
    const section = {
      ...sectionsOf(null, {})[0]!,
      name: 'apt-simulation',
      command: `touch ${folder}/canary`,
    };
    const { stdout } = runTool(['sh', probe], renderProgram(mark, [section]));
    const { frames, finished } = answerOf(stdout);
    expect([finished, [...frames.keys()]]).toEqual([true, ['hello']]);
    expect(readdirSync(folder)).toEqual(['probe']);
  });

  test('reads on from the positions that were sent', () => {
    const lines = (positions: { [log: string]: string }) =>
      answerOf(runTool(['sh', probe], renderProbe(mark, positions)).stdout)
        .frames.get('dpkg-log')!
        .payload.toString()
        .split('\n')
        .filter((line) => !line.startsWith('#'));
    expect(lines({}).length).toBeGreaterThan(100);
    expect(lines({ dpkg: '2999-01-01T00:00:00' })).toEqual(['']);
  });
});

describe('a section for root', () => {
  const ofThisMachine = sectionsForRoot().filter(({ name }) =>
    sectionsOf('apt', {}).some((spec) => spec.name === name),
  );

  test.each(ofThisMachine)('$name ends as the section does', ({ name, command }) => {
    const given = runTool(['sh', probe, '--section', name]);
    const direct = runTool(['sh', '-c', command]);
    expect([given.status, given.stderr]).toEqual([direct.status, direct.stderr]);
  });

  // Processes come and go between two looks.
  test.each(ofThisMachine.filter(({ subjects }) => !subjects.includes('mappings')))(
    '$name is what the section prints',
    ({ name, command }) => {
      expect(runTool(['sh', probe, '--section', name]).stdout).toBe(runTool(['sh', '-c', command]).stdout);
    },
  );

  test.each([
    [['--section', 'host'], 'there is no such section'],
    [['--section', 'maps; id'], 'there is no such section'],
    [['--section', ''], 'there is no such section'],
    [['--section'], 'usage'],
    [['--section', 'maps', 'x'], 'usage'],
    [['--bogus'], 'usage'],
    [[], 'This account answers to a collector'],
    [[''], 'usage'],
  ])('%j is refused', (words, message) => {
    const ran = runTool(['sh', probe, ...words]);
    expect([ran.status, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain(message);
  });

  test('does not believe the PATH of its caller', () => {
    writeFileSync(join(folder, 'grep'), `#!/bin/sh\ntouch ${folder}/canary\n`, { mode: 0o755 });
    const ran = runTool(['env', `PATH=${folder}:${process.env['PATH']}`, 'sh', probe, '--section', 'maps']);
    rmSync(join(folder, 'grep'));
    expect(ran.status).toBe(0);
    expect(readdirSync(folder)).toEqual(['probe']);
  });
});

describe('what comes in', () => {
  /** Runs it on some bytes; a simulation is asked for at the end, so that nothing is read of this machine. */
  function feed(input: Buffer) {
    const ran = spawnSync('sh', [probe], {
      input,
      cwd: folder,
      encoding: 'latin1',
      env: { PATH: '/usr/bin:/bin' },
    });
    return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr };
  }
  const words = [
    'mark=',
    'from dpkg ',
    'task=',
    'touch canary',
    mark.slice(0, 31),
    '2026-01-01T00:00:00',
    'probe',
  ];
  const signs = ['$(', ')', '`', ';', '\n', "'", '"', '\\', '|', '&', '*', '{', '}', '\0', '\r', ' '];
  const ending = `\ntask=simulation\nmark=${mark}\n`;

  test.each([
    'mark=$(touch canary)',
    'mark=`touch canary`',
    `mark=${mark};touch canary`,
    `mark=${mark} touch canary`,
    'from dpkg $(touch canary)',
    'from dpkg 2026-01-01T00:00:00;touch canary',
    "from dpkg 2026-01-01T00:00:00'; touch canary; '",
    'from $(touch canary) 2026-01-01T00:00:00',
    'from * 2026-01-01T00:00:00',
    'task=$(touch canary)',
    'touch canary',
    '$(touch canary)',
    '`touch canary`; touch canary & touch canary | touch canary',
    "'; touch canary; '",
    '${IFS+$(touch canary)}',
    '\0touch canary\n',
    'build=$(touch canary)',
    'main() { touch canary; }; main',
    '*',
  ])('%j is not run, and not taken for a mark', (line) => {
    const { status, stdout, stderr } = feed(Buffer.from(`${line}${ending}`));
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`\n${mark} finish\n`);
    expect(readdirSync(folder)).toEqual(['probe']);
  });

  test('lines of shell at random, and random bytes: nothing runs, and the answer is under the mark or there is none', () => {
    const text = fc.array(
      fc.oneof(fc.constantFrom(...words, ...signs), fc.string({ unit: 'binary', maxLength: 20 })),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(text, (parts) => {
        const { status, stdout } = feed(Buffer.from(`${parts.join('')}${ending}`));
        expect(status).toBe(0);
        const asked = [...stdout.matchAll(/\n([0-9a-f]{32}) finish\n/g)].map(([, found]) => found);
        expect(asked).toEqual([mark]);
        expect(readdirSync(folder)).toEqual(['probe']);
      }),
      { numRuns: 60 },
    );
  });

  test('only the first mark counts, and only within the first 8 KiB', () => {
    const other = 'ef'.repeat(16);
    expect(feed(Buffer.from(`task=simulation\nmark=${mark}\nmark=${other}\n`)).stdout).not.toContain(other);
    const late = feed(Buffer.from(`task=simulation\n${'#\n'.repeat(5000)}mark=${mark}\n`));
    expect([late.status, late.stdout]).toEqual([2, '']);
  });

  test('a flood without a line end is not kept', () => {
    const flood = Buffer.concat([Buffer.alloc(20_000_000, 'x'), Buffer.from(ending)]);
    expect(feed(flood)).toMatchObject({ status: 2, stdout: '' });
  });
});
