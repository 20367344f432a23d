import { z } from 'zod';
import { expectation } from './expectation.js';
import { bare, descriptionOf } from './look-up.js';

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
  const all = options.flatMap((option) => namesOf(option, discriminator));
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

function namesOf(option: z.ZodObject, discriminator: string): string[] {
  const tag = bare(option.shape[discriminator] as z.ZodType);
  return tag instanceof z.ZodLiteral ? [...tag.def.values].map(String) : [];
}
