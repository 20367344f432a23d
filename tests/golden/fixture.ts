import { readFileSync } from 'node:fs';
import type { Value } from '../../src/engine/graph/index.js';
import { namedValues } from './named-values.js';

/** An array of a fixture: its float64 elements, little-endian, in base64. */
export interface PackedArray {
  readonly shape: readonly number[];
  readonly float64: string;
}

/** An operand that follows from its case's and its own name. */
export interface NamedOperand {
  readonly shape: readonly number[];
  readonly low: number;
  readonly high: number;
}

/** What PyTorch made of one operator; see `tools/fixtures.py`. */
export interface OperatorCase {
  readonly name: string;
  readonly operator: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly operands: Readonly<Record<string, NamedOperand>>;
  /** The first is the one that was differentiated, times the cotangent. */
  readonly results: Readonly<Record<string, PackedArray>>;
  readonly gradients: Readonly<Record<string, PackedArray>>;
}

export function readFixture<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`fixtures/${path}`, import.meta.url), 'utf8')) as T;
}

export function unpack({ shape, float64 }: PackedArray): Value {
  const bytes = Uint8Array.from(Buffer.from(float64, 'base64'));
  return { shape, data: new Float64Array(bytes.buffer) };
}

export function operandValue(caseName: string, operand: string, { shape, low, high }: NamedOperand): Value {
  return { shape, data: namedValues(`${caseName}/${operand}`, shape, low, high) };
}
