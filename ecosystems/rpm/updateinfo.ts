/**
 * Advisories that lie on a host beside its package lists: updateinfo.xml of rpm repositories. They are read from the
 * files themselves: what package managers print of them has lost the day of issue, or is a text for people.
 */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { rejecter } from '../rejections.ts';
import { linesOf, sectionProblem } from '../sections.ts';
import { isArchitecture, isPackageName, joinVersion } from './names.ts';
import type { ParseContext, Rejection, SectionSpec } from '../ecosystem.ts';

const section = 'rpm-advisories';

/**
 * XML in awk: split at '<', a record is one tag and the text behind it; in well-formed XML '<' is nothing else. Only
 * advisories on packages that are installed are printed; the end of the root element tells that the file was whole.
 */
const awkProgram = `
  function attribute(name, at, rest) {
    at = index(tag, " " name "=\\"")
    if (!at) return ""
    rest = substr(tag, at + length(name) + 3)
    return substr(rest, 1, index(rest, "\\"") - 1)
  }
  NR == 1 { count = split($0, names, "\\n"); for (i = 1; i <= count; i++) have[names[i]] = 1; next }
  {
    gsub(/[ \\t\\r\\n]+/, " ")
    end = index($0, ">")
    tag = substr($0, 1, end - 1)
    text = substr($0, end + 1)
    word = tag
    sub(/[ \\/]*$/, "", word)
    if (index(word, " ")) word = substr(word, 1, index(word, " ") - 1)
  }
  word == "update" { kind = attribute("type"); status = attribute("status"); id = title = severity = issued = updated = cves = packages = "" }
  word == "id" { id = text }
  word == "title" { title = text }
  word == "severity" { severity = text }
  word == "issued" { issued = attribute("date") }
  word == "updated" { updated = attribute("date") }
  word == "reference" { cves = cves "reference\\t" attribute("type") "\\t" attribute("id") "\\t" attribute("title") "\\n" }
  word == "collection" { module = "" }
  word == "module" { module = attribute("name") ":" attribute("stream") }
  word == "package" && (attribute("name") in have) {
    packages = packages "package\\t" attribute("name") "\\t" attribute("epoch") "\\t" attribute("version") "\\t" attribute("release") "\\t" attribute("arch") "\\t" module "\\n"
  }
  tag == "/update" && packages != "" {
    printf "advisory\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\n%s%s", id, kind, status, issued, updated, severity, title, cves, packages
  }
  tag == "/updates" { print "whole" }`;

/** @param patterns shell patterns of the files */
export function updateinfoSection(patterns: readonly string[]): SectionSpec {
  const command = `
names=$(rpm -qa --queryformat '%{NAME}\\n' | sort -u)
decompressed() {
  case $1 in
  *.gz) gzip -dc <"$1" ;;
  *.xz) xz -dc <"$1" ;;
  *.zst) zstd -dc <"$1" ;;
  *.bz2) bzip2 -dc <"$1" ;;
  *.zck) unzck -c "$1" ;;
  *) cat "$1" ;;
  esac
}
for file in ${patterns.join(' ')}; do
  [ -e "$file" ] || continue
  if [ ! -r "$file" ]; then printf 'unreadable\\t%s\\n' "$file"; continue; fi
  printf 'file\\t%s\\t%s\\n' "$file" "$(stat -c %Y "\${file%/*}/repomd.xml" 2>/dev/null)"
  { printf '%s\\n' "$names"; decompressed "$file"; } | awk -v RS='<' -v FS='\\001' '${awkProgram}
  '
done
`;
  return {
    name: section,
    command: command.trim(),
    timeoutSeconds: 120,
    maxBytes: 33_554_432,
    subjects: ['advisories', 'updates'],
    rootReadsMore: true,
  };
}

export interface AdvisoryPackage {
  name: string;
  version: string;
  architecture: string;
  /** `name:stream` of the module that the build is part of. */
  module: string | null;
}

export interface Advisory {
  id: string;
  kind: string;
  /** In lower case; null where there is none. */
  severity: string | null;
  issued: DateBounds | null;
  cves: string[];
  title: string | null;
  packages: AdvisoryPackage[];
}

export interface DateBounds {
  not_before: string;
  not_after: string;
}

export interface UpdateinfoFile {
  path: string;
  /** When its repository was last checked, in seconds since 1970 by the host's clock; null when not known. */
  checkedSeconds: number | null;
  /** Whether the file was read to its end. */
  whole: boolean;
  advisories: Advisory[];
}

export interface Updateinfo {
  files: UpdateinfoFile[];
  unreadable: string[];
  rejections: Rejection[];
  problem: string | null;
}

/** Reads the section `rpm-advisories`. */
export function parseUpdateinfo(context: ParseContext): Updateinfo {
  const output = context.sections.get(section);
  const { rows: rejections, reject } = rejecter(context.hostId, section);
  const result: Updateinfo = {
    files: [],
    unreadable: [],
    rejections,
    problem: sectionProblem(section, output),
  };
  let advisory: Advisory | null = null;
  for (const [index, line] of linesOf(output?.text ?? '').entries()) {
    const [word, ...fields] = line.split('\t');
    const file = result.files.at(-1);
    const wrong = (expected: string) => reject(index + 1, expected, line);
    if (word === 'file' && fields.length === 2) {
      result.files.push(fileOf(fields));
      advisory = null;
    } else if (word === 'unreadable' && fields.length === 1) result.unreadable.push(clean(fields[0]!, 300));
    else if (word === 'whole' && file !== undefined) file.whole = true;
    else if (word === 'advisory' && file !== undefined) {
      advisory = advisoryOf(fields);
      if (isRetracted(fields)) advisory = null;
      else if (advisory === null) wrong('An advisory.');
      else file.advisories.push(advisory);
    } else if (word === 'reference' && fields.length === 3) addReference(advisory, fields);
    else if (word === 'package') {
      const found = packageOf(fields);
      if (found === null) wrong('A package of an advisory.');
      else advisory?.packages.push(found);
    } else wrong('A line about advisories.');
  }
  return result;
}

function fileOf([path = '', checked = '']: string[]): UpdateinfoFile {
  const checkedSeconds = /^\d{1,11}$/.test(checked) ? Number(checked) : null;
  return { path, checkedSeconds, whole: false, advisories: [] };
}

/** Ids are told by their shape, whoever the vendor: RHSA-2026:1, RLBA-…, ALSA-…, ALAS2-2026-939, FEDORA-2026-4a08954c02. */
const advisoryId = /^[A-Za-z0-9][A-Za-z0-9_.:-]{2,99}$/;

/** SUSE takes advisories back; libzypp then offers nothing for them. */
function isRetracted([, , status = '']: string[]): boolean {
  return status === 'retracted';
}

function advisoryOf(fields: string[]): Advisory | null {
  if (fields.length !== 7) return null;
  const [id, kind, , issued, updated, severity, title] = fields.map((text) => decoded(text).trim());
  if (id === undefined || !advisoryId.test(id)) return null;
  const kindWord = kind === undefined || kind === '' ? 'unspecified' : kind.toLowerCase();
  const severityWord = (severity ?? '').toLowerCase();
  return {
    id,
    kind: clean(kindWord, 60),
    severity: ['', 'none', 'unknown', 'unspecified'].includes(severityWord) ? null : clean(severityWord, 60),
    issued: dateBounds(issued ?? '') ?? dateBounds(updated ?? ''),
    cves: [],
    title: title === undefined || title === '' ? null : clean(title, 300),
    packages: [],
  };
}

const cve = /\bCVE-\d{4}-\d{4,12}\b/g;

/** Fedora has its CVEs in the titles of bugs; where references are CVEs themselves, they are the same. */
function addReference(advisory: Advisory | null, fields: string[]): void {
  if (advisory === null) return;
  const [type = '', id = '', title = ''] = fields.map(decoded);
  const named = [
    ...(`${id} ${type === 'cve' || advisory.kind === 'security' ? title : ''}`.match(cve) ?? []),
  ];
  advisory.cves = [...new Set([...advisory.cves, ...named])].sort();
}

function packageOf(fields: string[]): AdvisoryPackage | null {
  if (fields.length !== 6) return null;
  const [name = '', epoch = '', versionText = '', release = '', architecture = '', module = ''] = fields;
  const version = joinVersion(epoch, versionText, release);
  if (version === null || !isPackageName(name) || !isArchitecture(architecture)) return null;
  return { name, version, architecture, module: module === '' ? null : clean(module, 120) };
}

/**
 * Dates of updateinfo have no zone, createrepo_c and libsolv read them as UTC: `2026-03-01 10:00:00`, to the minute at
 * Amazon 2, seconds since 1970 at SUSE. Midnight is a date to the day.
 */
export function dateBounds(text: string): DateBounds | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?(?: ?UTC|Z)?)?$/.exec(text);
  const [, date, minutes = '00:00', seconds] = match ?? [];
  const start = /^\d{9,11}$/.test(text)
    ? Number(text) * 1000
    : Date.parse(`${date}T${minutes}${seconds ?? ':00'}Z`);
  if (Number.isNaN(start)) return null;
  const precision = match !== null && seconds === undefined ? 59_999 : 999;
  const lasts = start % dayMs === 0 ? dayMs : precision;
  return { not_before: new Date(start).toISOString(), not_after: new Date(start + lasts).toISOString() };
}

const dayMs = 86_400_000;
const entities: { [name: string]: string } = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function decoded(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|quot|apos|amp));/g,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return entities[name as string] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** The row of an advisory on one of its packages, in the repository that brought it. */
export function advisoryRow(
  hostId: string,
  { advisory, one, repository }: { advisory: Advisory; one: AdvisoryPackage; repository: string },
): RowOf<'host_advisories'> {
  return {
    host_id: hostId,
    advisory: advisory.id,
    package: one.name,
    architecture: one.architecture,
    version: one.version,
    kind: advisory.kind,
    severity: advisory.severity,
    published_not_before: advisory.issued?.not_before ?? null,
    published_not_after: advisory.issued?.not_after ?? null,
    cves: advisory.cves,
    title: advisory.title,
    repository,
  };
}
