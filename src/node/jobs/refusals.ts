import { HmsaError } from '../../base/errors/index.js';

/** Why some files of an image could not be made, while its others are. */
export class Refusals {
  readonly #errors: HmsaError[] = [];

  /** What a task gives, or undefined if it was refused, which is kept. */
  async attempt<T>(task: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof HmsaError)) throw error;
      this.#errors.push(error);
      return undefined;
    }
  }

  /** One line with all of them; undefined if there was none. */
  get message(): string | undefined {
    return this.#errors.length === 0 ? undefined : this.#errors.map(({ message }) => message).join(' ');
  }

  /** @throws the first of them */
  throwFirst(): void {
    const [first] = this.#errors;
    if (first !== undefined) throw first;
  }
}
