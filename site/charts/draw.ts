/**
 * Recharts drawn to a still picture while the site is built: Recharts draws nothing on a server
 * (docs/decisions.md), so it is mounted in a document of happy-dom, and what it drew is taken out as SVG.
 * No style attribute is left (the content policy forbids them), and no id that would change from build to build.
 */
import { Window } from 'happy-dom';
import type { ReactElement } from 'react';
import type * as Charts from './charts.tsx';

export interface Picture {
  /** Name of the picture for those who do not see it. */
  label: string;
  chart: ReactElement;
}

type ChartModule = typeof Charts;

// What React and Recharts look for in the global scope, when they are loaded and while they draw.
const lent = [
  'window',
  'document',
  'navigator',
  'Node',
  'Element',
  'HTMLElement',
  'getComputedStyle',
  'requestAnimationFrame',
  'cancelAnimationFrame',
  'MutationObserver',
  'ResizeObserver',
] as const;

// Recharts finishes in steps that it puts off; five turns of the event loop are two more than it takes.
const turns = 5;

let queue: Promise<unknown> = Promise.resolve();

/** Draws one picture after the other: they share the global scope. */
export function drawChart(make: (charts: ChartModule) => Picture): Promise<string> {
  const drawn = queue.then(() => drawAlone(make));
  queue = drawn.catch(() => undefined);
  return drawn;
}

async function drawAlone(make: (charts: ChartModule) => Picture): Promise<string> {
  const window = new Window({ url: 'http://localhost/' });
  const giveBack = lend(window);
  try {
    const [charts, { createRoot }, { flushSync }] = await Promise.all([
      import('./charts.tsx'),
      import('react-dom/client'),
      import('react-dom'),
    ]);
    const { label, chart } = make(charts);
    const place = document.createElement('div');
    const root = createRoot(place);
    flushSync(() => root.render(chart));
    await putOff();
    const svg = place.querySelector('svg');
    if (svg === null) throw new Error(`the chart '${label}' drew nothing`);
    const picture = still(svg, label);
    flushSync(() => root.unmount());
    await putOff();
    return picture;
  } finally {
    await window.happyDOM.close();
    giveBack();
  }
}

/** Waits for what React and Recharts have put off. */
async function putOff(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Lends the document's names to the global scope; gives the function that takes them back. */
function lend(window: Window): () => void {
  const before = lent.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const name of lent) {
    const value = name === 'window' ? window : window[name];
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  };
}

const noise = ['style', 'tabindex', 'class', 'orientation', 'angle', 'id', 'name', 'radius'];

function still(svg: SVGElement, label: string): string {
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  svg.removeAttribute('width');
  svg.removeAttribute('height');
  for (const element of [...svg.querySelectorAll('*')].reverse()) tidy(element, svg);
  for (const name of noise) svg.removeAttribute(name);
  return svg.outerHTML.replace(/(\d\.\d)\d{2,}/g, '$1');
}

/** Drops what only a living chart needs. Ours are patterns: their ids stay. */
function tidy(element: Element, svg: SVGElement): void {
  const tag = element.tagName.toLowerCase();
  const unused = tag === 'title' || tag === 'desc' || tag === 'clippath';
  if (unused || ((tag === 'g' || tag === 'defs') && element.childNodes.length === 0)) {
    element.remove();
    return;
  }
  for (const name of noise) if (!(name === 'id' && tag === 'pattern')) element.removeAttribute(name);
  if (tag === 'path' || tag === 'line')
    for (const name of ['x', 'y', 'width', 'height']) element.removeAttribute(name);
  if (tag === 'text') for (const name of ['width', 'height']) element.removeAttribute(name);
  // A group that says nothing of its children is not needed.
  if (tag === 'g' && element.attributes.length === 0 && element !== svg)
    element.replaceWith(...element.childNodes);
}
