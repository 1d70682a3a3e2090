import { apk } from '#ecosystems/apk/apk.ts';
import { familyContract } from '../contract.ts';
import { contextOfRecording } from '../recorded-host.ts';

familyContract(apk, contextOfRecording(apk, 'alpine3', { kernelRelease: '6.12.50-0-lts' }), [
  '1.0_alpha1-r0',
  '1.0_rc1-r0',
  '1.0-r0',
  '1.0-r1',
  '1.0_git20240101-r0',
  '1.0_p1-r0',
  '1.0a-r0',
  '1.0.1-r0',
  '1.10-r0',
]);
