import { HmsaError } from '../../errors/index.js';
import type { SessionOptions } from '../../runtime/index.js';
import { mergeConfig, presets, type TrainConfig } from '../../train/index.js';
import type { OpenOptions } from '../datasets/index.js';
import type { RunFolder } from './run-folder.js';

/** Everything that a training run is made from; plain data, kept in `run.json`. */
export interface TrainRequest {
  readonly config: TrainConfig;
  /** The data set as `KIND:PATH`. */
  readonly data: string;
  /** Which part of it is learned from, and how it is read; the split `train` where left out. */
  readonly dataOptions?: OpenOptions;
  /** The split that is scored after epochs and at the end: `val` where left out, `none` for no scores. */
  readonly validationSplit?: string;
  /** Pretrained weights: torchvision's MobileNetV2 or a DeepLabV3 on it, batch norm folded, `.safetensors`. */
  readonly init?: string;
  readonly session?: SessionOptions;
  /** Threads that make batches; see the loader. */
  readonly workers?: number;
}

/** The request that a run folder was begun with. @throws HmsaError when `run.json` does not hold one */
export async function readRequest(folder: RunFolder): Promise<TrainRequest> {
  const run = await folder.readRun();
  const { config, data, dataOptions, validationSplit, init, session, workers } = run as Partial<TrainRequest>;
  if (typeof data !== 'string' || config === undefined) {
    throw new HmsaError({
      operation: folder.path,
      expected: 'a run.json with config and data',
      received: 'one without',
      remedy: 'Start the run anew.',
    });
  }
  return {
    // A whole configuration replaces every key of the preset that it is laid over, and is checked on the way.
    config: mergeConfig(presets.quick, config, `${folder.path}/run.json`),
    data,
    ...(dataOptions === undefined ? {} : { dataOptions }),
    ...(validationSplit === undefined ? {} : { validationSplit }),
    ...(init === undefined ? {} : { init }),
    ...(session === undefined ? {} : { session }),
    ...(workers === undefined ? {} : { workers }),
  };
}
