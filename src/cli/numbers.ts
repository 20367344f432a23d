import { InvalidArgumentError } from 'commander';
import { SCALE_RANGE } from '../model/index.js';

/** Option parsers. They refuse texts that `Number` accepts: `0x10`, `1e2`, an empty one. */

export function wholeNumber(text: string): number {
  return numberFrom(0, text, 'A whole number is needed.');
}

export function positiveNumber(text: string): number {
  return numberFrom(1, text, 'A whole number of at least 1 is needed.');
}

function numberFrom(least: number, text: string, message: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least) throw new InvalidArgumentError(message);
  return value;
}

/** `0.5,1,2` */
export function scaleList(text: string): number[] {
  return text.split(',').map((part) => {
    const value = /^\s*(\d+\.?\d*|\.\d+)\s*$/.test(part) ? Number(part) : 0;
    if (value === 0)
      throw new InvalidArgumentError(`Numbers ${SCALE_RANGE} are needed, separated by commas: 0.5,1,2.`);
    return value;
  });
}

/** A number of pixels, or `none`. */
export function sideLimit(text: string): number | 'none' {
  return text === 'none' ? text : positiveNumber(text);
}

/** A share above 0 and at most 1. */
export function share(text: string): number {
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : 0;
  if (!(value > 0 && value <= 1))
    throw new InvalidArgumentError('A number above 0 and at most 1 is needed, such as 0.5.');
  return value;
}

/** Points of mean IoU, which are percent. */
export function points(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 100))
    throw new InvalidArgumentError('A number of points from 0 to 100 is needed, such as 0.1.');
  return value;
}
