import { describe, expect, test } from 'vitest';
import { scanPopulation } from '#collector/scan.ts';
import { replayTransport } from '#collector/transport/replay.ts';
import { localHost, recording } from '#test/fixtures/replay.ts';
import type { Transport } from '#collector/transport/transport.ts';

const replay = replayTransport(recording().bytes);

async function scanAll(hosts: string[], local: Transport, concurrency = 4) {
  const begun: string[] = [];
  const done: { [host: string]: string } = {};
  const population = hosts.map(localHost);
  for await (const { host, snapshot } of scanPopulation(population, {
    positions: () => ({}),
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
    const breaking: Transport = {
      id: 'breaking',
      run: async (host, program, options) => {
        if (host.host_id === 'thrown') throw new Error('a fault of the transport');
        if (host.host_id === 'late')
          return { outcome: 'timed-out', exitStatus: null, message: 'No end after 1 s.' };
        if (host.host_id === 'mute')
          return { outcome: 'ended', exitStatus: 1, message: 'This account is not available.' };
        return replay.run(host, program, options);
      },
    };
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
    const counting: Transport = {
      id: 'counting',
      run: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
        return { outcome: 'unreachable', exitStatus: null, message: 'Nobody there.' };
      },
    };
    await scanAll(
      Array.from({ length: 20 }, (_, index) => `h${index}`),
      counting,
      3,
    );
    expect(most).toBe(3);
  });

  test('a transport that does not exist yet is said', async () => {
    const population = [{ ...localHost('far'), transport: 'ssh' as const }];
    for await (const { snapshot } of scanPopulation(population, { positions: () => ({}) })) {
      expect(snapshot.scans[0]).toMatchObject({
        status: 'unreachable',
        reason: "There is no transport 'ssh' yet.",
      });
    }
  });

  test('the program tells each host from where to read its logs', async () => {
    const programs: string[] = [];
    const noting: Transport = {
      id: 'noting',
      run: async (_host, program) => {
        programs.push(program);
        return { outcome: 'unreachable', exitStatus: null, message: '' };
      },
    };
    const options = {
      positions: () => ({ dpkg: '2026-03-10T00:00:00' }),
      transports: { local: noting },
      concurrency: 2,
    };
    for await (const _ of scanPopulation([localHost('a'), localHost('b')], options));
    expect(programs[0]).toContain('2026-03-08T00:00:00');
    const marks = programs.map((program) => /^mark=(.*)$/m.exec(program)![1]);
    expect(new Set(marks).size).toBe(2);
  });
});
