import { HmsaError } from '../base/errors/index.js';

const units = {
  '': 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;
const form = /^(?<number>\d{1,15}(?:\.\d{1,9})?) ?(?<unit>[kmgt]i?b|)$/i;

/** By the unit in small letters: people write `4gb` and `512KB` too, and nobody means bits. */
const factors = new Map(Object.entries(units).map(([name, factor]) => [name.toLowerCase(), factor]));

/**
 * Parses an amount of memory: `512MB`, `4GB`, `3.5GiB`, in letters of any case, or a number of bytes.
 *
 * @param operation what errors call the text
 * @throws HmsaError when it is none of these
 */
export function parseBytes(text: string, operation: string): number {
  const { number, unit } = form.exec(text)?.groups ?? {};
  if (number !== undefined) return Math.floor(Number(number) * factors.get(unit!.toLowerCase())!);
  throw new HmsaError({
    operation,
    expected: 'an amount of memory, such as 512MB, 4GB or 3.5GiB',
    received: text === '' ? 'nothing' : text,
    remedy: 'Write a number and one of kB, MB, GB, TB, KiB, MiB, GiB and TiB.',
  });
}
