import { z } from 'zod';
import { expectation } from './expectation.js';
import { bare, descriptionOf, namesOf, namesOfVariants } from './look-up.js';

/** A key of a schema. */
export interface SchemaKey {
  /** What the key accepts. */
  readonly schema: z.ZodType;
  readonly description?: string | undefined;
  /** The names of the variants that have the key; left out if all variants have it or if there are no variants. */
  readonly variants?: readonly string[] | undefined;
}

/**
 * Every key of a schema and of all its variants, by its path, such as `phases[].schedule.rate`. If variants describe a key
 * differently, or accept different values for it, the list of that path has an entry for each.
 */
export function everyKey(schema: z.ZodType, path = ''): Map<string, SchemaKey[]> {
  const plain = bare(schema);
  if (plain instanceof z.ZodArray) return everyKey(plain.element as z.ZodType, `${path}[]`);
  if (plain instanceof z.ZodDiscriminatedUnion) return keysOfVariants(plain, path);
  const result = new Map<string, SchemaKey[]>();
  if (!(plain instanceof z.ZodObject)) return result;
  for (const [name, value] of Object.entries<z.ZodType>(plain.shape)) {
    const key = path === '' ? name : `${path}.${name}`;
    result.set(key, [{ schema: value, description: descriptionOf(value) }]);
    for (const [inner, keys] of everyKey(value, key)) result.set(inner, keys);
  }
  return result;
}

function keysOfVariants(union: z.ZodDiscriminatedUnion, path: string): Map<string, SchemaKey[]> {
  const { discriminator } = union.def;
  const options = union.options as readonly z.ZodObject[];
  const tag = path === '' ? discriminator : `${path}.${discriminator}`;
  const result = new Map<string, SchemaKey[]>();
  for (const option of options) {
    const variants = namesOf(option, discriminator);
    for (const [key, found] of everyKey(option, path)) {
      const keys = result.get(key) ?? [];
      for (const one of found) add(keys, { ...one, variants: one.variants ?? variants });
      result.set(key, keys);
    }
  }
  const all = namesOfVariants(union);
  for (const [key, keys] of result) {
    const [only, ...others] = keys;
    const isOfAll = key !== tag && others.length === 0 && String(only!.variants) === String(all);
    if (isOfAll) result.set(key, [{ ...only!, variants: undefined }]);
  }
  return result;
}

/** Adds a key of a variant to those of other variants, or merges it with an equal one. */
function add(keys: SchemaKey[], key: SchemaKey): void {
  const same = keys.findIndex(
    ({ schema, description }) =>
      description === key.description && expectation(schema) === expectation(key.schema),
  );
  if (same < 0) keys.push(key);
  else keys[same] = { ...key, variants: [...new Set([...keys[same]!.variants!, ...key.variants!])] };
}

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
