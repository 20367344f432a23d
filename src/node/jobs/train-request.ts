import { resolve } from 'node:path';
import { HmsaError } from '../../errors/index.js';
import type { SessionOptions } from '../../runtime/index.js';
import { mergeConfig, presets, type TrainConfig } from '../../train/index.js';
import { isSplitFile, type OpenOptions, parseSpec } from '../datasets/index.js';
import type { RunFolder } from './run-folder.js';
import type { RunRecord } from './run-record.js';

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
  readonly session?: SessionOptions;
  /** Threads that make batches; see the loader. */
  readonly workers?: number;
}

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

/** The record that a run folder was begun with. @throws HmsaError when `run.json` does not hold one */
export async function readRecord(folder: RunFolder): Promise<RunRecord> {
  const record = (await folder.readRun()) as Partial<RunRecord> | null;
  if (typeof record?.data !== 'string' || record.config === undefined) {
    throw new HmsaError({
      operation: `${folder.path}/run.json`,
      expected: 'config and data of a run',
      received: 'something else',
      remedy: 'Start the run anew.',
    });
  }
  // A whole configuration replaces every key of the preset that it is laid over, and is checked on the way.
  const config = mergeConfig(presets.quick, record.config, `${folder.path}/run.json`);
  return { ...(record as RunRecord), config };
}
