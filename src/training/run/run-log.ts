import { type PlannedPhase, phaseEndingAt, planPhases } from '../plan.js';
import type { RunSetup } from './open-run.js';
import type { RunRecord } from './record.js';

/** The record of a run while it trains, and the copy of it in the store. */
export class RunLog {
  readonly #setup: RunSetup;
  #record: RunRecord;
  /** The text of the record in the store. */
  #written: string | undefined;
  #from = 0;

  constructor(setup: RunSetup, record: RunRecord) {
    this.#setup = setup;
    this.#record = record;
    this.#written = setup.before && JSON.stringify(setup.before);
  }

  get record(): RunRecord {
    return this.#record;
  }

  /** The first step of this part of the run. */
  get from(): number {
    return this.#from;
  }

  /** The last epoch that has its scores; -1 for none. */
  get validated(): number {
    const { validation } = this.#record;
    return typeof validation?.epoch === 'number' ? validation.epoch : -1;
  }

  /** The phase that took the last of so many steps. */
  phaseAt(step: number): PlannedPhase {
    const { config, stepsPerEpoch, earlyEnds } = this.#record;
    return phaseEndingAt(planPhases(config, stepsPerEpoch, earlyEnds), step);
  }

  /** Notes that this part of the run begins at a step. */
  async begin(step: number): Promise<void> {
    this.#from = step;
    await this.#forgetLostBest(step);
    await this.note(step);
  }

  /** Writes the record of the run so far, with changes to it. */
  async note(step: number, changes: Partial<RunRecord> = {}): Promise<void> {
    const { before, began, now, files } = this.#setup;
    const earlier = before?.parts ?? [];
    const from = this.#from;
    const part = { from, to: step, started: began.date, seconds: (now() - began.now) / 1000 };
    this.#record = { ...this.#record, ...changes, step, parts: from < step ? [...earlier, part] : earlier };
    const text = JSON.stringify(this.#record);
    if (text === this.#written) return;
    await files.writeRecord(this.#record);
    this.#written = text;
  }

  /**
   * If somebody has deleted the best model, a resumed run chooses it anew. The exception is the model of this very step,
   * which is then written again.
   */
  async #forgetLostBest(step: number): Promise<void> {
    const { files, events } = this.#setup;
    const { best, finished, ...rest } = this.#record;
    if (best === undefined || finished || best.step === step || (await files.hasBest())) return;
    this.#record = { ...rest, finished };
    events.warn(`${files.nameOf('best')} is gone: it will be the best of the validations that follow`);
  }
}
