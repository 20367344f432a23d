import type { Batch, ClassMap, Dataset, Size } from '../../data/index.js';
import type { OpenSession } from '../phase-runner.js';
import type { TrainEvent } from './events.js';
import type { RequestShape, RunRequest } from './request.js';

/** What a run needs of the place that it runs in: Node, a browser, a test. */
export interface RunPlatform {
  readonly openSession: OpenSession;
  /** Opens what a request names as its data. @throws HmsaError when it is not there */
  openData(request: RunRequest, tell: (event: TrainEvent) => void): Promise<RunData>;
  /** The bytes of what a request names as `init`; without it there can be none. */
  readInit?(name: string): Promise<Uint8Array>;
  /** Keys of its requests beside those of every run. */
  readonly requestShape?: RequestShape;
  /** Names and versions of what the bits of a model depend on. */
  readonly versions: Readonly<Record<string, string>>;
  readonly processor: { readonly model: string; readonly cores: number };
  /** Milliseconds from any point on, never going back; `performance.now` where left out. */
  now?(): number;
  /** The largest memory so far, in bytes. */
  peakMemory?(): number;
}

/** A data set whose names are read and whose files are not. */
export interface RunData {
  readonly classes: ClassMap;
  /**
   * Reads the files, says what is taken and leaves out what cannot be used.
   *
   * @throws HmsaError when something has faults and the request does not skip them, or nothing is left
   */
  check(signal?: AbortSignal): Promise<CheckedData>;
}

/** Hashes of what goes in; undefined for what a run has none of. */
export interface Fingerprints {
  readonly train?: string | undefined;
  readonly validation?: string | undefined;
  readonly init?: string | undefined;
}

/** What a run learns from and is scored by, checked before the first step. */
export interface CheckedData {
  readonly dataset: Dataset;
  readonly validation: Dataset | undefined;
  /** One line for each photograph that was left out, which names the file. */
  readonly leftOut: readonly string[];
  /** Of the photographs that are learned from; undefined where it cannot be told. */
  readonly imageSize: Size | undefined;
  readonly fingerprints: Fingerprints;
  /** @param signal ends the opening, and nothing later */
  openBatches(signal?: AbortSignal): Promise<BatchSource>;
}

/** Batches of a run by their number; the same number gives the same batch, whenever it is asked for. */
export interface BatchSource {
  readonly batchesPerEpoch: number;
  /** Batches numbered through all epochs, `from` (0 where left out) to before `to` (without end where left out). */
  stream(range: { readonly from?: number; readonly to?: number }): AsyncIterable<Batch>;
  readonly report: {
    /** Share of the time that training waited for batches, 0 … 1. */
    readonly waitShare: number;
    /** Samples that could not be read, each once. */
    readonly skipped: readonly { readonly message: string }[];
  };
  close(): Promise<void>;
}
