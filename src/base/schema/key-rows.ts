import type { z } from 'zod';
import { everyKey, type SchemaKey } from './every-key.js';
import { expectation } from './expectation.js';

/** A row of a table that documents the keys of a schema. */
export interface KeyRow {
  /** `phases[].schedule.rate` */
  readonly key: string;
  /** What it accepts: `a whole number from 1 to 1024`. */
  readonly value: string;
  /** What it means, in sentences, as Markdown. */
  readonly meaning: string;
}

/** One row for each key of a schema, in its order. If variants describe a key differently, the row has a text for each. */
export function keyRows(schema: z.ZodType): KeyRow[] {
  return [...everyKey(schema)].map(([key, keys]) => ({
    key,
    value: acceptedBy(keys),
    meaning: keys.map(meaningOf).join(' ').trim(),
  }));
}

/** All that the variants together accept. */
function acceptedBy(keys: readonly SchemaKey[]): string {
  const words = keys.map(({ schema }) => expectation(schema));
  const names = words.map((text) => /^"(.*)"$/.exec(text)?.[1] ?? /^one of (.*)$/.exec(text)?.[1]);
  return names.includes(undefined) ? [...new Set(words)].join(' or ') : [...new Set(names)].join(', ');
}

function meaningOf({ schema, description = '', variants }: SchemaKey): string {
  if (variants === undefined || description === '') return description;
  const names = variants.map((name) => `\`${name}\``).join(' and ');
  // The key that chooses the variant, such as `name`: its description explains the variant, not the key.
  const choosesIt = acceptedBy([{ schema }]) === variants.join(', ');
  return `${choosesIt ? names : `Of ${names}`}: ${description}`;
}
