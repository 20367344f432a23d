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

/** A labelled (or unlabelled) set of photographs with random access. */
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
}

/** What a training step takes: photographs and label maps of one size. */
export interface Batch {
  /** RGB, N·H·W·3. */
  readonly images: Uint8Array;
  /** Train ids, N·H·W. */
  readonly labels: Uint8Array;
  readonly size: readonly [n: number, height: number, width: number];
}
