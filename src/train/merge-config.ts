import { HmsaError, nearName } from '../errors/index.js';
import { type TrainConfig, trainConfigSchema } from './config.js';
import { knownKeys } from './known-keys.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * A configuration with some of its keys replaced. Objects are merged key by key; lists and everything else are
 * replaced whole, and so is an object whose `name` or `kind` becomes another, whose other keys would not fit.
 *
 * @param source what errors call the changes: the file that they stand in
 * @throws HmsaError that names the key, and the near name of a misspelt one
 */
export function mergeConfig(base: TrainConfig, changes: unknown, source: string): TrainConfig {
  if (!isObject(changes)) {
    throw new HmsaError({
      operation: source,
      expected: 'a JSON object',
      received: Array.isArray(changes) ? 'a list' : typeof changes,
    });
  }
  const changed = merged(base as unknown as Json, changes);
  const result = trainConfigSchema.safeParse(changed);
  if (result.success) return result.data as TrainConfig;
  const [issue] = result.error.issues;
  const path = issue!.path.join('.');
  if (issue!.code === 'unrecognized_keys') {
    const [key] = issue!.keys;
    const known = knownKeys(trainConfigSchema, changed, issue!.path);
    const near = nearName(key!, known);
    throw new HmsaError({
      operation: source,
      expected: `known keys${path === '' ? '' : ` in ${path}`} (${known.join(', ')})`,
      received: key!,
      ...(near === undefined ? {} : { remedy: `Did you mean ${near}?` }),
    });
  }
  throw new HmsaError({
    operation: source,
    expected: `a valid ${path || 'configuration'}`,
    received: issue!.message,
  });
}

function merged(base: Json, changes: Json): Json {
  // Without a prototype `constructor` and `__proto__` are keys like any other, and so are found to be unknown.
  const result: Record<string, unknown> = Object.assign(Object.create(null), base);
  for (const [key, value] of Object.entries(changes)) {
    const before = Object.hasOwn(base, key) ? base[key] : undefined;
    const isSameKind =
      isObject(before) &&
      isObject(value) &&
      ['name', 'kind'].every((tag) => (value[tag] ?? before[tag]) === before[tag]);
    result[key] = isSameKind ? merged(before as Json, value as Json) : value;
  }
  return result;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
