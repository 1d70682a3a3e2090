import { pacman } from '#ecosystems/pacman/pacman.ts';
import { familyContract } from '../contract.ts';
import { contextOfRecording } from '../recorded-host.ts';

familyContract(pacman, contextOfRecording(pacman, 'arch', { kernelRelease: '6.6.1-arch1-1' }), [
  '1.0alpha-1',
  '1.0rc1-1',
  '1.0-1',
  '1.0-1.1',
  '1.0-2',
  '1.0.1-1',
  '1.10-1',
  '1:0.9-1',
]);
