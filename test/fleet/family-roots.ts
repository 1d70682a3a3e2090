/** Roots of other families than Debian's, a line each. */
import { zypperRoot } from './zypper-root.ts';
import type { RootMaker } from './fleet.ts';

export const familyRoots: { id: string; root: RootMaker }[] = [{ id: 'leap15', root: zypperRoot }];
