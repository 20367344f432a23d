import type { Combine, Desk } from './desk.js';
import { element, make } from './dom.js';

const OFFERED = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];

/** What of a picture is asked of a model that can choose. */
export interface Choice {
  readonly scales?: number[];
  readonly combine?: Combine;
  readonly maxSide?: 'none';
}

/** Which scales the model looks at, how they are combined, and at which size it sees the picture. */
export class ScaleChips {
  readonly #desk: Desk;
  readonly #onChange: () => void;
  readonly #say: (text: string) => void;
  readonly #combine = element<HTMLSelectElement>('combine');
  readonly #detail = element<HTMLSelectElement>('detail');
  #scales: number[] = [];
  #seenWhole = false;

  constructor(desk: Desk, say: (text: string) => void, onChange: () => void) {
    this.#desk = desk;
    this.#say = say;
    this.#onChange = onChange;
    desk.on('model', () => {
      this.#scales = [...desk.model!.scales];
      this.#show();
    });
    for (const select of [this.#combine, this.#detail]) select.addEventListener('change', onChange);
  }

  get choice(): Choice {
    if (this.#desk.model?.isOpen !== true) return {};
    return {
      scales: [...this.#scales],
      combine: this.#combine.value as Combine,
      ...(this.#detail.value === 'none' && { maxSide: 'none' }),
    };
  }

  /** The result is of the choice that is shown. */
  keep(): void {
    this.#seenWhole = this.#detail.value === 'none';
  }

  /** What was cancelled or has failed leaves the picture as it is, so the controls say again how that was made. */
  backToResult(): void {
    const { result, model, combined } = this.#desk;
    if (result?.scales === undefined || model?.isOpen !== true) return;
    this.#scales = result.scales.map(({ scale }) => scale);
    this.#combine.value = combined;
    this.#detail.value = this.#seenWhole ? 'none' : '';
    for (const chip of element('scales').querySelectorAll('button'))
      chip.setAttribute('aria-pressed', String(this.#scales.includes(Number(chip.textContent))));
  }

  #show(): void {
    const { isOpen, scales } = this.#desk.model!;
    const offered = isOpen ? [...new Set([...OFFERED, ...scales])] : [...scales];
    element('scales').replaceChildren(...offered.sort((a, b) => a - b).map((scale) => this.#chip(scale)));
    this.#combine.disabled = !isOpen;
    this.#detail.disabled = !isOpen;
  }

  #chip(scale: number): HTMLButtonElement {
    const chip = make(
      'button',
      { type: 'button', 'aria-pressed': String(this.#scales.includes(scale)) },
      String(scale),
    );
    chip.disabled = !this.#desk.model!.isOpen;
    chip.addEventListener('click', () => {
      const isChosen = this.#scales.includes(scale);
      if (isChosen && this.#scales.length === 1) return this.#say('One scale at least is needed.');
      this.#scales = isChosen ? this.#scales.filter((one) => one !== scale) : [...this.#scales, scale];
      chip.setAttribute('aria-pressed', String(!isChosen));
      this.#onChange();
    });
    return chip;
  }
}
