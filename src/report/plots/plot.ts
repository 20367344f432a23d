import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Chart } from './chart.js';

/** Letters of a chart, in its units. A chart as wide as a phone is hardly reduced, so they stay readable. */
const FONT = 12;

/** The width of charts that stand side by side. */
const CHART_WIDTH = 440;

/** Colours of curves, which colour-blind people tell apart (Okabe and Ito 2008), on light and on dark ground. */
export const curveColors = ['#3b82d0', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9'] as const;

/** Draws a plot. @param label what it shows, for readers who do not see it */
export function chart(label: string, options: Plot.PlotOptions): Chart {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    width: CHART_WIDTH,
    marginTop: 28,
    ...options,
    document: document as never,
    style: { fontSize: `${FONT}px`, fontFamily: 'system-ui, sans-serif' },
  }) as unknown as PlottedElement;
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  // It is one picture with one name. Its parts may have none of their own then.
  for (const part of plot.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  plot.setAttribute('role', 'img');
  plot.setAttribute('aria-label', label);
  const [width, height] = [Number(plot.getAttribute('width')), Number(plot.getAttribute('height'))];
  return { svg: plot.outerHTML, width, height };
}

/** The little of the DOM that is used of a plot. */
interface PlottedElement {
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<{ removeAttribute(name: string): void }>;
}
