import type { Model } from '../../model/file/index.js';
import { recalibrate } from '../batch-norm-statistics.js';
import type { Checkpoint } from '../checkpoint.js';
import { phaseRule } from '../phase-rule.js';
import { range } from '../viewed-batches.js';
import { weightsOf } from '../weights.js';
import type { OpenedRun, RunSetup } from './open-run.js';
import type { RunLog } from './run-log.js';

/** Options of {@link RunModels}. */
interface ModelOptions {
  /** Whether to take the averaged weights. Default: if the configuration keeps them. */
  readonly average?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Makes models of the checkpoints of a run. */
export class RunModels {
  readonly #setup: RunSetup;
  readonly #opened: OpenedRun;
  readonly #log: RunLog;

  constructor(setup: RunSetup, opened: OpenedRun, log: RunLog) {
    this.#setup = setup;
    this.#opened = opened;
    this.#log = log;
  }

  /** The model as training left it. */
  asTrained(
    { values }: Checkpoint,
    { average = this.#setup.request.config.ema !== undefined }: ModelOptions = {},
  ): Model {
    const { model, classes, imageSize } = this.#opened;
    const weights = weightsOf(model, values, { average });
    return { config: model, classes, ...(imageSize && { imageSize }), weights };
  }

  /** The model that is scored and saved: with statistics of batch norm measured anew, if its phase says so. */
  async finished(checkpoint: Checkpoint, options: ModelOptions = {}): Promise<Model> {
    const trained = this.asTrained(checkpoint, options);
    const phase = this.#log.phaseAt(checkpoint.step);
    const batches = phase.recalibrate;
    if (batches === undefined || checkpoint.step === 0) return trained;
    const { request, platform } = this.#setup;
    const weights = await recalibrate(
      this.#opened.model,
      trained.weights,
      phaseRule(request.config, phase),
      this.#opened.batches.batches(range(0, batches)),
      platform.openSession,
      request.session ?? {},
      options.signal,
    );
    return { ...trained, weights };
  }
}
