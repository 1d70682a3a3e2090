/** What may be the name, architecture and version of an Alpine package. What does not fit never becomes a row. */
import { isVersion } from './version.ts';

export { isVersion };

/** apk-package(5): letters, digits and . _ + -, the first a letter or digit; a dot begins a virtual package (apk-add(8), --virtual). */
const packageName = /^[A-Za-z0-9._][A-Za-z0-9._+-]{0,199}$/;
const architecture = /^[a-z0-9][a-z0-9_-]{0,39}$/;

export function isPackageName(text: string): boolean {
  return packageName.test(text);
}

export function isArchitecture(text: string): boolean {
  return architecture.test(text);
}
