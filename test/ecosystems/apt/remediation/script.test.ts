/** The script as text: the same plan gives the same bytes, and a host that lies chooses none of them outside quotes. */
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plan } from '#data/model/plan.ts';
import { renderAptScript } from '#ecosystems/apt/remediation/script.ts';
import { mustRun, runTool } from '#test/tools.ts';
import { change, planFor } from './world.ts';

const machine = 'c'.repeat(64);
const plan: Plan = {
  ...planFor(machine),
  changes: [
    { ...change('libc6', '2.36-9+deb12u3', '2.36-9+deb12u13', true), architecture: 'amd64' },
    { ...change('libc6', '2.36-9+deb12u3', '2.36-9+deb12u13', true), architecture: 'i386' },
    change('linux-image-6.1.0-40-amd64', null, '6.1.153-1', false),
    change('tzdata', '2025b-0+deb12u1', '2025b-0+deb12u2', true),
  ],
  fixes: [
    {
      fix_id: 'bookworm/glibc/2.36-9+deb12u13',
      source: 'glibc',
      names: ['DSA-6001-1', 'CVE-2026-1', 'CVE-2026-2', 'CVE-2026-3', 'CVE-2026-4', 'CVE-2026-5'],
      approval: 'tonight',
    },
    { fix_id: 'bookworm/tzdata/2025b-0+deb12u2', source: 'tzdata', names: [], approval: 'all' },
  ],
  approvals: [
    {
      id: 'tonight',
      approver: "Siobhán O'Neill, head of operations",
      when: '2026-11-01',
      ticket: 'CHG-4711',
      ring: 'production',
      allows_newer: false,
    },
    { id: 'all', approver: 'CISO', when: '2026-01-01', ticket: null, ring: null, allows_newer: false },
  ],
};
const golden = new URL('../../../golden/scripts/demo-host.sh', import.meta.url);

describe('the same plan', () => {
  test('gives the script that is kept here, byte for byte', () => {
    const script = renderAptScript(plan);
    // For a change that is meant: GOLDEN=write npx vitest run script, and read the difference.
    if (process.env['GOLDEN'] === 'write') writeFileSync(golden, script);
    expect(script).toBe(readFileSync(golden, 'utf8'));
  });

  test('gives the same bytes whatever the order of its keys', () => {
    const turned = Object.fromEntries(Object.entries(structuredClone(plan)).reverse()) as unknown as Plan;
    expect(renderAptScript(turned)).toBe(renderAptScript(plan));
  });

  test('passes shellcheck, with every check that it has', () => {
    const ran = runTool(['shellcheck', '--shell=sh', '--severity=style', '-'], renderAptScript(plan));
    expect([ran.status, ran.stdout]).toEqual([0, '']);
  });
});

describe('what does not fit its grammar never becomes a script', () => {
  const withChange = (part: Partial<Plan['changes'][number]>): Partial<Plan> => ({
    changes: [{ ...change('demo', '1', '2', true), ...part }],
  });
  test.each<[string, Partial<Plan>, RegExp]>([
    ['a name with shell', withChange({ package: 'demo;id' }), /not a package: "demo;id"/],
    ['a name like an option', withChange({ package: '-odpkg::x=id' }), /not a package/],
    ['a name like a path', withChange({ package: '../../etc/passwd' }), /not a package/],
    ['a name of two lines', withChange({ package: 'demo\nid' }), /not a package: "demo\\nid"/],
    ['a name with an architecture', withChange({ package: 'demo:amd64' }), /not a package/],
    ['an architecture with a blank', withChange({ architecture: 'amd64 x' }), /not an architecture/],
    ['a version with shell', withChange({ new_version: '2$(id)' }), /not a version/],
    ['an origin with a quote', withChange({ newer_origin: "Debian'" }), /not an origin/],
    ['a version like an option', withChange({ new_version: '-2' }), /not a version/],
    ['an old version of two lines', withChange({ old_version: '1\nTEXT' }), /not a version/],
    ['a release with a quote', { os_version: "12'" }, /not a version of a system/],
    ['a host with shell', { host_id: '$(id)' }, /not a host/],
    ['a host like a path', { host_id: '../x' }, /not a host/],
    ['a machine that is none', { machine_id: 'x' }, /not a machine/],
    ['a plan id that is none', { plan: 'abc\n' }, /not a plan/],
    ['an instant that is none', { expires_at: '2026-01-01' }, /not an instant/],
    ['an approval with a newline', { approvals: [{ ...plan.approvals[0]!, id: 'a\nb' }] }, /not an approval/],
    [
      'a reason with a quote',
      { left_alone: [{ package: 'a1', architecture: 'all', installed_version: '1', reason: "x'" }] },
      /not a reason/,
    ],
    ['a plan of nothing', { changes: [] }, /without changes/],
  ])('%s', (_what, part, said) => {
    expect(() => renderAptScript({ ...plan, ...part })).toThrow(RangeError);
    expect(() => renderAptScript({ ...plan, ...part })).toThrow(said);
  });
});

/** Pieces of which hostile text is put together. */
const pieces = [
  "'",
  '"',
  '`id`',
  '$(id)',
  '${IFS}',
  '\n',
  '\r',
  '\u2028',
  '\0',
  '\\',
  ';',
  '&&',
  '|',
  '>',
  '#',
  ' ',
  '\nTEXT\n',
  '../',
  '/etc/passwd',
  '-o',
  '--apply',
  '\u001b]0;x\u0007',
  '\u202e',
  '%s',
  '!',
  '~',
  '*',
  'main "$@"',
  'EOF',
];
const hostile = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 6 })), {
      maxLength: 8,
    })
    .map((parts) => parts.join('')),
  fc.constantFrom(...pieces).map((piece) => piece.repeat(300)),
);
const calm = <T>(value: T, weight = 12): fc.WeightedArbitrary<T> => ({
  weight,
  arbitrary: fc.constant(value),
});
const mostly = (value: string): fc.Arbitrary<string> =>
  fc.oneof(calm(value, 40), { weight: 1, arbitrary: hostile });
// Free text of people and feeds, of which anything is taken and made one line.
const free = fc.oneof(calm('plain', 2), { weight: 3, arbitrary: hostile });

const plans: fc.Arbitrary<Plan> = fc
  .record({
    package: mostly('demo'),
    newer_origin: fc.option(mostly('Debian')),
    architecture: mostly('amd64'),
    old_version: fc.option(mostly('1.0-1')),
    new_version: mostly('2.0-1'),
    host_id: mostly('web'),
    os_id: mostly('debian'),
    os_version: mostly('12'),
    names: fc.array(free, { maxLength: 6 }),
    fix_id: free,
    approval: free,
    approver: free,
    when: free,
    ticket: fc.option(free),
    ring: fc.option(free),
    left: mostly('held-one'),
    reason: mostly('held'),
  })
  .map((said) => ({
    ...plan,
    host_id: said.host_id,
    os_id: said.os_id,
    os_version: said.os_version,
    changes: [{ ...said, wanted: true }],
    fixes: [{ fix_id: said.fix_id, source: said.package, names: said.names, approval: said.approval }],
    approvals: [
      {
        ...plan.approvals[1]!,
        approver: said.approver,
        when: said.when,
        ticket: said.ticket,
        ring: said.ring,
      },
    ],
    left_alone: [{ package: said.left, architecture: 'all', installed_version: '1', reason: said.reason }],
  }));

const variables = [
  'plan_id',
  'host_id',
  'machine_id',
  'os_id',
  'os_version',
  'as_of',
  'expires_at',
  'expires_epoch',
  'download_kb',
  'installed_kb',
  'changes',
  'newer',
  'fixes',
  'approvals',
  'left_alone',
];

/** The three parts of a script, by what does not change from one to the other. */
function partsOf(script: string): { header: string; values: string; body: string } {
  const start = script.indexOf('\n\nplan_id=') + 2;
  const end = script.indexOf('\n\n# What follows is the same in every script');
  return { header: script.slice(0, start), values: script.slice(start, end + 1), body: script.slice(end) };
}

/** What a shell sees outside of single quotes, read without any of the project's own words about quoting. */
function outsideQuotes(text: string): string {
  let out = '';
  let inside = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "'") inside = !inside;
    else if (!inside && text.startsWith("\\'", index)) index++;
    else if (!inside) out += character;
  }
  return inside ? `${out}<open>` : out;
}

/** Null where it is refused as the contract says; any other error is one. */
function renderedOrRefused(lie: Plan): string | null {
  try {
    return renderAptScript(lie);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

describe('a host that lies', () => {
  test('puts no byte of its choosing outside of quotes', () => {
    const { header, body } = partsOf(renderAptScript(plan));
    const lines = header.split('\n').length;
    let rendered = 0;
    let refused = 0;
    fc.assert(
      fc.property(plans, (lie) => {
        const script = renderedOrRefused(lie);
        if (script === null) {
          refused++;
          return;
        }
        rendered++;
        const parts = partsOf(script);
        expect(outsideQuotes(parts.values)).toBe(variables.map((name) => `${name}=\n`).join(''));
        expect(parts.body).toBe(body);
        expect(parts.header.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
        expect(parts.header.split('\n')).toHaveLength(lines);
        // oxlint-disable-next-line no-control-regex -- none may be there
        expect(script).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
      }),
      { numRuns: 20_000, seed: 11 },
    );
    // Both ways were taken often enough to mean something.
    expect(Math.min(rendered, refused)).toBeGreaterThan(3000);
  });

  test('is read back by sh as one line for each row', () => {
    for (const lie of fc.sample(plans, { numRuns: 300, seed: 13 })) {
      const script = renderedOrRefused(lie);
      if (script === null) continue;
      const program = `${partsOf(script).values}\nprintf '%s\\0' ${variables.map((name) => `"$${name}"`).join(' ')}\n`;
      const read = mustRun(['dash'], program).split('\0');
      expect(read).toHaveLength(variables.length + 1);
      for (const rows of ['changes', 'fixes', 'approvals', 'left_alone'])
        expect(read[variables.indexOf(rows)]).not.toContain('\n');
      expect(read[variables.indexOf('changes')]).toMatch(/^\S+ \S+ \S+ \S+ yes$/);
    }
  });
});
