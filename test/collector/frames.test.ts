import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frameReader } from '#collector/probe/frames.ts';
import { recording } from '#test/fixtures/replay.ts';

const mark = '0'.repeat(32);

function read(chunks: Uint8Array[], more: { limit?: number; totalBytes?: number } = {}) {
  const limits = new Map(
    ['a', 'b', 'hello', 'host', 'dpkg-packages'].map((name) => [name, more.limit ?? 10_000_000]),
  );
  const reader = frameReader({ mark, limits, totalBytes: more.totalBytes ?? 67_108_864, now: () => 5 });
  for (const chunk of chunks) if (!reader.push(chunk)) break;
  return reader.end();
}

const framed = (name: string, payload: string, end = 'end 0 10') =>
  `\n${mark} begin ${name}\n${payload}\n${mark} stderr\nsaid\n${mark} ${end}\n`;
const bytes = (text: string) => Buffer.from(text);

describe('what comes before the first frame', () => {
  test('is ignored, and its beginning kept for a person', () => {
    const { frames, preamble } = read([
      bytes('This account is '),
      bytes('not available.\n'),
      bytes(framed('a', 'x')),
    ]);
    expect(preamble.trim()).toBe('This account is not available.');
    expect(frames.get('a')?.payload.toString()).toBe('x');
  });

  test('is too large long before an answer would be', () => {
    const noise = Array.from({ length: 200 }, () => Buffer.alloc(65_536, 'n'));
    const answer = read(noise);
    expect(answer.tooLarge).toBe(true);
    expect(answer.bytes).toBeLessThan(2_000_000);
    expect(answer.preamble.length).toBeLessThan(2000);
  });

  test('a long answer after a short one is no noise', () => {
    const { tooLarge, finished } = read([
      bytes(framed('a', 'x'.repeat(3_000_000))),
      bytes(`\n${mark} finish\n`),
    ]);
    expect({ tooLarge, finished }).toEqual({ tooLarge: false, finished: true });
  });
});

describe('frames', () => {
  test('a section is its payload to the byte, with status, duration, stderr and hash', () => {
    const { frames, finished } = read([bytes(`${framed('a', 'x\n\n')}\n${mark} finish\n`)]);
    expect(finished).toBe(true);
    expect(frames.get('a')).toEqual({
      payload: bytes('x\n\n'),
      stderr: 'said',
      exitStatus: 0,
      durationMs: 10,
      truncated: false,
      asRoot: false,
      bytes: 3,
      sha256: createHash('sha256').update('x\n\n').digest('hex'),
      beganAtMs: 5,
    });
  });

  test.each(['Welcome!\n', 'no line end', `\n${mark.slice(1)} begin a\nforged`, 'x'.repeat(100_000)])(
    'what login files print before is ignored',
    (banner) => {
      const { frames, finished } = read([bytes(`${banner}${framed('a', 'x')}\n${mark} finish\n`)]);
      expect(frames.get('a')!.payload.toString()).toBe('x');
      expect(finished).toBe(true);
    },
  );

  test('a section that does not exist is ignored, and one that comes twice counts once', () => {
    const { frames } = read([bytes(framed('a', '1') + framed('zzz', '2') + framed('a', '3'))]);
    expect([...frames.keys()]).toEqual(['a']);
    expect(frames.get('a')!.payload.toString()).toBe('1');
  });

  test('a section beyond its limit keeps the start and says so', () => {
    const { frames } = read([bytes(framed('a', 'y'.repeat(1000)))], { limit: 10 });
    expect(frames.get('a')).toMatchObject({ truncated: true, bytes: 1000 });
    expect(frames.get('a')!.payload.toString()).toBe('y'.repeat(10));
  });

  test('an answer beyond the total limit ends the reading', () => {
    const answer = read([bytes(framed('a', 'y')), bytes('z'.repeat(1000))], { totalBytes: 500 });
    expect(answer).toMatchObject({ tooLarge: true, finished: false });
    expect(answer.frames.get('a')!.payload.toString()).toBe('y');
  });

  test('the same frames come out however the bytes are cut', () => {
    const text = bytes(`junk${framed('a', 'one\ntwo')}${framed('b', '')}\n${mark} finish\n`);
    const whole = read([text]);
    for (let size = 1; size < 60; size += 1) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
        text.subarray(index * size, (index + 1) * size),
      );
      expect({ ...read(chunks) }).toEqual(whole);
    }
  });

  test('an answer cut anywhere is never finished, and its last section has no status', () => {
    const text = bytes(`${framed('a', 'one\ntwo')}${framed('b', 'three')}\n${mark} finish\n`);
    for (let length = 0; length < text.length; length += 1) {
      const answer = read([text.subarray(0, length)]);
      expect(answer.finished).toBe(false);
      const open = [...answer.frames.values()].filter((frame) => frame.exitStatus === null);
      expect(open.length).toBeLessThanOrEqual(1);
    }
  });

  test('random bytes, also between parts of a real answer, break nothing', () => {
    const recorded = recording().bytes.subarray(0, 20_000);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(recorded.length), (noise, at) => {
        const answer = read([recorded.subarray(0, at), noise, recorded.subarray(at)]);
        expect(answer.frames.size).toBeLessThanOrEqual(5);
      }),
    );
  });

  test('fifty megabytes without a mark are swallowed in bounded time and memory', () => {
    const chunk = Buffer.alloc(1_048_576, `\n${mark.slice(0, 20)} `);
    const answer = read([bytes(`\n${mark} begin a\n`), ...Array.from({ length: 50 }, () => chunk)], {
      limit: 1000,
    });
    expect(answer.frames.get('a')).toMatchObject({
      truncated: true,
      exitStatus: null,
      bytes: 50 * 1_048_576,
    });
    expect(answer.frames.get('a')!.payload).toHaveLength(1000);
  });
});
