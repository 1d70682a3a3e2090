/** Hosts behind a command: here the command is unshare, which gives a shell with another name. */
import { expect, test } from 'vitest';
import { commandTransport } from '#collector/transport/command.ts';
import { localHost } from '#test/fixtures/replay.ts';
import { scanHost } from '#test/fixtures/scan-host.ts';

function hostOf(command: string[] | null) {
  return { ...localHost('c1'), transport: 'command' as const, command };
}

test('a shell in namespaces of its own is read like any host', async () => {
  const words = ['unshare', '--uts', '--', 'sh', '-c', 'hostname in-a-container; exec sh -s'];
  const snapshot = await scanHost(hostOf(words), { transports: { command: commandTransport() } });
  expect(snapshot.scans[0]).toMatchObject({
    hostname: 'in-a-container',
    transport: 'command',
    ecosystem: 'apt',
  });
  expect(snapshot.packages.length).toBeGreaterThan(100);
});

test.each([
  ['a command that does not exist', ['/nonexistent/podman', 'exec'], 'unreachable', 'cannot be started'],
  [
    'a command that fails',
    ['sh', '-c', 'echo no such container >&2; exit 125'],
    'cut-off',
    'no such container',
  ],
  ['no command', null, 'unreachable', 'no command'],
  ['a command that is no shell', ['cat'], 'cut-off', ''],
])('%s', async (_name, words, status, reason) => {
  const snapshot = await scanHost(hostOf(words), { transports: { command: commandTransport() } });
  expect(snapshot.scans[0]?.status).toBe(status);
  expect(snapshot.scans[0]?.reason).toContain(reason);
});

test('quoting: words with spaces, quotes and dollar signs stay words', async () => {
  const words = ['sh', '-c', 'printf %s "$1" >&2; exit 9', 'sh', `a 'b" $(c)`];
  const snapshot = await scanHost(hostOf(words), { transports: { command: commandTransport() } });
  expect(snapshot.scans[0]?.reason).toContain(`a 'b" $(c)`);
});
