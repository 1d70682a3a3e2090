import { describe, expect, test } from 'vitest';
import { scanPopulation } from '#collector/scan.ts';
import { replayTransport } from '#collector/transport/replay.ts';
import { localHost, recording } from '#test/fixtures/replay.ts';
import { withoutConnecting } from '#collector/transport/transport.ts';
import type { Stage } from '#data/model/words.ts';
import type { Host, Outcome, RunOptions, Transport, TransportEnd } from '#collector/transport/transport.ts';

const replay = replayTransport(recording().bytes);
const unknown = { positions: {}, machineId: null };

function ended(outcome: Outcome, message: string): TransportEnd {
  return { outcome, stage: 'probe', exitStatus: null, message };
}

async function replayed(host: Host, program: string, options: RunOptions): Promise<TransportEnd> {
  const connected = await replay.connect(host, options);
  if ('end' in connected) return connected.end;
  return connected.connection.run(program, options);
}

async function scanAll(hosts: string[], local: Transport, concurrency = 4) {
  const begun: string[] = [];
  const done: { [host: string]: string } = {};
  const population = hosts.map(localHost);
  for await (const { host, snapshot } of scanPopulation(population, {
    known: () => unknown,
    transports: { local },
    concurrency,
    onHost: (started) => begun.push(started.host_id),
  })) {
    done[host.host_id] = `${snapshot.scans[0]!.status}: ${snapshot.scans[0]!.reason}`;
  }
  return { begun, done };
}

describe('a scan of the population', () => {
  test('gives every host once', async () => {
    const hosts = Array.from({ length: 9 }, (_, index) => `h${index}`);
    const { begun, done } = await scanAll(hosts, replay, 3);
    expect(begun).toEqual(hosts);
    expect(Object.keys(done).sort()).toEqual(hosts);
  });

  test('one host that breaks costs no other', async () => {
    const breaking = withoutConnecting('breaking', async (host, program, options) => {
      if (host.host_id === 'thrown') throw new Error('a fault of the transport');
      if (host.host_id === 'late') return ended('timed-out', 'No end after 1 s.');
      if (host.host_id === 'mute')
        return { ...ended('ended', 'This account is not available.'), exitStatus: 1 };
      return replayed(host, program, options);
    });
    const { done } = await scanAll(['thrown', 'late', 'mute', 'good'], breaking);
    expect(done).toEqual({
      thrown: 'unreachable: The transport failed: a fault of the transport',
      late: 'timed-out: No end after 1 s.',
      mute: 'cut-off: The probe never began. The shell said: This account is not available.',
      good: 'ok: null',
    });
  });

  test('never has more hosts under way than allowed', async () => {
    let [running, most] = [0, 0];
    const counting = withoutConnecting('counting', async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      return ended('unreachable', 'Nobody there.');
    });
    await scanAll(
      Array.from({ length: 20 }, (_, index) => `h${index}`),
      counting,
      3,
    );
    expect(most).toBe(3);
  });

  test('a transport that does not exist yet is said', async () => {
    const population = [{ ...localHost('far'), transport: 'ssh' as const }];
    for await (const { snapshot } of scanPopulation(population, { known: () => unknown })) {
      expect(snapshot.scans[0]).toMatchObject({
        status: 'unreachable',
        reason: "There is no transport 'ssh' here.",
      });
    }
  });

  test('the program tells each host from where to read its logs', async () => {
    const programs: string[] = [];
    const noting = withoutConnecting('noting', async (_host, program) => {
      programs.push(program);
      return ended('unreachable', '');
    });
    const options = {
      known: () => ({ positions: { dpkg: '2026-03-10T00:00:00' }, machineId: null }),
      transports: { local: noting },
      concurrency: 2,
    };
    for await (const _ of scanPopulation([localHost('a'), localHost('b')], options));
    expect(programs[0]).toContain('2026-03-08T00:00:00');
    const marks = programs.map((program) => /^mark=(.*)$/m.exec(program)![1]);
    expect(new Set(marks).size).toBe(2);
  });
});

/** A transport whose hosts connect as told: by the outcome of each attempt, or never ('hangs'). */
function scripted(
  script: { [host: string]: (Outcome | 'hangs')[] },
  order: string[],
  stage: Stage = 'connect',
): Transport {
  const attempts = new Map<string, number>();
  return {
    id: 'scripted',
    connect: async (host, options) => {
      const attempt = attempts.get(host.host_id) ?? 0;
      attempts.set(host.host_id, attempt + 1);
      order.push(host.host_id);
      const outcome = script[host.host_id]?.[attempt] ?? 'ended';
      if (outcome === 'hangs') {
        await new Promise((resolve) => options.signal?.addEventListener('abort', resolve));
        return { end: { ...ended('timed-out', 'Nobody came.'), stage } };
      }
      return outcome === 'ended'
        ? replay.connect(host, options)
        : { end: { ...ended(outcome, 'No.'), stage } };
    },
  };
}

describe('trouble that may pass', () => {
  async function attemptsOf(outcome: Outcome, stage: Stage): Promise<number | null | undefined> {
    const local = scripted({ odd: [outcome, outcome, outcome, outcome] }, [], stage);
    const options = { known: () => unknown, transports: { local }, attempts: 3, retryAfterMs: 1 };
    for await (const { snapshot } of scanPopulation([localHost('odd')], options))
      return snapshot.scans[0]?.attempts;
    return undefined;
  }

  test.each<[Outcome, Stage, number]>([
    ['unreachable', 'connect', 3],
    ['refused', 'connect', 3],
    ['refused', 'session', 1],
    ['timed-out', 'connect', 3],
    ['timed-out', 'banner', 3],
    ['timed-out', 'key-exchange', 3],
    ['timed-out', 'login', 1],
    ['timed-out', 'probe', 1],
    ['cut-off', 'banner', 3],
    ['cut-off', 'login', 1],
    ['cut-off', 'probe', 3],
    ['auth-failed', 'login', 1],
    ['host-key-unknown', 'key-exchange', 1],
    ['host-key-changed', 'key-exchange', 1],
    ['no-common-algorithm', 'key-exchange', 1],
    ['output-too-large', 'probe', 1],
  ])('%s at %s: %i attempts', async (outcome, stage, expected) => {
    expect(await attemptsOf(outcome, stage)).toBe(expected);
  });

  test('is tried again when all others have had their turn, and ends as soon as it has passed', async () => {
    const order: string[] = [];
    const local = scripted({ b: ['cut-off'], c: ['unreachable', 'refused'] }, order);
    const done = new Map<string, number | null | undefined>();
    const population = ['a', 'b', 'c', 'd'].map(localHost);
    const options = {
      known: () => unknown,
      transports: { local },
      attempts: 3,
      retryAfterMs: 5,
      concurrency: 1,
    };
    for await (const { host, snapshot } of scanPopulation(population, options))
      done.set(host.host_id, snapshot.scans[0]?.attempts);
    expect(order.slice(0, 4)).toEqual(['a', 'b', 'c', 'd']);
    expect(order.slice(4, 6).sort()).toEqual(['b', 'c']);
    expect(order.slice(6)).toEqual(['c']);
    expect(Object.fromEntries(done)).toEqual({ a: 1, d: 1, b: 2, c: 3 });
  });
});

describe('hosts that never answer', () => {
  test('wait aside: the others are all read meanwhile, and leaving early ends the waiting', async () => {
    const order: string[] = [];
    const dead = Array.from({ length: 10 }, (_, index) => `dead${index}`);
    const local = scripted(Object.fromEntries(dead.map((id) => [id, ['hangs' as const]])), order);
    const population = [...dead, 'a', 'b', 'c'].map(localHost);
    const options = { known: () => unknown, transports: { local }, connecting: 2, concurrency: 1 };
    const read: string[] = [];
    for await (const { host } of scanPopulation(population, options)) {
      read.push(host.host_id);
      if (read.length === 3) break;
    }
    expect(read.sort()).toEqual(['a', 'b', 'c']);
    expect(order).toHaveLength(13);
  });
});
