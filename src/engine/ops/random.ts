import { KEY_WORDS, keyWords } from '../../base/random/index.js';
import {
  apply,
  type Dim,
  expectDType,
  expectName,
  expectShape,
  type OnnxEmitter,
  type Operator,
  product,
  shapeError,
  shapeText,
  type Tensor,
} from '../graph/index.js';

/** 2¹²: the product of two words is exact in float32. */
const WORD = 4096;
/** Counters in a lane, and so the most rows or columns. Four lanes fill the 24 bits of a counter. */
const LANE = 2 ** 22;

interface RandomAttributes {
  readonly shape: readonly Dim[];
  /** The words of the application's name. */
  readonly name: readonly number[];
}

const randomOperator: Operator<RandomAttributes> = {
  name: 'randomUniform',
  shape([seed, step], { shape }) {
    for (const [what, words] of Object.entries({ seed, step })) {
      expectDType('randomUniform', what, words!, 'float32');
      if (String(words!.shape) !== String(KEY_WORDS))
        shapeError('randomUniform', `${what} of shape [${KEY_WORDS}]`, shapeText(words!.shape));
    }
    for (const half of halves(shape)) {
      const count = product(half);
      if (typeof count === 'number' && count > LANE) {
        shapeError(
          'randomUniform',
          `sides of which either half multiplies to at most ${LANE}`,
          shapeText(shape),
          'Draw for smaller parts.',
        );
      }
    }
    return { shape, dtype: 'float32' };
  },
  reference([seed, step], { name }, output) {
    const key = name.map((word, i) => (word + seed!.data[i]! + step!.data[i]!) % WORD);
    const [rows, columns] = halves(output).map((half) => half.reduce((count, side) => count * side, 1));
    const place = (lane: number, i: number) => permuted(lane * LANE + i, key);
    const result = new Float64Array(rows! * columns!);
    for (let i = 0; i < rows!; i++) {
      const [first, last] = [place(0, i), place(1, i)];
      for (let j = 0; j < columns!; j++) {
        const [middle, other] = [place(2, j), place(3, j)];
        let [a, b] = [first.low + middle.low, other.high];
        for (const factor of [factorOf(first.high), factorOf(middle.high)]) {
          const times = a * factor;
          [a, b] = [Math.floor(times / WORD) + b, times % WORD];
        }
        const difference = a * factorOf(last.high) - b * WORD;
        result[i * columns! + j] = difference / WORD ** 2 - Math.floor(difference / WORD ** 2);
      }
    }
    return result;
  },
  gradient: 'none',
  onnx(emitter, [seed, step], { attributes: { name, shape } }) {
    const { node } = bound(emitter);
    const key = emitKey(emitter, node('Add', seed!, step!), name);
    const { high, low, sizes } = emitPlaces(emitter, shape);
    const [factors, offsets] = emitPermutation(emitter, high, low, key);
    const [first, last, middle] = split(emitter, emitFactors(emitter, factors), sizes);
    const [rowOffset, , columnOffset] = split(emitter, offsets, sizes);
    const other = split(emitter, factors, sizes)[3]!;
    const column = (value: string) => node('Reshape', value, emitter.ints([-1, 1]));
    let a = node('Add', column(rowOffset!), columnOffset!);
    let b = other;
    for (const factor of [column(first!), middle!]) {
      const times = node('Mul', a, factor);
      const whole = node('Floor', times);
      const rest = node('Sub', times, whole);
      a = node('Add', node('Mul', whole, emitter.float(1 / WORD)), b);
      b = rest;
    }
    const times = node('Mul', a, node('Mul', column(last!), emitter.float(1 / WORD)));
    const uniform = emitFraction(emitter, node('Sub', times, b));
    return node('Reshape', uniform, emitter.sides(shape));
  },
};

/**
 * Uniform numbers in [0, 1), multiples of 2⁻²⁴. They are a pure function of seed, step, name, shape and place: the bits are the
 * same on every device and each time they are computed. No gradient passes. Two applications with the same name, seed, step
 * and shape give the same numbers, so give each application a name of its own.
 *
 * Not every device of ONNX Runtime has bit operations, so the bits are made with float32 arithmetic that is always exact: words
 * of 12 bits, whose products fit into 24 bits, and divisions by powers of two. The first half of the sides are the rows, the
 * rest the columns. First, a Feistel network (Luby and Rackoff 1988) computes four words for each row and each column. It has
 * eight rounds, its round function is the middle of a square, and its key is the sum of the words of seed, step and name. This
 * work grows only with the number of rows and columns. Then each element takes three multiplications by words of its row and
 * its column and keeps both halves of each product, as Philox does (Salmon et al. 2011): 15 nodes over all elements.
 *
 * Use it for dropout, noise and sampling, not for cryptography. The test compares its mean, variance, distribution, serial
 * correlation and avalanche with those of Philox.
 *
 * @param seed float32 [8] of whole numbers below 4096, see {@link keyWords}
 * @param step float32 [8], like the seed
 * @param name two uses with different names get different numbers
 * @param shape sides may be free
 * @throws HmsaError when seed or step are not of that shape, or either half of the sides multiplies to more than 2²²
 */
export function randomUniform(seed: Tensor, step: Tensor, name: string, shape: readonly Dim[]): Tensor {
  expectName('randomUniform', name);
  expectShape('randomUniform', shape);
  return apply(randomOperator, [seed, step], {
    shape,
    name: [...keyWords('name', name)],
  });
}

/** The sides of the rows, and those of the columns. */
function halves<Side>(shape: readonly Side[]): readonly [readonly Side[], readonly Side[]] {
  const half = Math.floor(shape.length / 2);
  return [shape.slice(0, half), shape.slice(half)];
}

/** The factor by which a word multiplies: an odd number from 1025 to 2047. */
function factorOf(word: number): number {
  return 1025 + 2 * Math.floor(word / 8);
}

/** Applies a keyed permutation of 24-bit numbers to a counter. The result is two words. */
function permuted(counter: number, key: readonly number[]): { readonly high: number; readonly low: number } {
  let [high, low] = [counter % WORD, Math.floor(counter / WORD)];
  for (const word of key) {
    const shifted = high + word - WORD;
    [high, low] = [(low + Math.floor(shifted ** 2 / 64)) % WORD, high];
  }
  return { high, low };
}

// The ONNX form holds a word k as the fraction k / 4096, so that subtracting Floor reduces a sum to 12 bits.

/** The words of the key as scalars, minus 1. */
function emitKey(emitter: OnnxEmitter, seedAndStep: string, name: readonly number[]): string[] {
  const { node } = bound(emitter);
  const sum = node('Add', seedAndStep, emitter.float(name));
  const words = emitFraction(emitter, node('Mul', sum, emitter.float(1 / WORD)));
  const less = node('Sub', words, emitter.float(1));
  return emitter.nodeWithOutputs('Split', [less], { axis: 0, num_outputs: KEY_WORDS }, KEY_WORDS);
}

/** The counters of all four lanes, one after the other, as two words each, and the size of each lane. */
function emitPlaces(emitter: OnnxEmitter, shape: readonly Dim[]) {
  const { node } = bound(emitter);
  const [rows, columns] = halves(shape).map(product) as [Dim, Dim];
  const counts = [rows, rows, columns, columns];
  const sizes = emitter.sides(counts);
  if (counts.every((count) => typeof count === 'number')) {
    const counters = counts.flatMap((count, lane) =>
      Array.from({ length: count }, (_, i) => lane * LANE + i),
    );
    return {
      high: emitter.float(counters.map((counter) => (counter % WORD) / WORD)),
      low: emitter.float(counters.map((counter) => Math.floor(counter / WORD) / WORD)),
      sizes,
    };
  }
  const lanes = counts.map((count, lane) => {
    const end = node('Reshape', emitter.sides([count]), emitter.ints([]));
    const [start, one] = [0n, 1n].map((value) =>
      emitter.constant({ dtype: 'int64', data: BigInt64Array.of(value), shape: [] }),
    );
    const places = emitter.node('Cast', [node('Range', start!, end, one!)], { to: FLOAT });
    return node('Add', places, emitter.float(lane * LANE));
  });
  const counters = node('Mul', emitter.node('Concat', lanes, { axis: 0 }), emitter.float(1 / WORD));
  const whole = node('Floor', counters);
  return { high: node('Sub', counters, whole), low: node('Mul', whole, emitter.float(1 / WORD)), sizes };
}

/** ONNX's number of float32. */
const FLOAT = 1;

function emitPermutation(emitter: OnnxEmitter, first: string, second: string, key: readonly string[]) {
  const { node } = bound(emitter);
  let [high, low] = [first, second];
  for (const word of key) {
    const shifted = node('Add', high, word);
    const square = node('Mul', node('Mul', shifted, shifted), emitter.float(2 ** 18));
    const middle = node('Mul', node('Floor', square), emitter.float(1 / WORD));
    [high, low] = [emitFraction(emitter, node('Add', low, middle)), high];
  }
  return [high, low] as const;
}

function emitFactors(emitter: OnnxEmitter, words: string): string {
  const { node } = bound(emitter);
  const whole = node('Floor', node('Mul', words, emitter.float(WORD / 8)));
  return node('Add', node('Mul', whole, emitter.float(2)), emitter.float(1025));
}

function emitFraction(emitter: OnnxEmitter, x: string): string {
  return emitter.node('Sub', [x, emitter.node('Floor', [x])]);
}

function split(emitter: OnnxEmitter, x: string, sizes: string): string[] {
  return emitter.nodeWithOutputs('Split', [x, sizes], { axis: 0 }, 4);
}

function bound(emitter: OnnxEmitter) {
  const node = (operator: string, ...inputs: readonly string[]) => emitter.node(operator, inputs);
  return { node };
}
