/** Roots of the families beside Debian's own: a host of each is part of `npm run fleet`. */
import { dnfRoot } from './dnf-root.ts';
import { zypperRoot } from './zypper-root.ts';
import type { RootMaker } from './fleet.ts';
import { pacmanRoot } from './pacman-root.ts';

export const familyRoots: { id: string; root: RootMaker }[] = [
  { id: 'rocky9', root: dnfRoot },
  { id: 'leap15', root: zypperRoot },
  { id: 'arch', root: pacmanRoot },
];
