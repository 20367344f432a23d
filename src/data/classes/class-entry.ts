import { HmsaError, program } from '../../base/errors/index.js';
import { type Rgb, VOID } from '../index.js';

/** A class as a class file describes it, before missing ids and colours are filled in. */
export interface ClassEntry {
  readonly name: string;
  readonly id?: number;
  readonly color?: Rgb;
  /** Not scored. */
  readonly isVoid?: boolean;
}

export const SEE_HELP = `See \`${program} data inspect --help\` for an example.`;

/** Makes the errors about a class file. */
export class ClassFileProblem {
  constructor(readonly path: string) {}

  /** @param where a key such as `classes[0].color`, or `line 3` */
  at(where: string, expected: string, received: string, remedy?: string, cause?: unknown): HmsaError {
    return new HmsaError({
      operation: `${this.path}, ${where}`,
      expected,
      received,
      remedy: remedy ?? SEE_HELP,
      cause,
    });
  }
}

/** The colour of `#rrggbb`, `rrggbb` or three numbers; undefined for anything else. */
export function colorOf(value: unknown): Rgb | undefined {
  if (typeof value === 'string') {
    const hex = /^#?([0-9a-f]{6})$/i.exec(value.trim())?.[1];
    if (hex !== undefined) return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as never;
    const numbers = /^[([]?\s*(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\d{1,3})\s*[)\]]?$/.exec(value.trim());
    return numbers === null ? undefined : colorOf(numbers.slice(1).map(Number));
  }
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  return value.every((part) => Number.isInteger(part) && part >= 0 && part <= 255)
    ? (value as unknown as Rgb)
    : undefined;
}

/** The number in a field; undefined for anything but a whole number from 0 to 65535. */
export function idOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 65_535
    ? number
    : undefined;
}

/**
 * labelme writes this name before the classes, for pixels that are not scored. Its scripts store it as −1, which is
 * 255.
 */
export const labelmeIgnore: ClassEntry = { name: '__ignore__', id: VOID, isVoid: true };

/**
 * A colour for a class without one: hues a golden angle apart in three brightnesses, so that neighbours in the list
 * look different. It works for any number of classes.
 */
export function classColor(index: number): Rgb {
  const hue = (index * 137.508) % 360;
  const lightness = [0.5, 0.68, 0.36][index % 3]!;
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    const amplitude = 0.65 * Math.min(lightness, 1 - lightness);
    return Math.round(255 * (lightness - amplitude * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}
