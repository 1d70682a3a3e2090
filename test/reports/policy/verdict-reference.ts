/**
 * Verdicts, slowly: one spell at a time, in the words of `semantics.md` 5, on Temporal and milliseconds. The models
 * are held to it.
 */

/** Bounds in milliseconds; null where nothing bounds them. */
export type Span = { from: number | null; to: number | null };

export interface Spell {
  status: string;
  preEmpted: boolean;
  first: { opened: Span; available: Span; observed: number | null };
  number: number;
  opened: Span;
  installed: Span;
  effective: Span;
  exited: Span;
  confirmed: number | null;
}

export interface Rated {
  cve: string | null;
  from: Span;
  /** The first rule of the policy that matches on this host; null where none does. */
  allowed: { count: number; unit: 'hours' | 'days' | 'months' } | null;
}

export interface Judge {
  clock: string;
  effectiveness: string;
  reopened: string;
  zone: string;
  asOf: number;
  published: Span;
  /** When somebody decided about this fix on this host; null where nobody did. */
  decided: Span | null;
  ratings: Rated[];
  /** When the exceptions that speak of this host and fix count. */
  excepted: { from: number; until: number }[];
}

const day = 86_400_000;

/** @returns undefined where no rule speaks of it */
export function judgeSlowly(spell: Spell, judge: Judge): string | undefined {
  const start = startOf(spell, judge);
  const deadlines = judge.ratings.flatMap(({ from, allowed }) =>
    allowed === null ? [] : [deadlineOf(laterOf(start, from), allowed, judge.zone)],
  );
  if (deadlines.length === 0) return undefined;
  const deadline: Span = {
    from: deadlines.some(({ from }) => from === null)
      ? null
      : Math.min(...deadlines.map(({ from }) => from!)),
    to: deadlines.every(({ to }) => to === null)
      ? null
      : Math.min(...deadlines.flatMap(({ to }) => (to === null ? [] : [to]))),
  };
  const own = ownVerdict(spell, deadline, judge);
  if (own !== 'missed' && own !== 'not-provable') return own;
  return isExcepted(spell, judge) ? 'excepted' : own;
}

function startOf(spell: Spell, judge: Judge): Span {
  const { clock, reopened, published } = judge;
  if (spell.number > 1 && reopened === 'restart') return spell.opened;
  if (clock === 'published') return published;
  if (clock === 'evaluated') return evaluatedOf(spell, judge);
  if (clock === 'from-introduction') return spell.first.opened;
  if (clock === 'first-observed') return { from: spell.first.observed, to: spell.first.observed };
  const { from, to } = spell.first.available;
  return {
    from: from === null ? published.from : Math.max(from, published.from ?? from),
    to,
  };
}

/** Detected within a day of publication at the latest, decided about within two days of that at the latest. */
function evaluatedOf({ first }: Spell, { published, decided, zone }: Judge): Span {
  const detected = Math.min(first.observed ?? Infinity, (published.to ?? Infinity) + day);
  const latest = after(detected, { count: 2, unit: 'days' }, zone)! - 1;
  const counts = decided !== null && decided.to! >= published.from!;
  return counts
    ? { from: Math.min(latest, decided.from!), to: Math.min(latest, decided.to!) }
    : { from: latest, to: latest };
}

/** An unknown beginning stays unknown, whatever came later. */
function laterOf(start: Span, change: Span): Span {
  return {
    from: start.from === null ? null : Math.max(start.from, change.from ?? start.from),
    to: start.to === null ? null : Math.max(start.to, change.to ?? start.to),
  };
}

function deadlineOf(start: Span, allowed: NonNullable<Rated['allowed']>, zone: string): Span {
  const wholeDay =
    start.from !== null && start.to !== null && start.from % day === 0 && start.to - start.from === day - 1;
  if (wholeDay && allowed.unit !== 'hours') {
    const label = Temporal.PlainDate.from(new Date(start.from!).toISOString().slice(0, 10));
    const end = endAfter(label, allowed, zone);
    return { from: end, to: end };
  }
  return { from: after(start.from, allowed, zone), to: after(start.to, allowed, zone) };
}

function after(at: number | null, allowed: NonNullable<Rated['allowed']>, zone: string): number | null {
  if (at === null) return null;
  if (allowed.unit === 'hours') return at + allowed.count * 3_600_000;
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
  return endAfter(local, allowed, zone);
}

function endAfter(
  date: Temporal.PlainDate,
  { count, unit }: NonNullable<Rated['allowed']>,
  zone: string,
): number {
  return date
    .add({ [unit]: count })
    .add({ days: 1 })
    .toZonedDateTime(zone).epochMilliseconds;
}

/** When the policy's demand was met, if it was. */
function doneOf(spell: Spell, effectiveness: string): Span | null {
  const begun = (span: Span, ...others: (number | null)[]): Span => {
    const known = [span.from, ...others, spell.opened.from].filter((value) => value !== null);
    return { from: known.length === 0 ? null : Math.max(...known), to: span.to };
  };
  const installed = spell.installed.to !== null;
  if (spell.status === 'closed')
    return effectiveness === 'installed' && installed
      ? begun(spell.installed)
      : begun(spell.effective, spell.installed.from);
  const accepts =
    (spell.status === 'installed-effect-unknown' && effectiveness !== 'effective') ||
    (spell.status === 'installed-not-effective' && effectiveness === 'installed' && installed);
  return accepts ? begun(spell.installed) : null;
}

const exits = ['package-removed', 'host-retired', 'host-rebuilt', 'advisory-withdrawn'];

function ownVerdict(spell: Spell, deadline: Span, { asOf, effectiveness }: Judge): string {
  const done = doneOf(spell, effectiveness);
  if (spell.preEmpted && done !== null) return 'met';
  if (spell.status === 'advisory-withdrawn') return 'exited';
  if (deadline.to === null) return 'unknown';
  const surelyBy = (at: number | null): boolean =>
    at !== null && deadline.from !== null && at <= deadline.from;
  const surelyAfter = (at: number | null): boolean => at !== null && at > deadline.to!;
  if (done !== null) return surelyBy(done.to) ? 'met' : surelyAfter(done.from) ? 'missed' : 'not-provable';
  if (exits.includes(spell.status)) {
    const left = Math.max(spell.exited.from ?? -Infinity, spell.opened.from ?? -Infinity);
    return surelyBy(spell.exited.to) ? 'exited' : surelyAfter(left) ? 'missed' : 'not-provable';
  }
  if (asOf <= (deadline.from ?? deadline.to)) return 'due';
  const proof = spell.status === 'installed-effect-unknown' ? spell.installed.from : spell.confirmed;
  return surelyAfter(proof) ? 'missed' : 'not-provable';
}

function isExcepted(spell: Spell, { asOf, effectiveness, excepted }: Judge): boolean {
  const done = doneOf(spell, effectiveness);
  const lasting = done === null && !exits.includes(spell.status);
  return excepted.some(({ from, until }) =>
    lasting
      ? asOf >= from && asOf <= until
      : done !== null && done.from !== null && done.from >= from && done.to !== null && done.to <= until,
  );
}
