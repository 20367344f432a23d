/** The label of a pixel that belongs to no class: ignored by every loss and every metric. */
export const VOID = 255;

/** One photograph, with its label map if it has one. */
export interface Sample {
  /** RGB, H·W·3, row-major, interleaved, 0 … 255. */
  readonly image: Uint8Array;
  /** Train ids, H·W, 0 … classes − 1 or {@link VOID}. */
  readonly label?: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Unique in its data set and stable across machines: the path below the root, without the extension. */
  readonly id: string;
}

/** A size in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A rectangle of a photograph, in pixels. */
export interface Region extends Size {
  readonly left: number;
  readonly top: number;
}

/** A rectangle of a sample: image, label, width and height are those of the rectangle. */
export interface SamplePart extends Sample, Region {
  readonly whole: Size;
}

/** A colour, 0 … 255 each. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** The classes that are trained and scored, by train id, and their ids in files. */
export interface ClassMap {
  readonly names: readonly string[];
  readonly colors: readonly Rgb[];
  readonly ignore: typeof VOID;
  /** The data set's own id of each class, by train id; default: the train ids. */
  readonly ids?: readonly number[];
}

/** Train ids, H·W, 0 … classes − 1 or {@link VOID}. */
export interface LabelMap extends Size {
  readonly label: Uint8Array;
}

/**
 * The origin of a data set, as plain data: a function that a module exports, and its options. With it, a worker thread
 * or a resumed run opens the same data set.
 */
export interface DatasetModule {
  /** A `file:` URL, or a path. */
  readonly module: string;
  /** The name of the exported function. It takes the options and returns a {@link Dataset}, or a promise of one. */
  readonly export: string;
  /** Plain data. */
  readonly options?: unknown;
}

/** How an epoch is drawn from the sets that a data set joins. */
export interface Mixture {
  /** The joined sets, one after the other in the numbering of samples. */
  readonly parts: readonly MixturePart[];
  /** Samples in an epoch. */
  readonly samples: number;
}

export interface MixturePart {
  /** Samples of the set. */
  readonly length: number;
  /** The probability that a sample of an epoch comes from the set, 0 … 1. All sum to 1. */
  readonly share: number;
}

/**
 * A labelled or unlabelled set of photographs with random access. Anybody can write one: only `classes`, `length` and
 * `get` are required, and the same index must always give the same sample. The other methods save work.
 */
export interface Dataset {
  readonly classes: ClassMap;
  readonly length: number;
  /** @throws HmsaError that names the file, when it cannot be read or its label does not fit. */
  get(index: number): Promise<Sample>;
  /**
   * Reads a rectangle, which is chosen when the size of the whole photograph is known. This costs less than reading the
   * whole. Faults of a file outside the rectangle may go unnoticed. Without this method, whole samples are read.
   *
   * @throws HmsaError as {@link get} does
   */
  getPart?(index: number, choose: (whole: Size) => Region): Promise<SamplePart>;
  /** Reads a label map without its photograph; undefined if there is none. @throws HmsaError as {@link get} does */
  getLabel?(index: number): Promise<LabelMap | undefined>;
  /** The size of a photograph, without decoding it. @throws HmsaError as {@link get} does */
  sizeOf?(index: number): Promise<Size>;
  /** Changes when the samples change; the same on every machine. A resumed run compares it. */
  fingerprint?(): Promise<string>;
  /** For a data set that joins others: how an epoch is drawn from them. Default: every sample once. */
  readonly mixture?: Mixture;
  /** How a worker thread opens the same data set. Without it, samples are read only in the calling thread. */
  readonly source?: DatasetModule;
}

/** The data of a training step: photographs and label maps of one size. */
export interface Batch {
  /** RGB, N·H·W·3. */
  readonly images: Uint8Array;
  /** Train ids, N·H·W. */
  readonly labels: Uint8Array;
  readonly size: readonly [n: number, height: number, width: number];
}
