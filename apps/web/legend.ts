import type { Desk } from './desk.js';
import { element, make, swatch } from './dom.js';

/** The classes, with their colours and shares. Pressing one hides or shows it. */
export class Legend {
  readonly #desk: Desk;
  readonly #hidden = new Set<number>();
  readonly #onToggle: () => void;

  constructor(desk: Desk, onToggle: () => void) {
    this.#desk = desk;
    this.#onToggle = onToggle;
    desk.on('model', () => this.#hidden.clear());
    for (const change of ['classes', 'result'] as const) desk.on(change, () => this.#show());
  }

  get hidden(): ReadonlySet<number> {
    return this.#hidden;
  }

  #show(): void {
    const list = element('legend');
    // The order changes while training: who is at a class stays at it.
    const focused = list.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset.class
      : undefined;
    const { names, colors } = this.#desk.classes;
    const items = this.#desk.shares.map(({ id, share }) => {
      const button = make(
        'button',
        { type: 'button', 'aria-pressed': String(!this.#hidden.has(id)), 'data-class': String(id) },
        swatch(colors[id]!),
        make('span', {}, names[id]!),
        make('span', {}, `${(100 * share).toFixed(1)}%`),
      );
      button.addEventListener('click', () => {
        if (!this.#hidden.delete(id)) this.#hidden.add(id);
        button.setAttribute('aria-pressed', String(!this.#hidden.has(id)));
        this.#onToggle();
      });
      return make('li', {}, button);
    });
    list.replaceChildren(...items);
    if (focused !== undefined) list.querySelector<HTMLElement>(`[data-class="${focused}"]`)?.focus();
  }
}
