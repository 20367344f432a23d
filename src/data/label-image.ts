import type { Rgb } from './contracts.js';

/** A label file as it is stored, before its values mean a class. */
export type LabelImage = IndexImage | ColorImage;

/** One number a pixel. */
export interface IndexImage {
  readonly kind: 'index';
  readonly width: number;
  readonly height: number;
  /** H·W. */
  readonly data: Uint8Array | Uint16Array;
  /** Bits a pixel, where the file has fewer than 8: what is white in it, 1 of 1 bit, is told by nothing else. */
  readonly depth?: number;
  /** The colour of each number, where the file is a palette image. */
  readonly palette?: readonly Rgb[];
}

/** One colour a pixel. */
export interface ColorImage {
  readonly kind: 'rgb';
  readonly width: number;
  readonly height: number;
  /** RGB, H·W·3. */
  readonly data: Uint8Array;
}
