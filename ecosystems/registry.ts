/** Every package manager family that Patchledger reads. A test fails when a folder is missing here. */
import { apt } from './apt/apt.ts';
import { dnf } from './dnf/dnf.ts';
import { zypper } from './zypper/zypper.ts';
import type { Ecosystem } from './ecosystem.ts';

export const ecosystems: Ecosystem[] = [apt, dnf, zypper];

/** The family with that id, or undefined. */
export function findEcosystem(id: string): Ecosystem | undefined {
  return ecosystems.find((ecosystem) => ecosystem.id === id);
}
