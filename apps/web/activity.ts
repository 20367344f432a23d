import { HmsaError, type Progress } from '../../dist/web/index.js';
import { element } from './dom.js';

const stages: Readonly<Record<Progress['stage'], string>> = {
  download: 'Loading the model',
  runtime: 'Starting ONNX Runtime',
  graph: 'Labelling',
  network: 'Preparing the network for these scales',
};

/** What the page is doing: one thing at a time, with its progress, a way to end it, and what went wrong. */
export class Activity {
  readonly #progress = element<HTMLProgressElement>('progress');
  readonly #status = element<HTMLOutputElement>('status');
  readonly #error = element('error');
  readonly #cancel = element<HTMLButtonElement>('cancel');
  #current: AbortController | undefined;

  constructor() {
    this.#cancel.addEventListener('click', () => this.stop());
  }

  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#current?.abort(new DOMException('Cancelled.', 'AbortError'));
  }

  say(text: string): void {
    this.#status.value = text;
  }

  /** Shows what is wrong until the next thing begins. */
  fail(error: unknown): void {
    this.#error.textContent =
      error instanceof HmsaError ? error.message : String((error as Error)?.message ?? error);
    this.#error.hidden = false;
  }

  show(progress: Progress): void {
    const { stage, done, total } = progress;
    this.say(`${stages[stage]}…`);
    if (done !== undefined && total !== undefined) this.#progress.value = done / total;
    else this.#progress.removeAttribute('value');
  }

  /**
   * Runs a task, and ends the one before it.
   *
   * @returns what the task gives; undefined if it was ended or failed, which is shown
   */
  async run<T>(
    text: string,
    task: (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<T>,
  ): Promise<T | undefined> {
    this.stop();
    const controller = new AbortController();
    this.#current = controller;
    this.#error.hidden = true;
    this.say(`${text}…`);
    this.#progress.removeAttribute('value');
    this.#progress.hidden = false;
    this.#cancel.hidden = false;
    const isCurrent = () => this.#current === controller;
    try {
      return await task(controller.signal, (progress) => isCurrent() && this.show(progress));
    } catch (error) {
      if (!isCurrent()) return undefined;
      if (controller.signal.aborted) this.say('Cancelled.');
      else {
        this.say('');
        this.fail(error);
      }
      return undefined;
    } finally {
      if (isCurrent()) {
        this.#current = undefined;
        this.#progress.hidden = true;
        this.#cancel.hidden = true;
      }
    }
  }
}
