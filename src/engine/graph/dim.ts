import { checkArgument, HmsaError, isRecord, shown } from '../../base/errors/index.js';

/**
 * The size of one axis, called a side: a number or, if a graph leaves it free, an expression over named symbols.
 *
 * Expressions have a canonical form: two sides are equal exactly when their `text` is equal.
 */
export type Dim = number | SymbolicDim;

export type SymbolicDim = SymbolDim | AffineDim | ScaledDim | ProductDim;

/** A free side of an input, such as the height of the photograph. */
export interface SymbolDim {
  readonly kind: 'symbol';
  readonly text: string;
}

/** ⌊(mul · of + add) / div⌋: the result of strides, paddings and scales. */
export interface AffineDim {
  readonly kind: 'affine';
  readonly text: string;
  readonly of: SymbolicDim;
  readonly mul: number;
  readonly add: number;
  readonly div: number;
}

/** ⌊scale · of⌋ in double precision, for a scale that is not a multiple of 1/64. */
export interface ScaledDim {
  readonly kind: 'scaled';
  readonly text: string;
  readonly of: SymbolicDim;
  readonly scale: number;
}

/** A product of sides, the result of flattening. */
export interface ProductDim {
  readonly kind: 'product';
  readonly text: string;
  readonly factors: readonly Dim[];
}

export function symbol(name: string): SymbolDim {
  checkArgument(typeof name === 'string' && name !== '', 'symbol', 'a name', name);
  return { kind: 'symbol', text: name };
}

/** ⌊(mul · dim + add) / div⌋ with integer `mul` ≥ 1 and `div` ≥ 1. */
export function affine(dim: Dim, mul: number, add: number, div: number): Dim {
  const areNumbers = [mul, add, div].every((each) => typeof each === 'number');
  checkArgument(areNumbers, 'affine', 'mul, add and div as numbers', [mul, add, div]);
  expectDim('affine', dim);
  if (typeof dim === 'number') return Math.floor((mul * dim + add) / div);
  let [of, m, a, d] = [dim, mul, add, div];
  // ⌊(m·⌊(m₀x + a₀)/d₀⌋ + a)/d⌋ is one affine form if d₀ = 1 or m = 1: then the inner rounding loses nothing.
  if (of.kind === 'affine' && of.div === 1) {
    [of, m, a] = [of.of, m * of.mul, m * of.add + a];
  } else if (of.kind === 'affine' && m === 1) {
    [of, m, a, d] = [of.of, of.mul, of.add + of.div * a, of.div * d];
  }
  const common = greatestCommonDivisor(m, d);
  [m, a, d] = [m / common, Math.floor(a / common), d / common];
  if (m === 1 && a === 0 && d === 1) return of;
  const product = m === 1 ? of.text : `${m}*${of.text}`;
  const sum = a === 0 ? product : a > 0 ? `${product}+${a}` : `${product}-${-a}`;
  return { kind: 'affine', text: d === 1 ? `(${sum})` : `floor((${sum})/${d})`, of, mul: m, add: a, div: d };
}

/** The product of sides; a number when all are numbers. */
export function product(dims: readonly Dim[]): Dim {
  checkArgument(Array.isArray(dims), 'product', 'a list of sides', dims);
  for (const dim of dims) expectDim('product', dim);
  const flat = dims.flatMap((dim) =>
    typeof dim !== 'number' && dim.kind === 'product' ? dim.factors : [dim],
  );
  const numbers = flat.filter((dim) => typeof dim === 'number').reduce((result, side) => result * side, 1);
  const symbols = flat.filter((dim) => typeof dim !== 'number');
  if (symbols.length === 0 || numbers === 0) return numbers;
  symbols.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  if (symbols.length === 1 && numbers === 1) return symbols[0]!;
  const factors: Dim[] = numbers === 1 ? symbols : [numbers, ...symbols];
  return { kind: 'product', text: factors.map(dimText).join('*'), factors };
}

/**
 * ⌊scale · dim⌋, with the product computed in double precision. PyTorch's `interpolate`, and so the published code, gives this
 * size for a `scale_factor`.
 *
 * By this rule 1/3 of 300 is 100, and 0.7 of 90 is 62, because 90 · 0.7 is 62.999… in double precision.
 *
 * @throws HmsaError when the scale is not a number above 0
 */
export function scaled(dim: Dim, scale: number): Dim {
  if (!(Number.isFinite(scale) && scale > 0)) {
    throw new HmsaError({ operation: 'scaled', expected: 'a scale above 0', received: shown(scale) });
  }
  expectDim('scaled', dim);
  if (typeof dim === 'number') return Math.floor(scale * dim);
  // The product with k/2ⁿ is exact, so it can be an affine form, which can be simplified.
  for (let denominator = 1; denominator <= 64; denominator *= 2) {
    if (Number.isInteger(scale * denominator)) return affine(dim, scale * denominator, 0, denominator);
  }
  return { kind: 'scaled', text: `floor(${scale}*${dim.text})`, of: dim, scale };
}

export function equalDims(a: Dim, b: Dim): boolean {
  return typeof a === 'number' || typeof b === 'number' ? a === b : a.text === b.text;
}

export function dimText(dim: Dim): string {
  return typeof dim === 'number' ? String(dim) : dim.text;
}

/** The value of a side for given values of the symbols. @throws HmsaError when a symbol has no value */
export function evaluateDim(dim: Dim, symbols: ReadonlyMap<string, number>): number {
  if (typeof dim === 'number') return dim;
  expectDim('evaluateDim', dim);
  const isMap = typeof (symbols as Partial<typeof symbols> | undefined)?.get === 'function';
  checkArgument(isMap, 'evaluateDim', 'a Map of numbers by symbol', symbols);
  switch (dim.kind) {
    case 'symbol': {
      const value = symbols.get(dim.text);
      checkArgument(value !== undefined, 'evaluateDim', `a value for the symbol ${dim.text}`, value);
      return value;
    }
    case 'affine':
      return Math.floor((dim.mul * evaluateDim(dim.of, symbols) + dim.add) / dim.div);
    case 'scaled':
      return Math.floor(dim.scale * evaluateDim(dim.of, symbols));
    case 'product':
      return dim.factors.reduce<number>((result, factor) => result * evaluateDim(factor, symbols), 1);
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Checks that a value is a number, of any value, or a symbolic side. @throws HmsaError */
export function expectDim(operation: string, dim: unknown): asserts dim is Dim {
  checkArgument(isDim(dim), operation, 'a side: a number or a symbol', dim);
}

/** Whether a value is a number or a symbolic side. */
export function isDim(value: unknown): value is Dim {
  return (
    typeof value === 'number' ||
    (isRecord(value) && typeof value.kind === 'string' && typeof value.text === 'string')
  );
}
