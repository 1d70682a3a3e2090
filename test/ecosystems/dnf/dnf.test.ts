import { dnf } from '#ecosystems/dnf/dnf.ts';
import { describe } from 'vitest';
import { familyContract } from '../contract.ts';
import { recordedContext } from './recorded.ts';

describe.each(['rocky9', 'fedora43'] as const)('as %s answered', (host) => {
  familyContract(dnf, recordedContext(host), [
    '1.0~rc1-1.el9',
    '1.0-1.el9',
    '1.0-1.el9_4',
    '1.0-1.el9_4.1',
    '1.0^git1-1.el9',
    '1.0.1-1.el9',
    '1:0.9-1.el9',
  ]);
});
