import { HmsaError } from '../../base/errors/index.js';

/** The longest time between two saves. */
export type SaveEvery = { readonly seconds: number } | { readonly steps: number };

const seconds = { s: 1, m: 60, h: 3600 } as const;
const form = /^(?<number>\d{1,7})(?<unit>[smh]?)$/;

/**
 * Parses `90s`, `10m`, `2h` or a number of steps. The end of each epoch is always saved.
 *
 * @throws HmsaError when it is none of these
 */
export function parseSaveEvery(text: string): SaveEvery {
  const { number, unit } = form.exec(text)?.groups ?? {};
  if (Number(number) > 0)
    return unit === '' ? { steps: Number(number) } : { seconds: Number(number) * seconds[unit as 's'] };
  throw new HmsaError({
    operation: 'saveEvery',
    expected: 'a time such as 90s, 10m or 2h, or a number of steps, above 0',
    received: text,
  });
}

/** Decides when to save a checkpoint. */
export class SaveClock {
  readonly #every: SaveEvery;
  readonly #now: () => number;
  #savedAt: number;
  #savedStep: number;

  /** @param now milliseconds, never decreasing */
  constructor(every: SaveEvery, step: number, now: () => number) {
    this.#every = every;
    this.#now = now;
    this.#savedAt = now();
    this.#savedStep = step;
  }

  isDue(step: number): boolean {
    return 'steps' in this.#every
      ? step - this.#savedStep >= this.#every.steps
      : this.#now() - this.#savedAt >= 1000 * this.#every.seconds;
  }

  saved(step: number): void {
    this.#savedAt = this.#now();
    this.#savedStep = step;
  }
}
