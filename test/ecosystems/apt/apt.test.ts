import { apt } from '#ecosystems/apt/apt.ts';
import { familyContract } from '../contract.ts';
import { recordedContext } from './recorded.ts';

familyContract(apt, recordedContext(), [
  '1.0~rc1-1',
  '1.0-1',
  '1.0-1+b1',
  '1.0-1+deb12u1',
  '1.0-1+deb12u10',
  '1:0.9-1',
]);
