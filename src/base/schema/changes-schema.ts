import { z } from 'zod';

type Node = Record<string, unknown>;

/**
 * What may change some keys of a value, as JSON Schema (draft 2020-12), for editors. Objects are merged, so that none of
 * their keys is required; what is within a list is replaced whole and has to be complete. Unknown keys are not allowed, but
 * for `$schema` at the top.
 *
 * @param schema the schema of the whole value
 * @param head what the result says of itself
 */
export function changesSchema(
  schema: z.ZodType,
  { id, title, description }: { readonly id: string; readonly title: string; readonly description: string },
): Node {
  const { $schema, properties, ...rest } = merging(z.toJSONSchema(schema, { io: 'input' })) as Node;
  const own = {
    $schema: {
      type: 'string',
      description: 'Where an editor finds the schema of this file. hmsa ignores it.',
    },
  };
  return { $schema, $id: id, title, description, ...rest, properties: { ...own, ...(properties as Node) } };
}

/** The same without required keys, as far as the lists. */
function merging(part: unknown, isWhole = false): unknown {
  if (Array.isArray(part)) return part.map((one) => merging(one, isWhole));
  if (typeof part !== 'object' || part === null) return part;
  // `readOnly` is about who may write a value, not about how a program holds it.
  const { required, oneOf, readOnly: _, properties, ...rest } = part as Node;
  const entries = Object.entries(rest).map(([key, value]) => [
    key,
    merging(value, isWhole || key === 'items' || key === 'prefixItems'),
  ]);
  return {
    ...Object.fromEntries(entries),
    // A change without a name fits several variants.
    ...(oneOf !== undefined && { [isWhole ? 'oneOf' : 'anyOf']: merging(oneOf, isWhole) }),
    ...(properties !== undefined && { properties: everyOf(properties as Node, isWhole) }),
    ...(isWhole && required !== undefined && { required }),
  };
}

/** The names of properties are data, whatever they are. */
function everyOf(properties: Node, isWhole: boolean): Node {
  return Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, merging(part, isWhole)]));
}
