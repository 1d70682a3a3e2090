import { describe, expect, test } from 'vitest';
import { scanPopulation } from '#collector/scan.ts';
import { replayTransport } from '#collector/transport/replay.ts';
import { localHost, recording } from '#test/fixtures/replay.ts';
import { withoutConnecting } from '#collector/transport/transport.ts';
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
