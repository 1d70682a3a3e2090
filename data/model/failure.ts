/** An error that a person can act on: what happened, and the next step. Everything else is a bug. */
export class Failure extends Error {
  override name = 'Failure';
  readonly code: string;
  readonly nextStep: string | undefined;
  readonly exitCode: number;

  /**
   * @param code stable word for machines, e.g. 'workspace-invalid'
   * @param message what happened, for a person; may hold several lines
   * @param options nextStep: what to do; exitCode: see docs/command-line.md
   */
  constructor(
    code: string,
    message: string,
    options: { nextStep?: string; exitCode?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.nextStep = options.nextStep;
    this.exitCode = options.exitCode ?? 1;
  }
}
