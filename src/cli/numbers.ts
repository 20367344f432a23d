import { InvalidArgumentError } from 'commander';

/** Option parsers that refuse what `Number` would let through. */

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('A whole number is needed.');
  }
  return value;
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('A number of at least 1 is needed.');
  return value;
}

/** `0.5,1,2` */
export function scaleList(text: string): number[] {
  return text.split(',').map((part) => {
    const value = Number(part);
    if (part.trim() === '' || !Number.isFinite(value) || value <= 0) {
      throw new InvalidArgumentError('Numbers above 0 are needed, separated by commas: 0.5,1,2.');
    }
    return value;
  });
}

/** A number of pixels, or `none`. */
export function sideLimit(text: string): number | 'none' {
  return text === 'none' ? text : positiveNumber(text);
}
