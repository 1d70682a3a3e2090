/** The main promise, on this very machine: two commands, and what apt and dpkg say is on the pages. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const npmLines = 4;
const apt = ['-o', 'Dir::Log::Planner=/dev/null', '-o', 'Debug::NoLocking=true'];

interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'patchledger-start-'));
  chmodSync(made, 0o777);
  return join(made, 'workspace');
}

function start(workspace: string, as: string[] = []): Ran {
  const [command = process.execPath, ...args] = [
    ...as,
    process.execPath,
    program,
    'start',
    '--no-serve',
    '-w',
    workspace,
  ];
  return spawnSync(command, args, { encoding: 'utf8', cwd: tmpdir() });
}

function query(workspace: string, sql: string): { [column: string]: unknown }[] {
  const { stdout } = spawnSync(process.execPath, [program, 'query', '--json', '-w', workspace, sql], {
    encoding: 'utf8',
    maxBuffer: 1e9,
  });
  return JSON.parse(stdout) as { [column: string]: unknown }[];
}

/** What `apt-get -s dist-upgrade` says it would do, by package name as dpkg knows it. */
function simulated(): Map<string, { installed: string | null; candidate: string | null }> {
  const { stdout } = spawnSync('apt-get', [...apt, '-s', 'dist-upgrade'], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 1e8,
  });
  const touched = new Map<string, { installed: string | null; candidate: string | null }>();
  for (const line of stdout.split('\n')) {
    const inst = /^Inst (\S+)(?: \[([^\]]+)\])? \((\S+) /.exec(line);
    const remv = /^Remv (\S+)(?: \[([^\]]+)\])?/.exec(line);
    if (inst) touched.set(inst[1]!, { installed: inst[2] ?? null, candidate: inst[3]! });
    else if (remv) touched.set(remv[1]!, { installed: remv[2] ?? null, candidate: null });
  }
  return touched;
}

/** Install and upgrade lines of dpkg.log and its rotations, as they lie on this machine. */
function logged(): string[] {
  return readdirSync('/var/log')
    .filter((name) => /^dpkg\.log(\.\d+)?(\.gz)?$/.test(name))
    .flatMap((name) => {
      const bytes = readFileSync(join('/var/log', name));
      return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n');
    })
    .filter((line) => /^\S+ \S+ (install|upgrade) /.test(line));
}

describe('start, on this machine', () => {
  const workspace = folder();
  let first: Ran;
  let hostId: string;

  beforeAll(() => {
    first = start(workspace);
    hostId = String(query(workspace, 'SELECT host_id FROM hosts')[0]?.['host_id']);
  });

  test('needs no question and at most ten lines', () => {
    expect(first).toMatchObject({ status: 0, stdout: '' });
    expect(first.stderr.trim().split('\n').length + npmLines).toBeLessThanOrEqual(10);
    expect(first.stderr).toContain('1 of 1 hosts read');
  });

  test('every package that apt-get -s dist-upgrade would touch is on the page with both versions and a reason', () => {
    const touched = simulated();
    const page = readFileSync(join(workspace, 'out/site/hosts', hostId, 'index.html'), 'utf8');
    // Fixes that concern the host are listed on the same page, under the same source names.
    const heading = page.indexOf('<h2>Updates on offer</h2>');
    expect(heading).toBeGreaterThan(0);
    const onOffer = page.slice(heading);
    const rows = query(workspace, 'SELECT * FROM current_updates WHERE in_full_upgrade');
    const found = new Map(rows.map((row) => [String(row['package']), row]));

    expect([...found.keys()].sort()).toEqual(
      [...touched.keys()].map((name) => name.replace(/:.*/, '')).sort(),
    );
    for (const [name, { installed, candidate }] of touched) {
      const row = found.get(name.replace(/:.*/, ''));
      expect(row, name).toMatchObject({
        installed_version: installed,
        candidate_version: candidate,
        reason: expect.stringMatching(/^[a-z-]+$/),
      });
      const line = onOffer.split('<tr').find((text) => text.includes(`>${name.replace(/:.*/, '')}<`));
      expect(line, name).toBeDefined();
      const versions = [installed, candidate].filter((version) => version !== null);
      for (const version of versions) expect(line, name).toContain(version);
      expect(line, name).toMatch(/security|other|unknown/);
    }
  });

  test('security is what the origin fields of apt-cache policy say', () => {
    const rows = query(
      workspace,
      "SELECT package, candidate_version, security FROM current_updates WHERE action = 'upgrade' ORDER BY package LIMIT 40",
    );
    for (const { package: name, candidate_version: candidate, security } of rows) {
      const { stdout } = spawnSync('apt-cache', ['policy', String(name)], {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C' },
      });
      const newer = stdout.slice(stdout.indexOf('Version table:')).split(/^ \*\*\*/m)[0] ?? '';
      expect([name, candidate, security]).toEqual([name, candidate, /-security\//.test(newer)]);
    }
  });

  test("every install and upgrade in the machine's own dpkg.log is a dated event", () => {
    const lines = logged();
    const rows = query(
      workspace,
      "SELECT local_time, not_before, not_after FROM install_events WHERE action NOT IN ('remove', 'purge', 'disappear')",
    );

    expect(rows.length).toBe(new Set(lines).size);
    expect(rows.map((row) => row['local_time']).sort()).toEqual(
      [...new Set(lines)].map((line) => line.slice(0, 19).replace(' ', 'T')).sort(),
    );
    expect(rows.filter((row) => row['not_before'] === null || row['not_after'] === null)).toEqual([]);
  });

  test('the site loads nothing from elsewhere, and links only to where the presets are written', () => {
    const site = join(workspace, 'out/site');
    const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.html'),
    );
    expect(pages.length).toBeGreaterThanOrEqual(6);
    const elsewhere = pages.flatMap((page) =>
      [
        ...readFileSync(join(site, page), 'utf8').matchAll(
          /<\w+[^>]*(?:src|href|action)="(?:https?:)?\/\/[^>]*>/g,
        ),
      ].map(([tag]) => tag),
    );
    expect(elsewhere).toEqual([
      '<a href="https://www.ncsc.gov.uk/cyberessentials/resources" rel="noreferrer">',
      '<a href="https://www.pcisecuritystandards.org/document_library/" rel="noreferrer">',
    ]);
  });

  test('a second start adds a run and no event twice', () => {
    // The machine may install something in between: what the first run knew must still be there once.
    const [newest] = query(workspace, 'SELECT max(not_before) AS at FROM fact_events');
    const known = `SELECT count(*) AS events FROM fact_events WHERE not_before <= '${String(newest?.['at'])}'`;
    const before = query(workspace, known);

    expect(start(workspace).status).toBe(0);

    expect(query(workspace, 'SELECT count(*) AS runs FROM runs')).toEqual([{ runs: 2 }]);
    expect(query(workspace, known)).toEqual(before);
    const { stdout } = spawnSync(process.execPath, [program, 'verify', '-w', workspace], {
      encoding: 'utf8',
    });
    expect(stdout).toContain('intact: 3 entries');
  });

  test('serving prints one address that answers, and ends when interrupted', async () => {
    const child = spawn(process.execPath, [program, 'start', '-w', workspace, '--port', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const address = await new Promise<string>((resolve) => {
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(said);
        if (url !== null) resolve(url[0]);
      });
    });
    const response = await fetch(address);
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');

    expect(response.status).toBe(200);
    expect(await response.text()).toContain('Patchledger');
    expect(await ended).toBe(0);
  });
});

test('without root it reads the same packages and updates, and says in plain words what it could not read', () => {
  expect(process.getuid?.(), 'this test changes to the user nobody and needs root').toBe(0);
  const workspace = folder();

  const ran = start(workspace, [
    'setpriv',
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    'env',
    'HOME=/nonexistent',
  ]);

  expect(ran.status).toBe(0);
  expect(ran.stderr).toMatch(
    /mappings not read without root: The memory maps of \d+ of \d+ processes could not be read without root/,
  );
  expect(ran.stderr.trim().split('\n').length + npmLines).toBeLessThanOrEqual(10);
  const found = query(workspace, 'SELECT package FROM current_updates WHERE in_full_upgrade ORDER BY 1').map(
    (row) => row['package'],
  );
  expect(found).toEqual([...new Set([...simulated().keys()].map((name) => name.replace(/:.*/, '')))].sort());
});
