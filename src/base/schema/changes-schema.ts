import { z } from 'zod';

type Node = Record<string, unknown>;

/**
 * A JSON Schema (draft 2020-12), for editors, of a file that changes some keys of a value. Objects of the file are merged
 * into the value, so none of their keys is required. Lists replace those of the value, so objects in lists must be complete.
 * Unknown keys are not allowed, except for `$schema` at the top.
 *
 * @param schema the schema of the whole value
 * @param head identifier, title and description of the result
 */
export function changesSchema(
  schema: z.ZodType,
  { id, title, description }: { readonly id: string; readonly title: string; readonly description: string },
): Node {
  const { $schema, properties, ...rest } = merging(z.toJSONSchema(schema, { io: 'input' })) as Node;
  const ofEditors = {
    $schema: {
      type: 'string',
      description: 'Where an editor finds the schema of this file. hmsa ignores it.',
    },
  };
  return {
    $schema,
    $id: id,
    title,
    description,
    ...rest,
    properties: { ...ofEditors, ...(properties as Node) },
  };
}

/** The same schema without required keys, except within lists. */
function merging(part: unknown, isWhole = false): unknown {
  if (Array.isArray(part)) return part.map((one) => merging(one, isWhole));
  if (typeof part !== 'object' || part === null) return part;
  // In JSON Schema `readOnly` means that a user must not write the value; zod means that the program does not change it.
  const { required, oneOf, readOnly: _, properties, ...rest } = part as Node;
  const entries = Object.entries(rest).map(([key, value]) => [
    key,
    merging(value, isWhole || key === 'items' || key === 'prefixItems'),
  ]);
  return {
    ...Object.fromEntries(entries),
    // A change that leaves out the name fits several variants.
    ...(oneOf !== undefined && { [isWhole ? 'oneOf' : 'anyOf']: merging(oneOf, isWhole) }),
    ...(properties !== undefined && { properties: everyOf(properties as Node, isWhole) }),
    ...(isWhole && required !== undefined && { required }),
  };
}

/** The properties one by one: a property may have the name of a JSON Schema keyword, such as `required`. */
function everyOf(properties: Node, isWhole: boolean): Node {
  return Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, merging(part, isWhole)]));
}
