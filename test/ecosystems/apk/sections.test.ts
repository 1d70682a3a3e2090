/**
 * The texts of the sections that need no apk, run in a root of busybox alone on the database and the log that a real
 * apk 3 wrote. What apk itself says is in the recorded hosts: Debian has no package of it.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apk } from '#ecosystems/apk/apk.ts';
import { parsePackages } from '#ecosystems/apk/installed.ts';
import { parseLog } from '#ecosystems/apk/log.ts';
import { withOwners } from '#ecosystems/apk/mapping-owners.ts';
import { busyboxRoot } from '#test/busybox-root.ts';
import { runTool } from '#test/tools.ts';
import { contextOf } from '../contract.ts';
import { contextOfRecording } from '../recorded-host.ts';
import type { BusyboxRoot } from '#test/busybox-root.ts';
import type { ParseContext } from '#ecosystems/ecosystem.ts';

const fixture = (name: string) => new URL(`../../fixtures/apk/${name}`, import.meta.url);
const recorded = contextOfRecording(apk, 'alpine3');
let root: BusyboxRoot;

beforeAll(() => {
  // A process keeps a library of the package zlib, which is gone from the disk.
  root = busyboxRoot(
    'cp /lib/*/libresolv.so.2 /usr/lib/libz.so.1.3.1; LD_PRELOAD=/usr/lib/libz.so.1.3.1 sleep 300 & sleep 1; rm /usr/lib/libz.so.1.3.1; wait',
  );
  for (const path of ['lib/apk/db', 'usr/lib', 'var/log'])
    mkdirSync(join(root.folder, path), { recursive: true });
  copyFileSync(fixture('installed'), join(root.folder, 'lib/apk/db/installed'));
  copyFileSync(fixture('log.txt'), join(root.folder, 'var/log/apk.log'));
});
afterAll(() => root.remove());

function textOf(section: string, before = ''): string {
  const command = apk.sections({}).find(({ name }) => name === section)?.command;
  return runTool(root.asNobody, `${before}${command}\n`).stdout;
}

const said = (context: ParseContext, section: string) =>
  context.sections.get(section)?.text.trim().split('\n');

describe('with busybox alone', () => {
  test('the packages are those of the recorded host', () => {
    const text = textOf('apk-packages');
    const lines = text
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('#'));
    expect(lines).toEqual(said(recorded, 'apk-packages')?.filter((line) => !line.startsWith('#')));
    const { byName, rejections } = parsePackages(contextOf({ 'apk-packages': text }));
    expect([byName.size, rejections]).toEqual([22, []]);
  });

  test('the log is that of the recorded host, and read on from a position', () => {
    const events = (text: string) => {
      const context = contextOf({
        'apk-packages': said(recorded, 'apk-packages')!.join('\n'),
        'apk-log': text,
      });
      return parseLog(context, parsePackages(context)).events.map((row) => `${row.action} ${row.package}`);
    };
    expect(events(textOf('apk-log'))).toEqual(events(said(recorded, 'apk-log')!.join('\n')));
    const later = apk.sections({ apk: '2026-11-27T17:57:01' }).find(({ name }) => name === 'apk-log')!;
    expect(events(runTool(root.asNobody, `${later.command}\n`).stdout)).toEqual([
      'install make',
      'install .build-deps',
      'remove gone',
    ]);
  });

  test('a deleted library that a process still maps has its package', () => {
    const wait =
      'tries=0; until grep -q "libz.*(deleted)" /proc/[0-9]*/maps || [ $tries -gt 50 ]; do sleep 0.1; tries=$((tries + 1)); done 2>/dev/null\n';
    const command = apk.sections({}).find(({ name }) => name === 'mapping-owners')?.command;
    const text = runTool(root.asRoot, `${wait}${command}\n`).stdout;
    expect(text).toBe('zlib\t/usr/lib/libz.so.1.3.1\n');
    const mapping = { host_id: 'h', pid: 1, process: 'sleep', path: '/usr/lib/libz.so.1.3.1', package: null };
    expect(withOwners([mapping, { ...mapping, path: '/opt/x' }], text).map((row) => row.package)).toEqual([
      'zlib',
      null,
    ]);
  });
});
