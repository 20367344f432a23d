import { resolve } from 'node:path';
import type { SessionOptions } from '../../engine/runtime/index.js';
import type { TrainConfig } from '../../training/index.js';
import { isSplitFile, type OpenOptions, parseSpec } from '../datasets/index.js';

/** Everything that a training run is made from; plain data, kept in `run.json`. */
export interface TrainRequest {
  readonly config: TrainConfig;
  /** The data set as `KIND:PATH`. */
  readonly data: string;
  /** Which part of it is learned from, and how it is read; the split `train` where left out. */
  readonly dataOptions?: OpenOptions;
  /** The split that is scored after epochs and at the end: `val` where left out, `none` for no scores. */
  readonly validationSplit?: string;
  /**
   * Weights to start from, `.safetensors`: a model that hmsa has written, or torchvision's MobileNetV2 or a DeepLabV3
   * on it with batch norm folded.
   */
  readonly init?: string;
  /** Take what fits of `init` where that is next to nothing, instead of failing. */
  readonly partialInit?: boolean;
  /** Take the next image for one that cannot be read, and list it, instead of failing. */
  readonly skipBad?: boolean;
  readonly session?: SessionOptions;
  /** Threads that make batches; see the loader. */
  readonly workers?: number;
  /**
   * How long a step may wait to be saved within an epoch: a time such as `90s`, `10m` or `2h`, or a number of steps;
   * `10m` where left out. The ends of epochs are saved anyway. No bit of the model depends on it.
   */
  readonly saveEvery?: string;
}

/** What of a run may change when it goes on: neither decides what is learned. */
export type ResumeChanges = Pick<TrainRequest, 'validationSplit' | 'skipBad'>;

/** The request with paths that mean the same from any working folder, so that a run can be resumed from another. */
export function withAbsolutePaths(request: TrainRequest): TrainRequest {
  const { data, dataOptions, validationSplit, init } = request;
  const { kind, location } = parseSpec(data);
  const split = (name: string) => (isSplitFile(name) ? resolve(name) : name);
  return {
    ...request,
    data: 'scan' in kind ? `${kind.name}:${resolve(location)}` : data,
    ...(init === undefined ? {} : { init: resolve(init) }),
    ...(validationSplit === undefined ? {} : { validationSplit: split(validationSplit) }),
    ...(dataOptions === undefined
      ? {}
      : {
          dataOptions: {
            ...dataOptions,
            ...(dataOptions.split === undefined ? {} : { split: split(dataOptions.split) }),
            ...(dataOptions.classes === undefined ? {} : { classes: resolve(dataOptions.classes) }),
          },
        }),
  };
}
