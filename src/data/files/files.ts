import type { Region, Size } from '../contracts.js';
import type { LabelImage } from '../label-image.js';

/** What lies in a folder. A link is none of what it leads to. */
export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/** What is at a path, behind all links. */
export interface Status {
  readonly kind: 'file' | 'folder' | 'other';
  /** Of a file, in bytes. */
  readonly size: number;
  /** When it was last written, in milliseconds. */
  readonly modified: number;
}

export interface TextOptions {
  /** How errors call the file; its path where left out. */
  readonly name?: string;
  /** What is expected there, such as `a file of classes`. */
  readonly expected?: string;
  /** Files of more bytes are refused before they are read. */
  readonly limit?: number;
}

export interface PixelOptions {
  /** Images with more pixels are refused before they are decoded. */
  readonly pixelLimit?: number;
  /** Chooses the rectangle that is wanted once the size of the whole is known. */
  readonly region?: (whole: Size) => Region;
}

/** A photograph: RGB, H·W·3, row-major, interleaved, 0 … 255. */
export interface Photo extends Size {
  readonly data: Uint8Array;
}

/**
 * All that a data set needs of the place where its files are: a disk, a folder that a browser was given, an archive.
 * Paths are absolute and divided by `/` on every system: `/sets/a.png`, `C:/sets/a.png`.
 */
export interface Files {
  /** How many images to decode at once. */
  readonly atOnce: number;
  /** The absolute path of what a person wrote, such as `classes.json`. */
  absolute(path: string): string;
  /** Undefined where no folder is. @throws HmsaError when it cannot be read */
  entries(folder: string): Promise<readonly Entry[] | undefined>;
  /** Undefined where nothing is. */
  status(path: string): Promise<Status | undefined>;
  /** The path without links, so that two ways to one place are told; undefined where nothing is. */
  real(path: string): Promise<string | undefined>;
  /** UTF-8, or UTF-16 with a byte-order mark. @throws HmsaError when it cannot be read, is too large or no text */
  readText(path: string, options: TextOptions): Promise<string>;
  /** The first bytes, fewer where the file has no more. @throws HmsaError when it cannot be read */
  readStart(path: string, bytes: number): Promise<Uint8Array>;
  /** @throws HmsaError that names the file, when it is no photograph that can be read */
  decodeImage(path: string, options: PixelOptions): Promise<Photo>;
  /**
   * The values as they are stored; width and height are those of the region, where one is chosen.
   *
   * @throws HmsaError that names the file, when it is no label map that can be read
   */
  decodeLabels(path: string, options: PixelOptions): Promise<LabelImage>;
  /** The size that {@link decodeImage} would give, from the header alone. @throws HmsaError as it does */
  imageSize(path: string, options: PixelOptions): Promise<Size>;
}

/** Where somebody says that a data set is. */
export interface Folder {
  readonly files: Files;
  /** Absolute path. */
  readonly root: string;
  /** As it was written, for messages. */
  readonly name: string;
  /** Of a list that was named itself: its name in the folder. */
  readonly list?: string;
}
