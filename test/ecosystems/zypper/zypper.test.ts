import { zypper } from '#ecosystems/zypper/zypper.ts';
import { familyContract } from '../contract.ts';
import { recordedContext } from './recorded.ts';

familyContract(zypper, recordedContext(), [
  '1.0~rc1-1.1',
  '1.0-1.1',
  '1.0-150500.3.1',
  '1.0-150500.20.3.1',
  '1.0-150600.1.1',
  '1.0^git1-1.1',
  '1.0.1-1.1',
  '2:0.9-1.1',
]);
