import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { initWorkspace } from '#data/workspace/init.ts';
import { loadWorkspace } from '#data/workspace/load.ts';

const folder = (): string => join(mkdtempSync(join(tmpdir(), 'patchledger-init-')), 'ws');

describe('a new workspace', () => {
  test('loads without a problem, with this machine, three policies and one visible approval', async () => {
    const root = folder();
    initWorkspace(root, { hostname: 'Web-01.example.org' });
    const workspace = await loadWorkspace(root);

    expect(workspace.config).toMatchObject({ collector: 'web-01', zone: 'UTC', primaryPolicy: 'default' });
    expect(workspace.hosts).toMatchObject([{ host_id: 'web-01', transport: 'local', address: null }]);
    expect(workspace.policies.find(({ id }) => id === workspace.config.primaryPolicy)?.rules.map(({ allowed }) => allowed)).toEqual([{ days: 7 }, { days: 30 }]);
    expect(workspace.approvals).toMatchObject([{ id: 'all-security-fixes', fixes: { kinds: ['security', 'security-unlisted'] } }]);
    expect(workspace.exceptions).toEqual([]);
  });

  test('its commented examples load as well once they are no comments', async () => {
    const root = folder();
    initWorkspace(root, { hostname: 'box' });
    for (const path of ['patchledger.yaml', 'inventory/hosts.yaml', 'exceptions/exceptions.yaml']) {
      const text = readFileSync(join(root, path), 'utf8').replace('exceptions: []\n', '');
      writeFileSync(join(root, path), text.replace(/^# (?=(scan|ssh|feeds|remediation|groups|exceptions|  ).*)/gm, ''));
    }
    const workspace = await loadWorkspace(root);

    expect(workspace.hosts.map(({ host_id }) => host_id)).toEqual(['box', 'web1', 'web2']);
    expect(workspace.exceptions).toHaveLength(1);
    expect(workspace.config.scan).toEqual({
      maxAgeHours: 72,
      everyHours: 24,
      connectSeconds: 15,
      hostSeconds: 300,
      concurrency: 16,
      connecting: 64,
      attempts: 3,
    });
    expect(workspace.config.feeds).toMatchObject({ 'debian-dsa': 'upstream', 'debian-tracker': 'off' });
    expect(workspace.config.remediation).toEqual({ rings: ['canary', 'early', 'broad'], validDays: 7 });
    expect(workspace.config.ssh).toEqual({
      user: 'audit',
      identityFiles: ['~/.ssh/id_ed25519'],
      knownHosts: ['known_hosts', '~/.ssh/known_hosts'],
    });
  });

  test('every YAML file names its schema, which is there and is JSON', () => {
    const root = folder();
    const { written } = initWorkspace(root, { hostname: 'box' });
    const yaml = written.filter((path) => path.endsWith('.yaml'));

    expect(yaml).toHaveLength(7);
    for (const path of yaml) {
      const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(join(root, path), 'utf8')) ?? [];
      const { type, properties } = JSON.parse(readFileSync(join(root, dirname(path), schema), 'utf8')) as { type: string; properties: object };
      expect(type).toBe('object');
      expect(Object.keys(properties).length).toBeGreaterThan(0);
    }
  });

  test('a second time nothing that people wrote is touched', () => {
    const root = folder();
    initWorkspace(root, { hostname: 'box' });
    writeFileSync(join(root, 'inventory/hosts.yaml'), 'hosts: {}\n');
    const again = initWorkspace(root, { hostname: 'other' });

    expect(again.kept).toContain('inventory/hosts.yaml');
    expect(readFileSync(join(root, 'inventory/hosts.yaml'), 'utf8')).toBe('hosts: {}\n');
    expect(readFileSync(join(root, 'patchledger.yaml'), 'utf8')).toContain('collector: box\n');
  });

  test('a folder that holds something else is refused and left alone', () => {
    const root = mkdtempSync(join(tmpdir(), 'patchledger-init-'));
    writeFileSync(join(root, 'x'), '');

    expect(() => initWorkspace(root, { hostname: 'box' })).toThrow(expect.objectContaining({ code: 'not-empty', exitCode: 2 }));
    expect(readdirSync(root)).toEqual(['x']);
  });

  test.each([
    ['', 'this-machine'],
    ['..', 'this-machine'],
    ['index', 'this-machine'],
    ['<script>alert(1)</script>', 'script-alert-1-script'],
    ['$(reboot)', 'reboot'],
    ['Web_Server 7', 'web-server-7'],
    ['a'.repeat(300), 'a'.repeat(63)],
  ])('a machine that calls itself %j becomes %j', async (hostname, id) => {
    const root = folder();
    initWorkspace(root, { hostname });

    expect((await loadWorkspace(root)).hosts.map(({ host_id }) => host_id)).toEqual([id]);
  });

  test('whatever a machine calls itself, its workspace loads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 80 }), async (hostname) => {
        const root = folder();
        initWorkspace(root, { hostname });
        expect((await loadWorkspace(root)).hosts).toHaveLength(1);
        expect(existsSync(join(root, 'README.md'))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
