/** `--wait`, the same for every command that writes. */
import { InvalidArgumentError, Option } from 'commander';

const usualSeconds = 60;
const mostSeconds = 86_400;

export function waitOption(usual: number = usualSeconds): Option {
  return new Option('--wait <seconds>', 'how long to wait for another writer; 0 leaves at once')
    .argParser(readSeconds)
    .default(usual);
}

function readSeconds(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= mostSeconds) return Number(text);
  throw new InvalidArgumentError(`expected whole seconds, 0 to ${mostSeconds}`);
}
