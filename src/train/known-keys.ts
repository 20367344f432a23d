import { z } from 'zod';

/**
 * The keys that a schema knows at a path of a value: which ones, where the schema has variants, is for the value's
 * own `name` or `kind` to say. Empty where the schema has no object there.
 */
export function knownKeys(schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodReadonly || schema instanceof z.ZodOptional) {
    return knownKeys(schema.unwrap() as z.ZodType, value, path);
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const variant = schema.options.find((option) =>
      hasTagOf(option as z.ZodType, schema.def.discriminator, value),
    );
    return variant === undefined ? [] : knownKeys(variant as z.ZodType, value, path);
  }
  const [key, ...rest] = path;
  const inner = (value as Record<PropertyKey, unknown> | undefined)?.[key!];
  if (schema instanceof z.ZodArray) return knownKeys(schema.element as z.ZodType, inner, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  if (key === undefined) return Object.keys(schema.shape);
  const property = schema.shape[key as string] as z.ZodType | undefined;
  return property === undefined ? [] : knownKeys(property, inner, rest);
}

function hasTagOf(variant: z.ZodType, tag: string, value: unknown): boolean {
  if (!(variant instanceof z.ZodObject)) return false;
  const { success } = (variant.shape[tag] as z.ZodType).safeParse((value as Record<string, unknown>)[tag]);
  return success;
}
