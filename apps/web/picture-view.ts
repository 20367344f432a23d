import type { Desk } from './desk.js';
import { element, make, swatch } from './dom.js';
import type { Painting } from './painting.js';
import type { Stage } from './stage.js';
import { hasShares, overlayOf, scaleColors, type View } from './views.js';

/** What is laid over the picture, how strongly and from where on, what its colours mean, and what is at the cursor. */
export class PictureView {
  readonly #desk: Desk;
  readonly #stage: Stage;
  readonly #painting: Painting;
  readonly #hidden: () => ReadonlySet<number>;
  readonly #of = element<HTMLSelectElement>('of');
  readonly #opacity = element<HTMLInputElement>('opacity');
  readonly #divider = element<HTMLInputElement>('divider');
  readonly #readout = element<HTMLOutputElement>('readout');
  /** The scale whose labels or attention are shown, chosen for each of these views; nothing for all scales together. */
  readonly #chosenScale = { labels: '', attention: '' };
  #overlay: ImageData | undefined;

  constructor(parts: {
    readonly desk: Desk;
    readonly stage: Stage;
    readonly painting: Painting;
    readonly hidden: () => ReadonlySet<number>;
  }) {
    this.#desk = parts.desk;
    this.#stage = parts.stage;
    this.#painting = parts.painting;
    this.#hidden = parts.hidden;
    for (const radio of document.querySelectorAll('input[name="view"]'))
      radio.addEventListener('change', () => this.#show());
    this.#of.addEventListener('change', () => {
      const view = this.#view;
      if (view === 'labels' || view === 'attention') this.#chosenScale[view] = this.#of.value;
      this.refresh();
    });
    for (const slider of [this.#opacity, this.#divider])
      slider.addEventListener('input', () => this.redraw());
    this.#desk.on('result', () => this.#show());
  }

  get #view(): View {
    return document.querySelector<HTMLInputElement>('input[name="view"]:checked')!.value as View;
  }

  #radio(view: View): HTMLInputElement {
    return document.querySelector<HTMLInputElement>(`input[name="view"][value="${view}"]`)!;
  }

  /** Goes to the labels, as while training, when there is nothing else to show. */
  showLabels(): void {
    this.#radio('labels').checked = true;
  }

  #show(): void {
    this.#allowViews();
    this.#offerScales();
    this.refresh();
  }

  /** Makes the overlay anew, and draws. */
  refresh(): void {
    const { result, classes } = this.#desk;
    const of = this.#of.value === '' ? undefined : Number(this.#of.value);
    this.#overlay = result && overlayOf(result, classes, { view: this.#view, of, hidden: this.#hidden() });
    this.#showKey();
    this.redraw();
  }

  redraw(): void {
    const { photo } = this.#desk;
    if (photo === undefined) return;
    const opacity = Number(this.#opacity.value) / 100;
    const divider = Number(this.#divider.value) / 100;
    const strokes = this.#painting.picture;
    this.#stage.draw({ photo, overlay: this.#overlay, opacity, divider, strokes }, this.#description());
  }

  /** Moves the divider, as when it is dragged in the picture. */
  divide(share: number): void {
    this.#divider.value = String(100 * share);
    this.redraw();
  }

  #description(): string {
    const { photo, result, classes, shares } = this.#desk;
    if (result === undefined) return `${photo!.name}, not labelled yet`;
    const largest = shares
      .slice(0, 4)
      .map(({ id, share }) => `${classes.names[id]} ${Math.round(100 * share)}%`);
    return `${photo!.name}: ${largest.join(', ')}`;
  }

  /** Only views that the result has something for. */
  #allowViews(): void {
    const { result } = this.#desk;
    const isWeighed = result !== undefined && hasShares(result);
    for (const view of ['attention', 'won'] as const)
      this.#radio(view).disabled = result !== undefined && !isWeighed;
    this.#radio('confidence').disabled = result !== undefined && result.confidence === undefined;
    if (this.#radio(this.#view).disabled) this.#radio('labels').checked = true;
  }

  #offerScales(): void {
    const view = this.#view;
    const of = this.#of;
    element('of-field').hidden = view === 'confidence' || view === 'won';
    if (view === 'confidence' || view === 'won') return;
    const own = (this.#desk.result?.scales ?? []).map(({ scale }) =>
      make('option', { value: String(scale) }, `scale ${scale}`),
    );
    const isWhole = view === 'labels' || own.length === 0;
    of.replaceChildren(...(isWhole ? [make('option', { value: '' }, 'all scales together')] : []), ...own);
    const chosen = this.#chosenScale[view];
    if ([...of.options].some(({ value }) => value === chosen)) of.value = chosen;
    else of.selectedIndex = isWhole ? 0 : own.length - 1;
  }

  /** What the colours of the view mean. */
  #showKey(): void {
    const key = element('key');
    const view = this.#view;
    const { result } = this.#desk;
    key.hidden = result === undefined || view === 'labels';
    if (result === undefined || view === 'labels') return;
    if (view === 'won') {
      key.replaceChildren(
        ...(result.scales ?? []).map(({ scale }, i) =>
          make('span', {}, swatch(scaleColors[i % scaleColors.length]!), `scale ${scale}`),
        ),
      );
      return;
    }
    const what = view === 'attention' ? 'share of this scale' : 'probability of the label';
    key.replaceChildren('0', this.#ramp(), '1', make('span', {}, what));
  }

  /** The colours from 0 to 1. */
  #ramp(): HTMLCanvasElement {
    const [width, height] = [120, 1];
    const bar = make('canvas', { class: 'bar', width: `${width}`, height: '1', 'aria-hidden': 'true' });
    const confidence = Float32Array.from({ length: width }, (_, i) => i / (width - 1));
    const steps = { width, height, seen: { width, height }, labels: new Uint8Array(width), confidence };
    const choice = { view: 'confidence', of: undefined, hidden: new Set<number>() } as const;
    bar.getContext('2d')!.putImageData(overlayOf(steps, this.#desk.classes, choice)!, 0, 0);
    return bar;
  }

  /** What is at a pixel, or nothing. */
  showPoint(point: readonly [x: number, y: number] | undefined): void {
    const { photo, result, classes } = this.#desk;
    if (point === undefined || photo === undefined) {
      this.#readout.value = '\u00a0';
      return;
    }
    const [x, y] = point;
    const parts = [`${x}, ${y}`];
    if (result !== undefined) {
      const at = y * result.width + x;
      const sure = result.confidence === undefined ? '' : ` ${(100 * result.confidence[at]!).toFixed(0)}%`;
      parts.push(`${classes.names[result.labels[at]!] ?? 'no class'}${sure}`);
      for (const { scale, attention } of result.scales ?? [])
        if (attention !== undefined) parts.push(`attention of scale ${scale}: ${attention[at]!.toFixed(2)}`);
    }
    if (this.#painting.isPenDown) parts.push('the pen is down');
    this.#readout.value = parts.join('  ·  ');
  }
}
