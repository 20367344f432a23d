import { z } from 'zod';
import { HmsaError, isSignal, nearName, shown as shortly } from '../errors/index.js';
import { expectation } from './expectation.js';
import { everyKey } from './keys.js';
import { keysAt, schemaAt } from './look-up.js';

/** Characters of a wrong value that an error shows. */
const LONGEST_SHOWN = 80;

/**
 * Checks a value and returns it as the schema parses it. An error names one key, in the words of {@link expectation}:
 * `FILE, phases[0].epochs: expected a whole number of at least 1, received 0`.
 *
 * @param source what errors call the value, such as the path of its file
 * @throws HmsaError that names the key and, for a misspelt key, the one that was probably meant
 */
export function checkSchema<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A misspelt required key is also missing. The misspelling explains more, so it comes first.
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown !== undefined) throw unknownKey(schema, value, source, unknown.path, unknown.keys[0]!);
  const [issue] = issues;
  const { code, path, message } = issue!;
  const part = schemaAt(schema, value, path);
  // A refinement has a message of its own, in our words.
  const expected = code === 'custom' ? message : part === undefined ? 'another value' : expectation(part);
  throw new HmsaError({
    operation: [source, pathText(path)].filter((name) => name !== '').join(', '),
    expected,
    received: shown(path.reduce((inner: unknown, key) => Object(inner)[key], value)),
  });
}

function unknownKey(
  schema: z.ZodType,
  value: unknown,
  source: string,
  path: readonly PropertyKey[],
  key: string,
): HmsaError {
  const known = keysAt(schema, value, path);
  const near = nearName(key, known) ?? elsewhere(schema, key);
  return new HmsaError({
    operation: source,
    expected: `known keys${path.length === 0 ? '' : ` in ${pathText(path)}`} (${known.join(', ')})`,
    received: key,
    ...(near === undefined ? {} : { remedy: `Did you mean ${near}?` }),
  });
}

/** A path as code writes it: `phases[0].schedule`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

/** A key with the same or a near name elsewhere in the schema: `phases[].epochs` for `epochs`. */
function elsewhere(schema: z.ZodType, key: string): string | undefined {
  const last = (path: string) => path.slice(path.lastIndexOf('.') + 1);
  const paths = [...everyKey(schema).keys()];
  const near = nearName(key, paths.map(last)) ?? key;
  return paths.find((path) => last(path) === near);
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return 'an object';
  if (typeof value !== 'string' && !Array.isArray(value)) return shortly(value);
  const text = jsonOf(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

/** The JSON of a value. `JSON.stringify` fails for a list that contains itself or a bigint. */
function jsonOf(value: string | unknown[]): string {
  try {
    return JSON.stringify(value);
  } catch {
    return shortly(value);
  }
}

/** A schema for every key, so that a key which is added has to be added here too. */
export type Shape<T> = Record<keyof T, z.ZodType>;

export const text = z.string().optional();
export const flag = z.boolean().optional();
export const callback = z.custom((value) => typeof value === 'function', 'a function').optional();
export const signal = z.custom(isSignal, 'an AbortSignal').optional();

/**
 * Checks the options of a public function. Unknown keys are allowed, so that a caller can pass an object with more in it.
 *
 * @throws HmsaError that names the key: `evaluate, onProgress: expected a function, received "x"`
 */
export function checkNamed(shape: Readonly<Record<string, z.ZodType>>, value: unknown, operation: string) {
  checkSchema(z.object(shape), value, operation);
}

/**
 * The type that a schema infers, made deeply readonly. Optional keys are absent instead of undefined, as
 * `exactOptionalPropertyTypes` requires.
 */
export type Plain<T> = T extends object ? { readonly [K in keyof T]: Plain<Exclude<T[K], undefined>> } : T;
