/** Whether the host asks for a reboot, by its own plugin and by its kernels. */
import type { RowOf } from '#data/model/tables.ts';
import { isPackageName } from '../rpm/names.ts';
import { compareVersions } from '../rpm/version.ts';
import { linesOf } from '../sections.ts';
import type { ParseContext, ScanRow } from '../ecosystem.ts';

type Reboot = Pick<ScanRow, 'reboot_required' | 'reboot_packages'>;

/**
 * `needs-restarting -r` ends with 1 where a reboot is due, and with 1 where it failed; a plugin without `-r` ends with
 * whatever. So only 1 together with its list, and 0 together with its sentence, are answers; all else is not known. Its
 * list has `kernel` and lacks `kernel-core`, which is all that cloud images have: a newer image than the one that runs
 * counts too. On these systems nobody writes /run/reboot-required, so that its absence says nothing.
 */
export function rebootOf(context: ParseContext, kernels: readonly RowOf<'kernels'>[]): Partial<Reboot> {
  if (linesOf(context.sections.get('reboot')?.text ?? '')[0] === 'required') return {};
  const output = context.sections.get('dnf-reboot');
  const lines = linesOf(output?.text ?? '');
  const names = lines.flatMap((line) => {
    const name = /^ {2}\* (\S+)$/.exec(line)?.[1];
    return name !== undefined && isPackageName(name) ? [name] : [];
  });
  const whole = output?.truncated === false;
  const due =
    whole && output.exitStatus === 1 && lines.includes('Reboot is required to fully utilize these updates.');
  const notDue = whole && output.exitStatus === 0 && lines.includes('Reboot should not be necessary.');
  const waiting = waitingKernels(kernels);
  if (due || waiting.length > 0) {
    return {
      reboot_required: true,
      reboot_packages: [...new Set([...(due ? names : []), ...waiting])].sort(),
    };
  }
  return { reboot_required: notDue ? false : null, reboot_packages: [] };
}

/** Images of the running flavour that are newer than the one that runs. */
function waitingKernels(kernels: readonly RowOf<'kernels'>[]): string[] {
  const running = kernels.find((kernel) => kernel.running);
  if (running === undefined) return [];
  return kernels
    .filter((kernel) => kernel.same_flavour && compareVersions(kernel.version, running.version) > 0)
    .map((kernel) => kernel.package);
}
