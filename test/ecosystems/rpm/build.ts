/** Small real rpm packages, built by rpmbuild. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mustRun } from '#test/tools.ts';

export interface Binary {
  name: string;
  /** Where it has a version of its own. */
  version?: string;
  /** More lines of its preamble: Provides, Obsoletes, Requires… */
  lines?: string[];
  /** Content by absolute path. */
  files?: { [path: string]: string | Buffer };
  /** Symbolic links: target by absolute path. */
  links?: { [path: string]: string };
}

export interface Source extends Binary {
  version: string;
  release: string;
  epoch?: number;
  /** 'noarch', 'i686'…; that of this machine where it is left out. */
  architecture?: string;
  /** Label of a module's build: `name:stream:version:context`. */
  module?: string;
  vendor?: string;
  /** Seconds since 1970. */
  builtAt?: number;
  /** Further binaries of the same source. */
  binaries?: Binary[];
  /** Whether no binary has the source's own name. */
  nameless?: boolean;
}

/** Builds the binaries of a source into a folder; gives the paths of the new files. */
export function buildSource(source: Source, folder: string): string[] {
  const work = mkdtempSync(join(tmpdir(), 'patchledger-rpmbuild-'));
  const before = new Set(rpmsIn(folder));
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(work, 'one.spec'), specOf(source, work));
    const builtAt = String(source.builtAt ?? 1_790_000_000);
    mustRun([
      'env',
      `SOURCE_DATE_EPOCH=${builtAt}`,
      'rpmbuild',
      '-bb',
      '--quiet',
      ...(source.architecture === undefined || source.architecture === 'noarch'
        ? []
        : ['--target', source.architecture]),
      ...defines({
        _topdir: work,
        _rpmdir: folder,
        _dbpath: join(work, 'db'),
        _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
        use_source_date_epoch_as_buildtime: '1',
        debug_package: '%{nil}',
        __os_install_post: '%{nil}',
      }),
      join(work, 'one.spec'),
    ]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return rpmsIn(folder).filter((path) => !before.has(path));
}

function rpmsIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.rpm'));
    return names.sort().map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function defines(macros: { [name: string]: string }): string[] {
  return Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
}

function specOf(source: Source, work: string): string {
  const others = source.binaries ?? [];
  const own = source.nameless === true ? [] : [source];
  return [
    ...preamble(source),
    `Release: ${source.release}`,
    ...(source.epoch === undefined ? [] : [`Epoch: ${source.epoch}`]),
    ...(source.architecture === 'noarch' ? ['BuildArch: noarch'] : []),
    ...(source.module === undefined ? [] : [`ModularityLabel: ${source.module}`]),
    ...(source.vendor === undefined ? [] : [`Vendor: ${source.vendor}`]),
    '%description',
    'Test.',
    ...others.flatMap((binary) => [
      `%package -n ${binary.name}`,
      ...preamble(binary).slice(1),
      `%description -n ${binary.name}`,
      'Test.',
    ]),
    '%install',
    ...[...own, ...others].map((binary) => install(binary, work)),
    ...own.flatMap((binary) => ['%files', ...pathsOf(binary)]),
    ...others.flatMap((binary) => [`%files -n ${binary.name}`, ...pathsOf(binary)]),
    '',
  ].join('\n');
}

function pathsOf({ files = {}, links = {} }: Binary): string[] {
  return [...Object.keys(files), ...Object.keys(links)];
}

function preamble(binary: Binary): string[] {
  return [
    `Name: ${binary.name}`,
    ...(binary.version === undefined ? [] : [`Version: ${binary.version}`]),
    'Summary: Test',
    'License: None',
    'AutoReqProv: no',
    ...(binary.lines ?? []),
  ];
}

function install(binary: Binary, work: string): string {
  const tree = join(work, 'files', binary.name);
  mkdirSync(tree, { recursive: true });
  for (const [path, content] of Object.entries(binary.files ?? {})) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
  for (const [path, target] of Object.entries(binary.links ?? {})) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    symlinkSync(target, join(tree, path));
  }
  return `mkdir -p %{buildroot} && cp -a ${tree}/. %{buildroot}/`;
}
