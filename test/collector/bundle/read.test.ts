/** Answers that were brought by hand: whole ones from real shells, and everything that can happen on the way. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readBundle } from '#collector/bundle/read.ts';
import { bundleBuild, renderBundleScript } from '#collector/bundle/script.ts';
import { snapshotOfBundle } from '#collector/bundle/snapshot.ts';
import { sectionsOf } from '#collector/probe/program.ts';
import { localTransport } from '#collector/transport/local.ts';
import { Failure } from '#data/model/failure.ts';
import { localHost } from '#test/fixtures/replay.ts';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { runTool } from '#test/tools.ts';
import { expectValid } from '../valid.ts';
import { answerOf, bodyOf, markOf, script, sealed } from './answer.ts';

let answer: Buffer;
let mark: string;
let body: string;
beforeAll(() => {
  answer = answerOf();
  mark = markOf(answer);
  body = bodyOf(answer);
});

/** The code of the failure, which has a next step; 'taken' when there is none. */
function codeOf(bytes: Buffer): string {
  try {
    readBundle(bytes);
    return 'taken';
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.nextStep === undefined ? 'no next step' : error.code;
  }
}

const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** Where each line of the frame begins: its verb and first word, and the offset of its line end before. */
function frameLines(text: string): { line: string; at: number }[] {
  return [...text.matchAll(new RegExp(`\n${mark} ([a-z]+ ?[a-z-]*)[^\n]*`, 'g'))].map((found) => ({
    line: found[1]!.trim(),
    at: found.index,
  }));
}

describe('the script', () => {
  test('is clean for shellcheck', () => {
    const text = renderBundleScript({ ...script, machineId: 'a'.repeat(64) });
    expect(runTool(['shellcheck', '--shell=sh', '--severity=style', '-'], text).stdout).toBe('');
  });

  test('does nothing when only a part of it arrived', () => {
    const text = renderBundleScript(script);
    for (const share of [0.2, 0.5, 0.9, 0.999])
      expect(runTool(['sh'], text.slice(0, Math.floor(text.length * share))).stdout).toBe('');
  });

  test.each(["web1'; id; '", '../x', 'WEB', ''])('is made for no host %j', (hostId) => {
    expect(() => renderBundleScript({ ...script, hostId })).toThrow(RangeError);
  });

  test.each([['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'sh'], ['mksh']])(
    'gives a whole answer in %s %s',
    (...shell) => {
      const bundle = readBundle(answerOf({}, shell));
      expect(bundle).toMatchObject({ hostId: 'web1', isHashed: true, madeAtMs: script.madeAt.getTime() });
      expect([...bundle.answer.frames.keys()]).toEqual([
        'hello',
        ...sectionsOf('apt', {}).map(({ name }) => name),
      ]);
    },
  );

  test('frames with a mark that nobody knew before: another each time, and its own where there is no chance', () => {
    expect(mark).not.toBe(script.mark);
    expect(markOf(answerOf())).not.toBe(mark);
    const hidden = 'mount --bind /dev/null /usr/bin/od; exec sh -s';
    const ran = runTool(['unshare', '--mount', 'sh', '-c', hidden], renderBundleScript(script));
    expect(markOf(Buffer.from(ran.stdout))).toBe(script.mark);
    expect(codeOf(Buffer.from(ran.stdout))).toBe('taken');
  });

  test('says so where the host has no sha256sum, and the scan does', () => {
    const hidden = `mount -t tmpfs none /tmp && cp -a /usr/bin /tmp/copy && rm /tmp/copy/sha256sum && mount --bind /tmp/copy /usr/bin && exec sh -s`;
    const ran = runTool(['unshare', '--mount', 'sh', '-c', hidden], renderBundleScript(script));
    const bundle = readBundle(Buffer.from(ran.stdout));
    expect(bundle.isHashed).toBe(false);
    const [scan] = snapshotOfBundle('web1', bundle, Date.now()).scans;
    expect(scan?.machine_id).toBeNull();
    expect(scan?.reason).toContain('no sha256sum');
  });
});

describe('a whole answer', () => {
  test('is a scan of its host, by its own clock, with its own evidence', () => {
    const bundle = readBundle(answer);
    const snapshot = snapshotOfBundle('web1', bundle, Date.now());
    expectValid(snapshot);
    expect(snapshot.scans[0]).toMatchObject({
      host_id: 'web1',
      status: 'ok',
      transport: 'bundle',
      clock_offset_ms: null,
      clock_uncertainty_ms: null,
      host_key: null,
      bundle_sha256: bundle.sha256,
      observed_at: new Date(bundle.observedAtMs).toISOString(),
      started_at: new Date(bundle.observedAtMs).toISOString(),
    });
    expect(Date.parse(snapshot.scans[0]!.ended_at)).toBeGreaterThan(bundle.observedAtMs);
  });

  test('holds what a scan of the same host holds', async () => {
    const brought = snapshotOfBundle('web1', readBundle(answer), Date.now());
    const scanned = await scanHost(localHost('web1'), { transports: { local: localTransport() } });
    for (const table of ['packages', 'updates', 'repositories', 'kernels', 'software', 'events'] as const)
      expect([table, brought[table].length > 0]).toEqual([table, scanned[table].length > 0]);
    expect(brought.packages).toEqual(scanned.packages);
    expect(brought.updates).toEqual(scanned.updates);
  });

  test('of a clock that is a little ahead is not dated later than now', () => {
    const bundle = readBundle(answer);
    const now = bundle.observedAtMs - 60_000;
    const [scan] = snapshotOfBundle('web1', bundle, now).scans;
    expect([scan?.observed_at, scan?.started_at, scan?.ended_at]).toEqual(
      Array.from({ length: 3 }, () => new Date(now).toISOString()),
    );
  });

  test('of a script of another version is read as far as it goes, and told so', () => {
    const other = body.replaceAll(bundleBuild(), '0123456789ab');
    const bundle = readBundle(sealed(other, mark));
    const snapshot = snapshotOfBundle('web1', bundle, Date.now());
    expect(snapshot.scans[0]).toMatchObject({
      status: 'ok',
      reason: expect.stringContaining('another version of Patchledger'),
      next_step: expect.stringContaining('patchledger probe HOST'),
    });
    expect(snapshot.sections.find(({ section }) => section === 'host')?.command).toContain('0123456789ab');
  });
});

describe('what happens on the way is found, and named', () => {
  test('cut: at every section, and within each', () => {
    const lines = frameLines(answer.toString('latin1'));
    expect(lines.length).toBeGreaterThan(45);
    for (const { at } of lines)
      for (const cut of [at, at + 1, at + 20, at + 34, at + 45])
        expect([cut, codeOf(answer.subarray(0, cut))]).toEqual([cut, 'bundle-cut']);
  });

  test('cut: the reason says where', () => {
    const at = answer.indexOf(`\n${mark} begin apt-updates`);
    expect(() => readBundle(answer.subarray(0, at + 500))).toThrow(
      /it ends within or after the section apt-updates/,
    );
  });

  test('cut anywhere: never taken', () => {
    fc.assert(
      fc.property(fc.nat(answer.length - 1), (length) => {
        expect(codeOf(answer.subarray(0, length))).toMatch(/^(bundle-cut|not-a-bundle)$/);
      }),
      { numRuns: 60 },
    );
  });

  test.each<[string, RegExp]>([
    ['a digit', /\d/g],
    ['a letter', /[a-z]/g],
    ['a capital', /[A-Z]/g],
    ['a space', / /g],
    ['a tab', /\t/g],
    ['a line end', /\n/g],
    ['a sign', /[.:;,()'"/-]/g],
  ])('flipped: %s anywhere', (_name, kind) => {
    const places = [...answer.toString('latin1').matchAll(kind)].map(({ index }) => index);
    expect(places.length).toBeGreaterThan(20);
    for (let step = 0; step < 25; step++) {
      const at = places[Math.floor((step * places.length) / 25)]!;
      for (const bit of [0x01, 0x20, 0x80]) {
        const flipped = Buffer.from(answer);
        flipped[at]! ^= bit;
        expect([at, bit, codeOf(flipped)]).not.toEqual([at, bit, 'taken']);
      }
    }
  });

  test('flipped: a bit of what a section printed is a change, whichever section', () => {
    for (const { line, at } of frameLines(body).filter((one) => one.line.startsWith('begin'))) {
      const inside = body.indexOf('\n', at + 1) + 1;
      const flipped = Buffer.from(answer);
      flipped[inside]! ^= 0x04;
      expect([line, codeOf(flipped)]).toEqual([line, 'bundle-altered']);
    }
  });

  test('line ends: all of them, those of the body alone, those of one section', () => {
    const text = answer.toString('latin1');
    expect(codeOf(latin1(text.replaceAll('\n', '\r\n')))).toBe('bundle-line-ends');
    const head = text.indexOf('\n\n');
    expect(codeOf(latin1(text.slice(0, head) + text.slice(head).replaceAll('\n', '\r\n')))).toBe(
      'bundle-line-ends',
    );
    const at = text.indexOf(`\n${mark} begin dpkg-packages`) + 60;
    const end = text.indexOf(`\n${mark} stderr`, at);
    const some = text.slice(0, at) + text.slice(at, end).replaceAll('\n', '\r\n') + text.slice(end);
    expect(codeOf(latin1(some))).toBe('bundle-line-ends');
  });

  test('another encoding: UTF-16 as PowerShell redirects, and a mark of UTF-8 in front', () => {
    expect(codeOf(Buffer.from(`\ufeff${answer.toString('utf8')}`, 'utf16le'))).toBe('bundle-encoding');
    expect(codeOf(Buffer.concat([Buffer.from('\ufeff'), answer]))).toBe('bundle-encoding');
  });

  test('a line removed, added or doubled anywhere', () => {
    const lines = answer.toString('latin1').split('\n');
    for (let step = 0; step < 40; step++) {
      const at = Math.floor((step * (lines.length - 1)) / 40);
      const removed = lines.toSpliced(at, 1).join('\n');
      const doubled = lines.toSpliced(at, 0, lines[at]!).join('\n');
      const added = lines.toSpliced(at, 0, 'a line').join('\n');
      for (const text of [removed, doubled, added])
        expect([at, codeOf(latin1(text))]).not.toEqual([at, 'taken']);
    }
  });

  test('an editor: spaces at line ends taken away, tabs made spaces, the last line end taken away', () => {
    const text = answer.toString('latin1');
    expect(codeOf(latin1(text.replaceAll(/ +\n/g, '\n')))).toBe('bundle-altered');
    expect(codeOf(latin1(text.replaceAll('\t', '        ')))).toBe('bundle-altered');
    expect(codeOf(latin1(text.slice(0, -1)))).toBe('bundle-cut');
    expect(codeOf(latin1(`${text}\n`))).toBe('bundle-altered');
  });

  test('something before or after: a mail, a prompt', () => {
    expect(codeOf(Buffer.concat([latin1('From: root\n\n'), answer]))).toBe('bundle-altered');
    expect(codeOf(Buffer.concat([answer, latin1('root@web1:~# \n')]))).toBe('bundle-altered');
  });

  test('two answers in one file', () => {
    expect(codeOf(Buffer.concat([answer, answerOf({ hostId: 'web2' })]))).toBe('bundle-several');
    expect(codeOf(Buffer.concat([answer, answer]))).toBe('bundle-several');
  });

  test('another mark: in the head, in one frame, everywhere', () => {
    const text = answer.toString('latin1');
    const other = 'ef'.repeat(16);
    expect(codeOf(latin1(text.replace(mark, other)))).toBe('bundle-cut');
    expect(codeOf(latin1(text.replace(`${mark} begin maps`, `${other} begin maps`)))).toBe('bundle-altered');
    expect(codeOf(latin1(text.replaceAll(mark, other)))).toBe('bundle-altered');
  });

  test.each<[string, string]>([
    ['host web1', 'host web2'],
    ['made 2026-01-01', 'made 2025-01-01'],
    [`build ${bundleBuild()}`, 'build 0123456789ab'],
  ])('the head: %s made %s', (from, to) => {
    expect(codeOf(latin1(answer.toString('latin1').replace(from, to)))).toBe('bundle-altered');
  });

  test.each<[string, string, string]>([
    ['nothing', '', 'not-a-bundle'],
    ['another script', '#!/bin/sh\necho hello\n', 'not-a-bundle'],
    ['the script in the place of its answer', renderBundleScript(script), 'not-a-bundle'],
    ['a later format', 'Patchledger answer 2\nhost web1\n', 'bundle-version'],
    ['a first line', 'Patchledger answer 1\n', 'bundle-cut'],
    ['half a head', 'Patchledger answer 1\nhost web1\nmark 00\n', 'bundle-cut'],
    [
      'a head that is none',
      `Patchledger answer 1\nhost ../etc\nmark x finish\n${'x'.repeat(2000)}`,
      'bundle-altered',
    ],
  ])('no answer: %s', (_name, text, code) => {
    expect(codeOf(latin1(text))).toBe(code);
  });
});

/** The hash is in the answer: whoever changes one can make the other. The frame must still be whole. */
describe('changed, and hashed anew', () => {
  const section = (name: string): string => {
    const begin = body.indexOf(`\n${mark} begin ${name}\n`);
    const end = body.indexOf('\n', body.indexOf(`\n${mark} end `, begin) + 1) + 1;
    return body.slice(begin, end);
  };
  const without = (name: string) => body.replace(section(name), () => '');

  test('a section left out, twice there, in another place, of another name', () => {
    expect(codeOf(sealed(body, mark))).toBe('taken');
    for (const { name } of sectionsOf('apt', {})) {
      expect([name, codeOf(sealed(without(name), mark))]).toEqual([name, 'bundle-framing']);
      const twice = body.replace(section(name), (text) => text + text);
      expect([name, codeOf(sealed(twice, mark))]).toEqual([name, 'bundle-framing']);
      const renamed = body.replace(`begin ${name}\n`, 'begin other\n');
      expect([name, codeOf(sealed(renamed, mark))]).toEqual([name, 'bundle-framing']);
    }
    const swapped = without('maps').replace(section('reboot'), (text) => text + section('maps'));
    expect(codeOf(sealed(swapped, mark))).toBe('bundle-framing');
  });

  test('a line of the frame left out, twice there, unknown, or after the end', () => {
    for (const { line, at } of frameLines(body)) {
      const end = body.indexOf('\n', at + 1);
      const gone = body.slice(0, at) + body.slice(end);
      expect([line, codeOf(sealed(gone, mark))]).toEqual([line, 'bundle-framing']);
      const twice = body.slice(0, end) + body.slice(at, end) + body.slice(end);
      expect([line, codeOf(sealed(twice, mark))]).toEqual([line, 'bundle-framing']);
    }
    expect(codeOf(sealed(body.replace(`${mark} finish`, `${mark} done`), mark))).toBe('bundle-framing');
    expect(codeOf(sealed(`${body}${section('maps')}`, mark))).toBe('bundle-framing');
  });

  test('no time in the greeting, no greeting at all', () => {
    expect(codeOf(sealed(body.replace(/\ntime \d+/, '\ntime x'), mark))).toBe('bundle-framing');
    expect(codeOf(sealed(without('hello'), mark))).toBe('bundle-framing');
  });

  test('whatever a hostile host prints within a section breaks nothing and stays within it', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom(
        'Patchledger answer 1\nhost web2\n',
        '\n0123 sum none -\n',
        `x${'0'.repeat(32)} finish\n`,
        '\r\n\r\n',
      ),
    );
    const names = sectionsOf('apt', {}).map(({ name }) => name);
    fc.assert(
      fc.property(noise, fc.constantFrom(...names), (text, name) => {
        const bytes = Buffer.from(text).toString('latin1');
        const hostile = body.replace(`begin ${name}\n`, (line) => line + bytes);
        const snapshot = snapshotOfBundle('web1', readBundle(sealed(hostile, mark)), Date.now());
        expectValid(snapshot);
        expect(snapshot.sections.map(({ section: found }) => found)).toEqual(['hello', ...names]);
      }),
      { numRuns: 25 },
    );
  });

  test('random bytes are no answer, and no error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), fc.nat(answer.length), (bytes, at) => {
        expect(codeOf(Buffer.from(bytes))).toBe('not-a-bundle');
        const torn = Buffer.concat([answer.subarray(0, at), bytes, answer.subarray(at)]);
        expect(codeOf(torn)).not.toBe('taken');
      }),
      { numRuns: 60 },
    );
  });
});
