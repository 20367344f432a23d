import type { Region, Size } from '../contracts.js';
import type { LabelImage } from '../label-image.js';

/** An entry of a folder. A link counts as a link, whatever it leads to. */
export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/** The kind of a path, after links are resolved. */
export interface Status {
  readonly kind: 'file' | 'folder' | 'other';
  /** Bytes of a file. */
  readonly size: number;
  /** Time of the last change, in milliseconds. */
  readonly modified: number;
}

export interface TextOptions {
  /** What errors call the file; default: its path. */
  readonly name?: string;
  /** What is expected there, such as `a file of classes`. */
  readonly expected?: string;
  /** Larger files are refused before they are read, in bytes. */
  readonly limit?: number;
}

export interface PixelOptions {
  /** Images with more pixels are refused before they are decoded. */
  readonly pixelLimit?: number;
  /** Chooses a rectangle when the size of the whole image is known. */
  readonly region?: (whole: Size) => Region;
}

/** A photograph: RGB, H·W·3, row-major, interleaved, 0 … 255. */
export interface Photo extends Size {
  readonly data: Uint8Array;
}

/**
 * The functions with which a data set reads its files: from a disk, a folder of a browser, or an archive. Paths are
 * absolute and separated by `/` on every system: `/sets/a.png`, `C:/sets/a.png`.
 */
export interface Files {
  /** Number of images to decode at the same time. */
  readonly atOnce: number;
  /** The absolute path of a path that a user wrote, such as `classes.json`. */
  absolute(path: string): string;
  /** Undefined if there is no folder. @throws HmsaError when it cannot be read */
  entries(folder: string): Promise<readonly Entry[] | undefined>;
  /** Undefined if there is nothing. */
  status(path: string): Promise<Status | undefined>;
  /** The path without links, so that two paths to one place are recognised; undefined if there is nothing. */
  real(path: string): Promise<string | undefined>;
  /** UTF-8, or UTF-16 with a byte-order mark. @throws HmsaError when it cannot be read, is too large or is not text */
  readText(path: string, options: TextOptions): Promise<string>;
  /** The first bytes; fewer if the file is shorter. @throws HmsaError when it cannot be read */
  readStart(path: string, bytes: number): Promise<Uint8Array>;
  /** @throws HmsaError that names the file, when it is not a readable photograph */
  decodeImage(path: string, options: PixelOptions): Promise<Photo>;
  /**
   * The stored values. With a region, width and height are those of the region.
   *
   * @throws HmsaError that names the file, when it is not a readable label map
   */
  decodeLabels(path: string, options: PixelOptions): Promise<LabelImage>;
  /** The size that {@link decodeImage} would give, from the header alone. @throws HmsaError as it does */
  imageSize(path: string, options: PixelOptions): Promise<Size>;
}

/** The place of a data set, as a user named it. */
export interface Folder {
  readonly files: Files;
  /** Absolute path. */
  readonly root: string;
  /** The path as the user wrote it, for messages. */
  readonly name: string;
  /** If the user named a list itself: its name in the folder. */
  readonly list?: string;
}

/**
 * Kinds of faults that would break training or evaluation. Names alone show some of them, the others show when files
 * are read.
 */
export type FaultKind =
  | 'unreadable image'
  | 'unreadable label'
  | 'size mismatch'
  | 'unknown label'
  | 'void label'
  | 'too small'
  | 'missing label'
  | 'missing image'
  | 'missing split'
  | 'near-duplicate'
  | 'ambiguous name'
  | 'wrong name'
  | 'left out'
  | 'repeated link'
  | 'outside link';

export interface Fault {
  readonly kind: FaultKind;
  /** Path below the root. */
  readonly file: string;
  readonly split?: string;
  readonly detail: string;
}
