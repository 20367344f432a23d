import type { IndexImage } from './label-image.js';

/** A colour as one number, 0xrrggbb. */
export function packColor(red: number, green: number, blue: number): number {
  return (red << 16) | (green << 8) | blue;
}

/** `#rrggbb` of a packed colour. */
export function describeColor(color: number): string {
  return `#${color.toString(16).padStart(6, '0')}`;
}

/** The largest value that the file can hold, which is white in a grey image. */
export function whiteOf({ data, depth = 8 }: Pick<IndexImage, 'data' | 'depth'>): number {
  return data instanceof Uint16Array ? 65_535 : 2 ** depth - 1;
}

/**
 * The packed colour that a viewer shows for a stored value: from the palette, or the grey of this brightness for the
 * depth of the file. Undefined for an index outside the palette and for a brightness that 8 bits cannot hold.
 */
export function colorOfValue(image: IndexImage, value: number): number | undefined {
  if (image.palette !== undefined) {
    const color = image.palette[value];
    return color && packColor(...color);
  }
  const grey = (value * 255) / whiteOf(image);
  return Number.isInteger(grey) ? packColor(grey, grey, grey) : undefined;
}
