/** The label of a pixel that belongs to no class: ignored by every loss and every metric. */
export const VOID = 255;

/** One photograph, with its label map where it has one. */
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

/** A rectangle of a sample and nothing else: image, label, width and height are the rectangle's. */
export interface SamplePart extends Sample, Region {
  readonly whole: Size;
}

/** A colour, 0 … 255 each. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** The classes that are trained and scored, by train id, and how a file's ids map to them. */
export interface ClassMap {
  readonly names: readonly string[];
  readonly colors: readonly Rgb[];
  readonly ignore: typeof VOID;
  /** The data set's own id of each class, by train id; equal to the train ids where left out. */
  readonly ids?: readonly number[];
}

/** Train ids, H·W, 0 … classes − 1 or {@link VOID}. */
export interface LabelMap extends Size {
  readonly label: Uint8Array;
}

/**
 * Where a data set comes from, as plain data: a function that a module exports, and what it is called with. By it a worker
 * thread, or a run that goes on later, opens a data set of its own.
 */
export interface DatasetModule {
  /** A `file:` URL, or a path. */
  readonly module: string;
  /** The name of the exported function; it takes the options and gives a {@link Dataset}, or a promise of one. */
  readonly export: string;
  /** Plain data. */
  readonly options?: unknown;
}

/**
 * A labelled (or unlabelled) set of photographs with random access. Anybody may make one: `classes`, `length` and `get`
 * are all that is needed, and the same index must give the same sample. The rest saves work.
 */
export interface Dataset {
  readonly classes: ClassMap;
  readonly length: number;
  /** @throws HmsaError that names the file, when it cannot be read or its label does not fit. */
  get(index: number): Promise<Sample>;
  /**
   * Reads a rectangle that is chosen once the size of the whole is known, for less than the whole would cost. What
   * is wrong with a file outside of it may go unnoticed. Where it is left out, wholes are read.
   *
   * @throws HmsaError as {@link get} does
   */
  getPart?(index: number, choose: (whole: Size) => Region): Promise<SamplePart>;
  /** Reads a label map without its photograph; undefined where there is none. @throws HmsaError as {@link get} does */
  getLabel?(index: number): Promise<LabelMap | undefined>;
  /** The size of a photograph, for less than reading it. @throws HmsaError as {@link get} does */
  sizeOf?(index: number): Promise<Size>;
  /** Changes when the samples change, and is the same on every machine. A run that goes on compares it. */
  fingerprint?(): Promise<string>;
  /** Where a worker thread gets the same data set from; without it, samples are read in the calling thread alone. */
  readonly source?: DatasetModule;
}

/** What a training step takes: photographs and label maps of one size. */
export interface Batch {
  /** RGB, N·H·W·3. */
  readonly images: Uint8Array;
  /** Train ids, N·H·W. */
  readonly labels: Uint8Array;
  readonly size: readonly [n: number, height: number, width: number];
}
