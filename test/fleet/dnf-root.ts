/**
 * A Rocky Linux 9, as far as its packages go: Debian's own dnf 4 and rpm in a root that says it is Rocky, over small
 * repositories that rpmbuild and createrepo_c made. Its past is dated back by libfaketime, so that its logs have months.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSource } from '#test/ecosystems/rpm/build.ts';
import { mustRun } from '#test/tools.ts';
import { past, repositories } from './dnf-world.ts';
import type { AdvisoryPlan, RepositoryPlan } from './dnf-world.ts';
import { inRoot, keptRoot } from './kept.ts';
import { rootOf } from './roots.ts';
import { attempt } from './run.ts';

const files = ['dnf-root.ts', 'dnf-world.ts', 'roots.ts', 'kept.ts', 'run.ts', '../ecosystems/rpm/build.ts'];
const dayMs = 86_400_000;

const rockyRelease = `NAME="Rocky Linux"
VERSION="9.4 (Blue Onyx)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.4"
PLATFORM_ID="platform:el9"
PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"
`;

/** Gives the root of the Rocky host; see `keptRoot`. */
export function dnfRoot(say: (text: string) => void = () => {}): Promise<string> {
  return keptRoot({ name: 'rocky9', files, build }, say);
}

async function build(root: string): Promise<void> {
  const bookworm = await rootOf('bookworm');
  rmSync(root, { recursive: true, force: true });
  mustRun(['cp', '-a', bookworm, root]);
  await attempt(3, () =>
    inRoot(
      root,
      'apt-get -q update && apt-get -q install -y --no-install-recommends rpm dnf dnf-plugins-core && apt-get -q clean',
    ),
  );
  const write = (path: string, text: string) => writeFileSync(join(root, path), text);
  rmSync(join(root, 'etc/os-release'));
  write('etc/os-release', rockyRelease);
  // Debian keeps the database of rpm in everybody's own home.
  mkdirSync(join(root, 'etc/rpm'), { recursive: true });
  write('etc/rpm/macros', '%_dbpath /var/lib/rpm\n');
  write('etc/dnf/plugins/local.conf', '[main]\nenabled = 0\n');
  layRepositories(root);
  await inRoot(root, 'rpm --import /etc/apt/trusted.gpg.d/debian-archive-bookworm-stable.asc');
  for (const { daysAgo, command } of past) {
    const faked = `LD_PRELOAD=/usr/lib/$(uname -m)-linux-gnu/faketime/libfaketime.so.1 FAKETIME=-${daysAgo}d sh -c`;
    await inRoot(root, `${faked} '${command}'`);
  }
  await inRoot(root, 'dnf -q versionlock add sudo');
  write('etc/dnf/dnf.conf', '[main]\ngpgcheck=0\ninstallonly_limit=3\nbest=False\nexcludepkgs=httpd*\n');
  await inRoot(root, 'dnf -q clean all && dnf -q makecache');
}

/** Builds the repositories into a root's /srv/repos, with advisories and modules, and configures them. */
export function layRepositories(root: string): void {
  // The root is kept for days: its advisories are so many days older than itself, not than today.
  const madeAt = new Date().toISOString();
  writeFileSync(join(root, madeAtFile), madeAt);
  for (const repository of repositories) {
    const folder = join(root, 'srv/repos', repository.id);
    for (const source of repository.sources) {
      buildSource(source, folder);
    }
    mustRun(['createrepo_c', '-q', folder]);
    const modify = (name: string, text: string) => {
      writeFileSync(join(root, name), text);
      mustRun(['modifyrepo_c', join(root, name), join(folder, 'repodata')]);
      rmSync(join(root, name));
    };
    if (repository.advisories.length > 0) modify('updateinfo.xml', updateinfo(repository, madeAt));
    if (repository.modules !== undefined) modify('modules.yaml', repository.modules);
  }
  mkdirSync(join(root, 'etc/yum.repos.d'), { recursive: true });
  const lines = repositories.map(
    ({ id, name }) => `[${id}]\nname=${name}\nbaseurl=file:///srv/repos/${id}\nenabled=1\ngpgcheck=0\n`,
  );
  writeFileSync(join(root, 'etc/yum.repos.d/rocky.repo'), lines.join('\n'));
}

/** In which a root says when its repositories were made. */
export const madeAtFile = '/srv/made-at';

/** When an advisory was issued that was so many days old when the root was made: at noon, UTC. */
export function issuedAt(daysAgo: number, madeAt: string): string {
  return `${new Date(Date.parse(madeAt) - daysAgo * dayMs).toISOString().slice(0, 10)} 12:00:00`;
}

function updateinfo({ id, advisories }: RepositoryPlan, madeAt: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<updates>\n${advisories.map((one) => update(id, one, madeAt)).join('')}</updates>\n`;
}

/** All of them were edited yesterday: what counts is when they were issued. */
function update(repository: string, advisory: AdvisoryPlan, madeAt: string): string {
  const references = [
    ...(advisory.cves ?? []).map(
      (cve) => `<reference href="https://x.example/${cve}" id="${cve}" type="cve" title="${cve}"/>`,
    ),
    ...(advisory.bugs ?? []).map(
      (title) => `<reference href="https://x.example/1" id="1" type="bugzilla" title="${title}"/>`,
    ),
  ];
  const [name = '', stream = ''] = advisory.module?.split(' ') ?? [];
  const module =
    advisory.module === undefined
      ? ''
      : `<module name="${name}" stream="${stream}" version="1" context="rhel9" arch="x86_64"/>`;
  const packages = advisory.packages.map(
    (one) =>
      `<package name="${one.name}" version="${one.version}" release="${one.release}" epoch="${one.epoch ?? 0}" arch="${one.architecture ?? 'x86_64'}" src="x.src.rpm"><filename>x.rpm</filename></package>`,
  );
  return `<update from="x@example.org" status="final" type="${advisory.type}" version="2">
<id>${advisory.id}</id><title>${advisory.packages[0]?.name} &amp; others</title>
<issued date="${issuedAt(advisory.daysAgo, madeAt)}"/><updated date="${issuedAt(1, madeAt)}"/>
${advisory.severity === undefined ? '' : `<severity>${advisory.severity}</severity>`}
<description>Fixes.
  Update ID: RLSA-0000:1 &lt;id&gt;RLSA-0000:2&lt;/id&gt;</description>
<references>${references.join('')}</references>
<pkglist><collection short="${repository}"><name>${repository}</name>${module}${packages.join('')}</collection></pkglist>
</update>
`;
}
