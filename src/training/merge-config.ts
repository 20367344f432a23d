import { HmsaError } from '../base/errors/index.js';
import { checkConfig, type TrainConfig } from './config.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * A configuration with some of its keys replaced. Objects are merged key by key; lists and everything else are
 * replaced whole, and so is an object whose `name` or `kind` becomes another, whose other keys would not fit. A key
 * `$schema` at the top is for editors and is ignored.
 *
 * @param source what errors call the changes: the file that they stand in
 * @throws HmsaError that names the key, and the near name of a misspelt one
 */
export function mergeConfig(base: TrainConfig, changes: unknown, source: string): TrainConfig {
  if (!isObject(changes)) {
    throw new HmsaError({
      operation: source,
      expected: 'a JSON object',
      received: Array.isArray(changes) ? 'a list' : changes === null ? 'null' : typeof changes,
      remedy: 'Give the keys to change: {"batch": 2}.',
    });
  }
  const { $schema: _, ...keys } = changes;
  return checkConfig(merged(base as unknown as Json, keys), source);
}

function merged(base: Json, changes: Json): Json {
  const result = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(changes)) {
    const before = result.get(key);
    const isSameKind =
      isObject(before) &&
      isObject(value) &&
      ['name', 'kind'].every((tag) => (value[tag] ?? before[tag]) === before[tag]);
    result.set(key, isSameKind ? merged(before as Json, value as Json) : value);
  }
  // Unlike an assignment, this makes a key of whatever name, `__proto__` too.
  return Object.fromEntries(result);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
