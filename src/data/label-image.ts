import type { Rgb } from './contracts.js';

/** A label file as it is stored, before its values are mapped to classes. */
export type LabelImage = IndexImage | ColorImage;

/** One number for each pixel. */
export interface IndexImage {
  readonly kind: 'index';
  readonly width: number;
  readonly height: number;
  /** H·W. */
  readonly data: Uint8Array | Uint16Array;
  /** Bits of a pixel, if the file has fewer than 8. It determines which value is white, such as 1 for 1 bit. */
  readonly depth?: number;
  /** The colour of each number, if the file has a palette. */
  readonly palette?: readonly Rgb[];
}

/** One colour for each pixel. */
export interface ColorImage {
  readonly kind: 'rgb';
  readonly width: number;
  readonly height: number;
  /** RGB, H·W·3. */
  readonly data: Uint8Array;
}
