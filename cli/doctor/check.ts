/** What `doctor` says: one line and one next step for each problem. */
export interface Finding {
  /** What was looked at: 'keys', 'disk'… */
  check: string;
  state: 'ok' | 'problem';
  message: string;
  /** What to do; null when nothing is wrong. */
  next_step: string | null;
}

export function ok(check: string, message: string): Finding {
  return { check, state: 'ok', message, next_step: null };
}

export function problem(check: string, message: string, nextStep: string): Finding {
  return { check, state: 'problem', message, next_step: nextStep };
}
