import type { z } from 'zod';
import { HmsaError, nearName } from '../errors/index.js';
import { knownKeys } from './known-keys.js';

/** Of a value that a message shows. */
const LONGEST = 80;

/**
 * A value as a schema knows it.
 *
 * @param source what errors call the value: its file, or the function that takes it
 * @throws HmsaError that names the key, what belongs there and what is there instead
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, value, issue.path);
    const near = nearName(issue.keys[0]!, known);
    throw new HmsaError({
      operation: source,
      expected: `known keys${path === '' ? '' : ` in ${path}`} (${known.join(', ')})`,
      received: issue.keys[0]!,
      ...(near === undefined ? {} : { remedy: `Did you mean ${near}?` }),
    });
  }
  throw new HmsaError({
    operation: source,
    expected: path === '' ? wanted(issue) : `${path}: ${wanted(issue)}`,
    received: shown(at(value, issue.path)) + said(issue),
  });
}

const types: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What an issue would have had, in words. */
function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return types[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'above' : 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'below' : 'at most', issue.maximum);
    case 'invalid_union':
      return 'options' in issue ? oneOf(issue.options as readonly unknown[]) : 'another value';
    case 'custom':
      return 'another value';
    default:
      return 'a valid value';
  }
}

/** What our own schemas say of a value: that it `holds a scale twice`. */
function said({ code, message }: z.core.$ZodIssue): string {
  return code === 'custom' || (code === 'invalid_union' && !message.startsWith('Invalid'))
    ? `, which ${message}`
    : '';
}

function oneOf(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(' or ');
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'string') return `a text of ${relation} ${limit} characters`;
  if (origin === 'array' || origin === 'tuple') return `a list of ${relation} ${limit}`;
  return `a number ${relation} ${limit}`;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  text ??= typeof value;
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
