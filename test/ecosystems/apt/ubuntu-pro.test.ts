/** Fixes that exist for subscribers only: a state of their own, never "up to date". */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apt } from '#ecosystems/apt/apt.ts';
import { contextOf, outputOf } from '../contract.ts';
import { recordedContext } from './recorded.ts';
import type { ParseContext, SectionOutput } from '#ecosystems/ecosystem.ts';

/** As `pro security-status --format json` prints it (Ubuntu Pro client, schema 0.1). */
function said(packages: object[]): string {
  return JSON.stringify({
    _schema_version: '0.1',
    packages,
    summary: { num_esm_infra_updates: packages.length, ua: { attached: false, enabled_services: [] } },
  });
}

function offer(name: string, version: string, status: string, service = 'esm-infra'): object {
  return {
    package: name,
    version,
    status,
    service_name: service,
    origin: 'esm.ubuntu.com',
    download_size: 123,
  };
}

const base = recordedContext();
const [libc] = (apt.parse(base).rows.packages ?? []).filter((row) => row.package === 'libc6');

function onUbuntu(output: string | SectionOutput | null, osId = 'ubuntu'): ReturnType<typeof apt.parse> {
  const sections = new Map(base.sections);
  sections.delete('ubuntu-pro');
  const own = output === null ? contextOf({}) : contextOf({ 'ubuntu-pro': output });
  const context: ParseContext = { ...base, osId, sections: new Map([...sections, ...own.sections]) };
  return apt.parse(context);
}

function libcUpdate(output: string): object | undefined {
  return onUbuntu(output).rows.updates?.find((row) => row.package === 'libc6');
}

function updatesReading(parsed: ReturnType<typeof apt.parse>): object | undefined {
  return parsed.readings.find(({ subject }) => subject === 'updates');
}

const newer = `${libc?.version ?? ''}+esm1`;

describe('ESM/Pro: unattached ESM fixes are "available but not entitled", a separate state', () => {
  test.each([
    ['pending_attach', 'esm-infra', 'UbuntuESM'],
    ['pending_enable', 'esm-apps', 'UbuntuESMApps'],
    ['pending_attach', 'realtime-kernel', null],
  ])('%s from %s', (status, service, origin) => {
    expect(libcUpdate(said([offer('libc6', newer, status, service)]))).toMatchObject({
      installed_version: libc?.version,
      candidate_version: null,
      newest_version: newer,
      action: 'none',
      in_full_upgrade: false,
      security: true,
      security_version: newer,
      reason: 'not-entitled',
      origin,
    });
  });

  test.each([
    ['what apt offers by itself', offer('libc6', newer, 'upgrade_available')],
    ['a build that is not newer', offer('libc6', '1', 'pending_attach')],
    ['a package that the host does not have', offer('not-there', '1', 'pending_attach')],
  ])('%s is not withheld', (_name, one) => {
    expect(libcUpdate(said([one]))).toBeUndefined();
  });

  test('what apt offers too keeps its own reason, and the newest version is named', () => {
    const before = apt.parse(base).rows.updates?.find((row) => row.installed_version !== null);
    const version = `${before?.newest_version ?? ''}+esm1`;
    const { rows } = onUbuntu(said([offer(before?.package ?? '', version, 'pending_attach')]));
    expect(rows.updates?.find((row) => row.package === before?.package)).toEqual({
      ...before,
      newest_version: version,
    });
  });
});

describe('what cannot be known is said', () => {
  test.each([
    ['no client on the host', 'absent', 'complete'],
    ['an empty answer', '', 'partial'],
    ['no JSON', 'Traceback (most recent call last):', 'partial'],
    ['JSON of another shape', '{"packages": 7}', 'partial'],
    ['a failed client', outputOf('', { exitStatus: 1 }), 'partial'],
    ['a client that hangs', outputOf('{', { exitStatus: 124 }), 'partial'],
  ] as const)('%s', (_name, output, status) => {
    expect(updatesReading(onUbuntu(output))).toMatchObject({ subject: 'updates', status });
  });

  test('a section that never came is a gap on Ubuntu, and nothing on Debian', () => {
    expect(updatesReading(onUbuntu(null))).toMatchObject({ status: 'partial' });
    expect(updatesReading(onUbuntu(null, 'debian'))).toMatchObject({ status: 'complete' });
  });

  test('names and versions are checked: a hostile client writes no row', () => {
    const { rows } = onUbuntu(
      said([offer('libc6', '$(reboot)', 'pending_attach'), offer('../x', newer, 'pending_attach')]),
    );
    expect(rows.updates?.filter((row) => row.reason === 'not-entitled')).toEqual([]);
    expect(rows.rejections?.filter((row) => row.section === 'ubuntu-pro')).toHaveLength(2);
  });

  test('any text at all is read without an error', () => {
    const status = fc.constantFrom('pending_attach', 'pending_enable', 'upgrade_available');
    const packages = fc.array(
      fc.tuple(fc.string(), fc.string(), status).map(([name, version, how]) => offer(name, version, how)),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), packages.map(said)), (text) => {
        const reasons = onUbuntu(text).rows.updates?.map((row) => row.reason) ?? [];
        expect(reasons).not.toContain('not-entitled');
      }),
      { numRuns: 30 },
    );
  });
});
