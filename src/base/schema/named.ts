import { z } from 'zod';
import { isSignal } from '../errors/index.js';
import { checkSchema } from './check.js';

/** A schema for every key, so that a key which is added has to be added here too. */
export type Shape<T> = Record<keyof T, z.ZodType>;

export const text = z.string().optional();
export const flag = z.boolean().optional();
export const callback = z.custom((value) => typeof value === 'function', 'a function').optional();
export const signal = z.custom(isSignal, 'an AbortSignal').optional();

/**
 * Holds the options of a public function to their shape. Keys beside it are let through: what holds more than is asked
 * for may be handed over whole.
 *
 * @throws HmsaError that names the key: `evaluate, onProgress: expected a function, received "x"`
 */
export function checkNamed(shape: Readonly<Record<string, z.ZodType>>, value: unknown, operation: string) {
  checkSchema(z.object(shape), value, operation);
}
