import { resolve } from 'node:path';
import { isSplitFile, parseSpec } from '../datasets/index.js';
import type { TrainRequest } from './request-schema.js';

export type { TrainRequest };

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
