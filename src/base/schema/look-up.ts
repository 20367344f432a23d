import { z } from 'zod';

/** The schema inside wrappers that do not change what is accepted (readonly, lazy, optional). */
export function bare(schema: z.ZodType): z.ZodType {
  const inner = wrapped(schema);
  return inner === undefined ? schema : bare(inner);
}

/** The description of a schema or, if it has none, of the schema that it wraps. */
export function descriptionOf(schema: z.ZodType): string | undefined {
  const inner = wrapped(schema);
  return schema.description ?? (inner && descriptionOf(inner));
}

/** The schema that a wrapper holds; undefined if the schema is not a wrapper. */
function wrapped(schema: z.ZodType): z.ZodType | undefined {
  const isWrapper =
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodLazy ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional;
  return isWrapper ? (schema.unwrap() as z.ZodType) : undefined;
}

/**
 * The schema of a part of a value. The value's own `name` or `kind` chooses among variants. Undefined if the schema has
 * nothing at this path.
 */
export function schemaAt(
  schema: z.ZodType,
  value: unknown,
  [key, ...rest]: readonly PropertyKey[],
): z.ZodType | undefined {
  const plain = bare(schema);
  if (key === undefined) return plain;
  const inner = Object(value)[key];
  const next = (part: z.ZodType | undefined) => part && schemaAt(part, inner, rest);
  if (plain instanceof z.ZodDiscriminatedUnion) {
    const tag = plain.def.discriminator;
    const variants = plain.options as readonly z.ZodObject[];
    const chosen = variants.find(({ shape }) => shape[tag]!.safeParse(Object(value)[tag]).success);
    if (chosen !== undefined) return schemaAt(chosen, value, [key, ...rest]);
    if (key !== tag) return undefined;
    return z.union(variants.map(({ shape }) => shape[tag] as z.ZodType));
  }
  if (plain instanceof z.ZodObject)
    return Object.hasOwn(plain.shape, key) ? next(plain.shape[key as string]) : undefined;
  if (plain instanceof z.ZodArray) return next(plain.element as z.ZodType);
  if (plain instanceof z.ZodTuple) return next(plain.def.items[Number(key)] as z.ZodType | undefined);
  if (plain instanceof z.ZodUnion) {
    const list = plain.options.find((option) => option instanceof z.ZodArray);
    return list && schemaAt(list, value, [key, ...rest]);
  }
  return undefined;
}

/** The keys that a value may have at a path; none if the schema has no object there. */
export function keysAt(schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): string[] {
  const found = schemaAt(schema, value, path);
  if (found instanceof z.ZodDiscriminatedUnion) {
    const inner = path.reduce((part: unknown, key) => Object(part)[key], value);
    const tag = found.def.discriminator;
    const chosen = (found.options as readonly z.ZodObject[]).find(
      ({ shape }) => shape[tag]!.safeParse(Object(inner)[tag]).success,
    );
    return chosen === undefined ? [tag] : Object.keys(chosen.shape);
  }
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

/** The names or kinds of a variant. */
export function namesOf(variant: z.ZodObject, discriminator: string): string[] {
  const tag = bare(variant.shape[discriminator] as z.ZodType);
  return tag instanceof z.ZodLiteral ? [...tag.def.values].map(String) : [];
}

/** Those of all variants. */
export function namesOfVariants(union: z.ZodDiscriminatedUnion): string[] {
  return (union.options as readonly z.ZodObject[]).flatMap((variant) =>
    namesOf(variant, union.def.discriminator),
  );
}
