import { checkArgument, isRecord } from '../../base/errors/index.js';
import type { Batch, ClassMap, Dataset, Size } from '../../data/index.js';
import type { OpenSession } from '../phase-runner.js';
import type { Scratch } from '../viewed-batches.js';
import type { TrainEvent } from './events.js';
import type { RequestShape, RunRequest } from './request.js';
import type { RunStore } from './run-files.js';

/** What a run needs from its surroundings: Node, a browser or a test. */
export interface RunPlatform {
  readonly openSession: OpenSession;
  /** Opens the data that a request names. @throws HmsaError when they do not exist */
  openData(request: RunRequest, tell: (event: TrainEvent) => void): Promise<RunData>;
  /** Reads the file that a request names as `init`. A platform without it cannot start from such a file. */
  readInit?(name: string): Promise<Uint8Array>;
  /** Keys of its requests in addition to those of every run. */
  readonly requestShape?: RequestShape;
  /** Names and versions of everything that the bits of a model depend on. */
  readonly versions: Readonly<Record<string, string>>;
  readonly processor: { readonly model: string; readonly cores: number };
  /** Milliseconds since any point in time, never decreasing; default `performance.now`. */
  now?(): number;
  /**
   * Opens a place for features that a phase keeps. Default: memory.
   *
   * @param wanted bytes
   * @param most the request's `featureCache` in bytes; undefined if it does not say
   */
  openScratch?(wanted: number, most: number | undefined): Promise<Scratch>;
  /** The largest memory of the process so far, in bytes. */
  peakMemory?(): number;
  /** The memory of the machine, and what a training takes of it beside its steps, in bytes. Default: unknown. */
  memory?(request: RunRequest): { readonly total: number; readonly base: number };
}

/** A data set whose file names are known, but whose files are not read yet. */
export interface RunData {
  readonly classes: ClassMap;
  /** The names of the training data for messages; default: that of the request's `data`. */
  readonly name?: string;
  /**
   * Reads the files, reports what is used, and leaves out what cannot be used.
   *
   * @throws HmsaError when something has faults and the request does not skip them, or nothing is left
   */
  check(signal?: AbortSignal): Promise<CheckedData>;
}

/** Hashes of the inputs of a run; undefined for inputs that it does not have. */
export interface Fingerprints {
  readonly train?: string | undefined;
  readonly validation?: string | undefined;
  readonly init?: string | undefined;
}

/** The training and validation data of a run, checked before the first step. */
export interface CheckedData {
  readonly dataset: Dataset;
  readonly validation: Dataset | undefined;
  /** One line for each photograph that was left out. It names the file. */
  readonly leftOut: readonly string[];
  /** Typical size of the training photographs; undefined if unknown. */
  readonly imageSize: Size | undefined;
  /** Largest width and largest height of the training photographs, maybe of two; undefined if unknown. */
  readonly largestImage?: Size | undefined;
  readonly fingerprints: Fingerprints;
  /** @param signal aborts the opening; later aborts have no effect on the batches */
  openBatches(signal?: AbortSignal): Promise<BatchSource>;
}

/** Batches of a run by number. The same number always gives the same batch. */
export interface BatchSource {
  readonly batchesPerEpoch: number;
  /** The batches of these numbers, in their order. They are numbered through all epochs, from 0. */
  batches(numbers: Iterable<number>): AsyncIterable<Batch>;
  readonly report: {
    /** Share of the time in which training waited for batches, 0 … 1. */
    readonly waitShare: number;
    /** Samples that could not be read, each listed once. */
    readonly skipped: readonly { readonly message: string }[];
  };
  close(): Promise<void>;
}

const storeMethods = [
  'nameOf',
  'has',
  'read',
  'begin',
  'lock',
  'unlock',
  'confirm',
  'write',
  'append',
  'remove',
  'tidy',
] as const satisfies readonly (keyof RunStore)[];

/** @throws HmsaError that names a method which a store or a platform lacks */
export function checkPlaces(operation: string, store: unknown, platform: unknown): void {
  const need = (name: string, value: unknown, methods: readonly string[]) => {
    checkArgument(isRecord(value), `${operation}, ${name}`, `a ${name}: ${methods.join(', ')}`, value);
    for (const method of methods)
      checkArgument(
        typeof value[method] === 'function',
        `${operation}, ${name}.${method}`,
        'a function',
        value[method],
      );
  };
  need('store', store, storeMethods);
  need('platform', platform, ['openSession', 'openData']);
}
