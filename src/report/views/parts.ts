import { escapeHtml, swatched } from '../pages/index.js';
import { type Chart, curveColor, percent } from '../plots/index.js';

/** `12.3`, for tables whose head says %. */
export function points(value: number): string {
  return Number.isFinite(value) ? (100 * value).toFixed(1) : '–';
}

/** `+1.2` or `−0.3` */
export function signed(value: number): string {
  return Number.isFinite(value) ? `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(1)}` : '–';
}

/** A chart below its heading, with the names of its curves. */
export function chartFigure(
  heading: string,
  { svg }: Chart,
  curves: readonly string[] = [],
  note = '',
): string {
  const keys = curves.map((name, index) => `<li>${swatched(name, curveColor(index))}</li>`);
  return `<figure class="chart"><h3>${escapeHtml(heading)}</h3>
${curves.length > 1 ? `<ul class="keys">${keys.join('')}</ul>` : ''}${svg}${note === '' ? '' : `<p class="quiet">${note}</p>`}</figure>`;
}

/** A number in a frame, with what it is. */
export function card(value: string, what: string): string {
  return `<div class="card"><b>${escapeHtml(value)}</b><small>${escapeHtml(what)}</small></div>`;
}

export function shareCard(value: number, what: string): string {
  return card(percent(value), what);
}

/** A table with a row head; cells are HTML. */
export function numberTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((text, i) => `<th scope="col"${i === 0 ? '' : ' class="number"'}>${text}</th>`);
  const body = rows.map(
    ([first, ...others]) =>
      `<tr><th scope="row">${first}</th>${others.map((cell) => `<td class="number">${cell}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

export function details(summary: string, content: string, isOpen = false): string {
  return `<details${isOpen ? ' open' : ''}><summary>${escapeHtml(summary)}</summary>${content}</details>`;
}
