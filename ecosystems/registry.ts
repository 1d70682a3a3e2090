/** Every package manager family that Patchledger reads. A test fails when a folder is missing here. */
import { apk } from './apk/apk.ts';
import { apt } from './apt/apt.ts';
import { dnf } from './dnf/dnf.ts';
import { pacman } from './pacman/pacman.ts';
import { zypper } from './zypper/zypper.ts';
import type { Ecosystem } from './ecosystem.ts';

export const ecosystems: Ecosystem[] = [apt, dnf, zypper, pacman, apk];

/** The family with that id, or undefined. */
export function findEcosystem(id: string): Ecosystem | undefined {
  return ecosystems.find((ecosystem) => ecosystem.id === id);
}
