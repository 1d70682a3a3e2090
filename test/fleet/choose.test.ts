/** The choice of packages, on small made-up indices. */
import { describe, expect, test } from 'vitest';
import { choosePackages, parseIndex } from './choose.ts';
import type { Index } from './choose.ts';

/** Lines of `name version size[: needs]`. */
function index(...lines: string[]): Index {
  const paragraphs = lines.map((line) => {
    const [head = '', needs = ''] = line.split(': ');
    const [name, version, size] = head.split(' ');
    return `Package: ${name}\nVersion: ${version}\nInstalled-Size: ${size}\nDepends: ${needs}\n`;
  });
  return parseIndex(paragraphs.join('\n'));
}

const main = index(
  'libc6 2.36-9 100',
  'small 1.0-1 5: libc6',
  'middle 1.0-1 10: libc6 (>= 2.30)',
  'heavy 1.0-1 1: ballast | small',
  'ballast 1.0-1 5000',
  'virtual 1.0-1 1: mail-transport-agent',
  'same 1.0-1 1',
  'tool 1.0-1 20: libtool1',
  'libtool1 1.0-1 30',
);
const security = index(
  'small 1.0-1+deb12u1 5: libc6',
  'middle 1.0-1+deb12u1 10: libc6',
  'heavy 1.0-1+deb12u1 1: ballast',
  'virtual 1.0-1+deb12u1 1: mail-transport-agent',
  'same 1.0-1 1',
  'only-in-security 1.0 1',
  'tool 1.0-1+deb12u1 20: libtool2',
  'libtool2 1.0-1+deb12u1 30',
);
const installed = new Set(['libc6']);
const kernelMain = index(
  'linux-image-cloud-amd64 6.1.1-1 9: linux-image-6.1.1',
  'linux-image-6.1.1 6.1.1-1 90000',
);
const kernelSecurity = index(
  'linux-image-cloud-amd64 6.1.2-1 9: linux-image-6.1.2',
  'linux-image-6.1.2 6.1.2-1 9',
);
const both = (one: Index, other: Index): Index => new Map([...one, ...other]);

describe('choosing', () => {
  test('takes the smallest closures, and one whose update needs a new package', () => {
    expect(choosePackages(main, security, { installed, count: 2 })).toEqual({
      packages: ['small', 'middle', 'tool'],
      needsNew: 'tool',
    });
  });

  test('counts what is not installed yet: the first alternative decides', () => {
    const { packages } = choosePackages(main, security, { installed, count: 4 });
    expect(packages).toEqual(['small', 'middle', 'tool', 'heavy']);
    const light = choosePackages(main, security, { installed: new Set(['libc6', 'ballast']), count: 1 });
    expect(light.packages).toEqual(['heavy', 'tool']);
  });

  test('leaves out what needs a package that no archive has by that name, and what is not newer', () => {
    expect(() => choosePackages(main, security, { installed, count: 5 })).toThrow(
      /4 small pending security updates, and tool that needs a new package; wanted 5 and one/,
    );
  });

  test('prefers the kernel, however large', () => {
    const kernels = [both(main, kernelMain), both(security, kernelSecurity)] as const;
    expect(choosePackages(...kernels, { installed, count: 1 }).needsNew).toBe('linux-image-cloud-amd64');
  });

  test('an update whose new need is installed already needs no new package', () => {
    const has = { installed: new Set(['libc6', 'libtool2']), count: 1 };
    expect(() => choosePackages(main, security, has)).toThrow(/none that needs a new package/);
  });
});

test('of several versions of a package the newest counts, in the order of dpkg', () => {
  const one = index('a 1.9-1 1', 'a 1.10-1 2', 'a 1.10~rc1-1 3');
  expect(one.get('a')).toEqual({ name: 'a', version: '1.10-1', size: 2, needs: [] });
});
