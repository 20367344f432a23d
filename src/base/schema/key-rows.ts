import type { z } from 'zod';
import { everyKey, type SchemaKey } from './every-key.js';
import { expectation } from './expectation.js';

/** A row of a table of keys. */
export interface KeyRow {
  /** `phases[].schedule.rate` */
  readonly key: string;
  /** What it accepts: `a whole number from 1 to 1024`. */
  readonly value: string;
  /** What it is, as a sentence or some, in Markdown. */
  readonly meaning: string;
}

/** The keys of a schema, one a row, in its order. Where variants differ, each says what a key is of it. */
export function keyRows(schema: z.ZodType): KeyRow[] {
  return [...everyKey(schema)].map(([key, keys]) => ({
    key,
    value: acceptedBy(keys),
    meaning: keys.map(meaningOf).join(' ').trim(),
  }));
}

/** What any of the variants accepts. */
function acceptedBy(keys: readonly SchemaKey[]): string {
  const words = keys.map(({ schema }) => expectation(schema));
  const names = words.map((text) => /^"(.*)"$/.exec(text)?.[1] ?? /^one of (.*)$/.exec(text)?.[1]);
  return names.includes(undefined) ? [...new Set(words)].join(' or ') : [...new Set(names)].join(', ');
}

function meaningOf({ schema, description = '', variants }: SchemaKey): string {
  if (variants === undefined || description === '') return description;
  const names = variants.map((name) => `\`${name}\``).join(' and ');
  // The key that chooses the variant explains the variant.
  const choosesIt = acceptedBy([{ schema }]) === variants.join(', ');
  return `${choosesIt ? names : `Of ${names}`}: ${description}`;
}
