import { HmsaError, printable } from './hmsa-error.js';

/** Any value as an error message shows it: short values themselves, others by their kind. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return printable(JSON.stringify(value), 100);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return name === 'Object' ? 'an object' : `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${printable(name, 40)}`;
}

/** Whether a value has named properties: an object that is neither null nor an array. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** {@link isObject} for values whose properties are unknown, such as parsed JSON. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value);
}

/**
 * Checks an argument of a public function. Callers in JavaScript, or with `any`, can pass a value of any type.
 *
 * @throws HmsaError `operation: expected …, received …` where the condition does not hold
 */
export function checkArgument(
  condition: boolean,
  operation: string,
  expected: string,
  received: unknown,
  remedy?: string,
): asserts condition {
  if (condition) return;
  throw new HmsaError({
    operation,
    expected,
    received: shown(received),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** @throws HmsaError when it is no list of texts; a text is none either, though it can be walked like one */
export function checkTexts(value: unknown, operation: string, expected: string): void {
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  checkArgument(isList, operation, expected, value);
}

/** Whether a value can say that a task is to end, as an AbortSignal does. */
export function isSignal(value: unknown): boolean {
  return (
    isObject(value) &&
    ['throwIfAborted', 'addEventListener'].every((name) => typeof Reflect.get(value, name) === 'function')
  );
}

/** @throws HmsaError when the value is neither undefined nor an AbortSignal */
export function checkSignal(value: unknown, operation: string): void {
  checkArgument(value === undefined || isSignal(value), operation, 'an AbortSignal', value);
}

/** @throws HmsaError when it is no text, or an empty one */
export function checkText(value: unknown, operation: string, expected: string): asserts value is string {
  checkArgument(typeof value === 'string' && value !== '', operation, expected, value);
}
