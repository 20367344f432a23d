import type { IndexImage } from './label-image.js';

/** A colour as one number, 0xrrggbb. */
export function packColor(red: number, green: number, blue: number): number {
  return (red << 16) | (green << 8) | blue;
}

/** `#rrggbb` of a packed colour. */
export function describeColor(color: number): string {
  return `#${color.toString(16).padStart(6, '0')}`;
}

/** The largest number that the file's values can be, white in a grey image. */
export function whiteOf({ data, depth = 8 }: Pick<IndexImage, 'data' | 'depth'>): number {
  return data instanceof Uint16Array ? 65_535 : 2 ** depth - 1;
}

/**
 * The packed colour that a viewer shows for a stored value: the palette's, or the grey of that brightness, whatever
 * the file's depth. Undefined for an index outside of the palette and for a brightness that 8 bits do not hold.
 */
export function colorOfValue(image: IndexImage, value: number): number | undefined {
  if (image.palette !== undefined) {
    const color = image.palette[value];
    return color && packColor(...color);
  }
  const grey = (value * 255) / whiteOf(image);
  return Number.isInteger(grey) ? packColor(grey, grey, grey) : undefined;
}
