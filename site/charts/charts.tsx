/** The charts of the site as Recharts components. Colours are the site's own; `draw.ts` makes pictures of them. */
import type { ReactElement } from 'react';
import {
  Area,
  Bar,
  BarChart,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceDot,
  ReferenceLine,
  XAxis,
  YAxis,
} from 'recharts';
import type { ExposureWeek, Latency, RunLine } from '#reports/reading.ts';
import { monthTicks, niceTop } from './scales.ts';

const width = 440;
const height = 220;
const margin = { top: 18, right: 18, bottom: 4, left: 0 };
const quiet = { isAnimationActive: false } as const;
const tick = { fill: 'var(--muted)', fontSize: 12 };
const axis = { stroke: 'var(--strong-line)', tickSize: 4, tick, interval: 0 } as const;
const label = { fill: 'var(--ink)', fontSize: 12 };

interface LatencyChart {
  installed: Latency;
  effective: Latency;
  /** Last day of the axis. */
  days: number;
  dayTicks: number[];
}

/**
 * The share of fixes that are not in effect after so many days: between the two solid lines lies what scans
 * leave open, around them the 95 % band. Dashed: the same until installed.
 */
export function latencyChart({ installed, effective, days, dayTicks }: LatencyChart): ReactElement {
  const inEffect = rowsOf(effective, days);
  const present = rowsOf(installed, days);
  return (
    <ComposedChart width={width} height={height} margin={margin} accessibilityLayer={false}>
      <XAxis dataKey="days" type="number" domain={[0, days]} ticks={dayTicks} {...axis} />
      <YAxis domain={[0, 1]} ticks={[0, 0.25, 0.5, 0.75, 1]} width={42} tickFormatter={percent} {...axis} />
      <ReferenceLine y={0.5} stroke="var(--line)" />
      <Area
        data={inEffect}
        dataKey="band"
        type="stepAfter"
        stroke="none"
        fill="var(--wash)"
        fillOpacity={1}
        {...quiet}
      />
      <Area
        data={inEffect}
        dataKey="gap"
        type="stepAfter"
        stroke="none"
        fill="var(--soft)"
        fillOpacity={1}
        {...quiet}
      />
      <Line data={inEffect} dataKey="early" type="stepAfter" stroke="var(--accent)" dot={false} {...quiet} />
      <Line
        data={inEffect}
        dataKey="late"
        type="stepAfter"
        stroke="var(--accent)"
        strokeWidth={2}
        dot={false}
        {...quiet}
      />
      <Line
        data={present}
        dataKey="late"
        type="stepAfter"
        stroke="var(--ink)"
        strokeDasharray="4 3"
        dot={false}
        {...quiet}
      />
      {lineName('in effect', inEffect.at(-1), 'top')}
      {lineName('installed', present.at(-1), 'bottom')}
    </ComposedChart>
  );
}

interface LatencyRow {
  days: number;
  early: number | null;
  late: number | null;
  gap: [number, number] | null;
  band: [number, number] | null;
}

/** A line's name at its end. */
function lineName(
  name: string,
  end: LatencyRow | undefined,
  position: 'top' | 'bottom',
): ReactElement | null {
  if (end === undefined || end.late === null) return null;
  const text = { value: name, position, textAnchor: 'end', ...label } as const;
  return <ReferenceDot x={end.days} y={end.late} r={0} stroke="none" label={text} />;
}

function rowsOf(latency: Latency, days: number): LatencyRow[] {
  return latency.points
    .filter((point) => point.days <= days)
    .map(({ days: day, early, late, low, high }) => ({
      days: day,
      early,
      late,
      gap: early === null || late === null ? null : [early, late],
      band: low === null || high === null ? null : [low, high],
    }));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** What came (upwards) and what went (downwards), week by week. Hatched: there when it was first looked. */
export function cameAndWentChart(weeks: readonly ExposureWeek[]): ReactElement {
  const rows = weeks.map((week) => ({
    week: week.week,
    came: week.arrived + week.reopened,
    found: week.found,
    went: -week.fixed - week.exited,
  }));
  const top = niceTop(Math.max(0, ...rows.map((row) => row.came + row.found)));
  const most = niceTop(Math.max(0, ...rows.map((row) => -row.went)));
  // Little that went gets no label of its own: it would stand on that of zero.
  const bottom = Math.max(most, top / 6);
  const ticks = most < top / 6 ? [0, top] : [-most, 0, top];
  return (
    <BarChart
      data={rows}
      width={width}
      height={height}
      margin={margin}
      barCategoryGap={1}
      stackOffset="sign"
      accessibilityLayer={false}
    >
      {hatching('came')}
      {weekAxis(weeks)}
      <YAxis domain={[-bottom, top]} ticks={ticks} width={42} tickFormatter={unsigned} {...axis} />
      {beforeFirst(weeks)}
      <Bar dataKey="came" stackId="week" fill="var(--alert)" {...quiet} />
      <Bar
        dataKey="found"
        stackId="week"
        fill="url(#hatch-came)"
        stroke="var(--alert)"
        strokeWidth={0.5}
        {...quiet}
      />
      <Bar dataKey="went" stackId="week" fill="var(--good)" {...quiet} />
      <ReferenceLine y={0} stroke="var(--strong-line)" />
    </BarChart>
  );
}

/** What was missing at the end of each week, and of it what is known to be exploited. */
export function missingChart(weeks: readonly ExposureWeek[]): ReactElement {
  const top = niceTop(Math.max(0, ...weeks.map((week) => week.closing)));
  return (
    <ComposedChart
      data={[...weeks]}
      width={width}
      height={height}
      margin={margin}
      barCategoryGap={1}
      accessibilityLayer={false}
    >
      {weekAxis(weeks)}
      <YAxis domain={[0, top]} ticks={[0, top / 2, top]} width={42} {...axis} />
      {beforeFirst(weeks)}
      <Bar dataKey="closing" fill="var(--soft)" {...quiet} />
      <Line
        dataKey="closing_exploited"
        type="linear"
        stroke="var(--alert)"
        strokeWidth={2}
        dot={false}
        {...quiet}
      />
    </ComposedChart>
  );
}

/** Host-days of exposure: solid where readings saw it, hatched where nobody looked. */
export function hostDaysChart(weeks: readonly ExposureWeek[]): ReactElement {
  const rows = weeks.map((week) => ({
    week: week.week,
    confirmed: week.host_days_confirmed,
    unconfirmed: week.host_days - week.host_days_confirmed,
  }));
  const top = niceTop(Math.max(0, ...weeks.map((week) => week.host_days)));
  return (
    <BarChart
      data={rows}
      width={width}
      height={height}
      margin={margin}
      barCategoryGap={1}
      accessibilityLayer={false}
    >
      {hatching('days')}
      {weekAxis(weeks)}
      <YAxis domain={[0, top]} ticks={[0, top / 2, top]} width={42} {...axis} />
      {beforeFirst(weeks)}
      <Bar dataKey="confirmed" stackId="days" fill="var(--accent)" {...quiet} />
      <Bar
        dataKey="unconfirmed"
        stackId="days"
        fill="url(#hatch-days)"
        stroke="var(--unknown)"
        strokeWidth={0.5}
        {...quiet}
      />
    </BarChart>
  );
}

/** One week of a share: as known then, as known now, and as logs tell it for weeks before the first run. */
export interface ShareWeek {
  week: string;
  retrospective: boolean;
  point: number | null;
  now: number | null;
  told: number | null;
}

/** A share week by week: points that never move, and beside them what is known today. */
export function shareChart(weeks: readonly ShareWeek[]): ReactElement {
  return (
    <ComposedChart data={[...weeks]} width={width} height={height} margin={margin} accessibilityLayer={false}>
      {weekAxis(weeks)}
      <YAxis domain={[0, 1]} ticks={[0, 0.25, 0.5, 0.75, 1]} width={42} tickFormatter={percent} {...axis} />
      {beforeFirst(weeks)}
      <Line dataKey="told" type="linear" stroke="var(--muted)" strokeDasharray="4 3" dot={false} {...quiet} />
      <Line dataKey="now" type="linear" stroke="var(--ink)" strokeWidth={1} dot={false} {...quiet} />
      <Line
        dataKey="point"
        type="linear"
        stroke="var(--accent)"
        strokeWidth={2}
        dot={{ r: 3, fill: 'var(--accent)', strokeWidth: 0 }}
        connectNulls
        {...quiet}
      />
    </ComposedChart>
  );
}

/** What each run read of the population: solid, then in part, hatched what it did not read. */
export function coverageChart(runs: readonly RunLine[]): ReactElement {
  const rows = runs.map((run, index) => ({
    index,
    read: run.hosts_read,
    partly: run.hosts_partly_read,
    unread: run.population - run.hosts_read - run.hosts_partly_read,
  }));
  const top = niceTop(Math.max(0, ...runs.map(({ population }) => population)));
  const dayOf = (index: number): string => runs[index]?.started_at.slice(0, 10) ?? '';
  const ticks = runs.length < 3 ? runs.map((_run, index) => index) : [0, runs.length - 1];
  return (
    <BarChart
      data={rows}
      width={width}
      height={height}
      margin={{ ...margin, left: 4, right: 34 }}
      barCategoryGap={1}
      maxBarSize={32}
      accessibilityLayer={false}
    >
      {hatching('days')}
      <XAxis dataKey="index" ticks={ticks} tickFormatter={dayOf} {...axis} />
      <YAxis domain={[0, top]} ticks={[0, top / 2, top]} width={42} {...axis} />
      <Bar dataKey="read" stackId="run" fill="var(--good)" {...quiet} />
      <Bar dataKey="partly" stackId="run" fill="var(--soft)" {...quiet} />
      <Bar
        dataKey="unread"
        stackId="run"
        fill="url(#hatch-days)"
        stroke="var(--unknown)"
        strokeWidth={0.5}
        {...quiet}
      />
    </BarChart>
  );
}

function weekAxis(weeks: readonly Pick<ExposureWeek, 'week'>[]): ReactElement {
  return (
    <XAxis dataKey="week" ticks={monthTicks(weeks.map(({ week }) => week))} tickFormatter={month} {...axis} />
  );
}

function month(week: string): string {
  return week.slice(0, 7);
}

function unsigned(value: number): string {
  return String(Math.abs(value));
}

/** The weeks before anybody scanned, on a ground of their own: told by logs, later. */
function beforeFirst(weeks: readonly Pick<ExposureWeek, 'week' | 'retrospective'>[]): ReactElement | null {
  const told = weeks.filter((week) => week.retrospective);
  const [first, last] = [told[0], told.at(-1)];
  if (first === undefined || last === undefined) return null;
  return (
    <ReferenceArea
      x1={first.week}
      x2={last.week}
      fill="var(--wash)"
      fillOpacity={1}
      stroke="var(--line)"
      strokeDasharray="3 3"
      label={
        told.length > 6
          ? { value: 'retrospective', position: 'insideTopLeft', fill: 'var(--muted)', fontSize: 12 }
          : ''
      }
    />
  );
}

function hatching(name: string): ReactElement {
  return (
    <defs>
      <pattern
        id={`hatch-${name}`}
        width="5"
        height="5"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)"
      >
        <rect width="1.6" height="5" fill={name === 'days' ? 'var(--unknown)' : 'var(--alert)'} />
      </pattern>
    </defs>
  );
}
