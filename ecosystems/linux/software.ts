/** Software that lies beside the package manager: named, not judged. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { linesOf, reading, sectionProblem } from '../sections.ts';
import type { Parsed, SectionOutput } from '../ecosystem.ts';

const kinds = ['snap', 'flatpak', 'opt', 'python', 'node', 'ruby', 'container-tool'];
const maxRows = 5000;

/** How a file name of each kind holds its version. */
const namedVersions: { [kind: string]: RegExp } = {
  snap: /^(.+)_(\w+)\.snap$/,
  python: /^(.+)-([^-]+)\.dist-info$/,
  ruby: /^(.+?)-(\d[^-]*)(?:-[\w-]+)?\.gemspec$/,
};

/** Reads the section `software`. */
export function parseSoftware(hostId: string, sections: ReadonlyMap<string, SectionOutput>): Parsed {
  const output = sections.get('software');
  const rows: RowOf<'software'>[] = [];
  const rejections: RowOf<'rejections'>[] = [];
  for (const [index, line] of linesOf(output?.text ?? '').entries()) {
    const space = line.indexOf(' ');
    const kind = line.slice(0, space);
    const reject = (reason: string) =>
      rejections.push({
        host_id: hostId,
        section: 'software',
        line: index + 1,
        reason,
        excerpt: clean(line, 120),
      });
    if (!kinds.includes(kind)) reject('A kind of software and a name.');
    else if (rows.length >= maxRows) reject(`At most ${maxRows} names.`);
    else rows.push(softwareRow(hostId, kind, line.slice(space + 1)));
  }
  const full = rows.length >= maxRows ? `Only the first ${maxRows} names are kept.` : null;
  return {
    rows: { software: rows, rejections },
    scan: {},
    readings: [reading('software', [sectionProblem('software', output), full], rows.length > 0)],
  };
}

function softwareRow(hostId: string, kind: string, name: string): RowOf<'software'> {
  const match = namedVersions[kind]?.exec(name);
  return {
    host_id: hostId,
    kind,
    name: clean(match?.[1] ?? name, 200),
    version: match?.[2] === undefined ? null : clean(match[2], 100),
  };
}
