/** The rules for sudo, and the page that says what each of them buys. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { boughtByRoot, renderSudoers, sectionsForRoot } from '#collector/probe/sudoers.ts';
import { installedPath } from '#collector/probe/shell.ts';
import { subjects } from '#data/model/words.ts';
import { runTool } from '#test/tools.ts';

describe('the rules for sudo', () => {
  const text = renderSudoers('patchledger');

  test('are what visudo takes', () => {
    const checked = runTool(['visudo', '-c', '-f', '-'], text);
    expect(checked).toMatchObject({ status: 0, stderr: '' });
  });

  test('are whole command lines, one a section, and nothing with a pattern', () => {
    const rules = text.split('\n').filter((line) => line !== '' && !/^(#|Defaults:)/.test(line));
    expect(rules).toEqual(
      sectionsForRoot().map(
        ({ name }) => `patchledger ALL=(root) NOPASSWD: ${installedPath} --section ${name}`,
      ),
    );
    expect(rules.join('')).not.toMatch(/[*?[\]!\\]/);
  });

  test('say what each of them buys', () => {
    for (const { subjects: fed } of sectionsForRoot())
      for (const subject of fed) expect(text).toContain(`# ${subject}: ${boughtByRoot[subject]}\n`);
  });

  test('no section that root reads more of is said to buy nothing', () => {
    const fed = sectionsForRoot().flatMap((spec) => spec.subjects);
    expect(fed.filter((subject) => boughtByRoot[subject].startsWith('nothing'))).toEqual([]);
  });
});

test('the page about least privilege says of every subject what root buys', () => {
  const page = readFileSync(new URL('../../../docs/least-privilege.md', import.meta.url), 'utf8');
  const table = page.match(/^\| `[a-z]+` +\|.*$/gm) ?? [];
  const cells = table.map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, 3),
  );
  expect(cells).toEqual(subjects.map((subject) => [`\`${subject}\``, boughtByRoot[subject]]));
});
