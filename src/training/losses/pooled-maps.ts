import {
  apply,
  constant,
  type OnnxEmitter,
  type Operator,
  staticShape,
  type Tensor,
} from '../../engine/graph/index.js';
import { add, mul, stopGradient } from '../../engine/ops/index.js';
import { classIndex, emitPixels } from './labels.js';
import { emitSigmoids } from './sigmoids.js';

// The maps of RMI are pooled over whole images, [N, C, H, W], so each pass over them counts. Labels are pooled without a
// one-hot map, by adding each pixel to its square. The gradient of pooling enlarges by copying rows; a transposed
// convolution takes ten times as long.

/** Squares of `pool` × `pool` pixels over an image that zeros surround, `pool / 2` wide: how they lie along one side. */
interface Side {
  /** The number of squares. */
  readonly count: number;
  /** The square of each pixel. Pixels at the end that no square reaches have `count`. */
  readonly squares: readonly number[];
}

function sideOf(pixels: number, pool: number): Side {
  const margin = pool >> 1;
  const count = Math.floor((pixels + 2 * margin - pool) / pool) + 1;
  const squares = Array.from({ length: pixels }, (_, i) => Math.min(Math.floor((i + margin) / pool), count));
  return { count, squares };
}

/** The height and width of the maps that pooling leaves of an image; less than 1 if it is too small for one square. */
function pooledSides(height: number, width: number, pool: number): [number, number] {
  return [sideOf(height, pool).count, sideOf(width, pool).count];
}

interface Pooling {
  readonly pool: number;
}

type Sides = readonly [n: number, classes: number, height: number, width: number];

/** Calls a function with every pixel of maps [N, C, H, W], its row and column, and its pooled pixel, if it has one. */
function eachPixel(
  [n, classes, height, width]: Sides,
  pool: number,
  call: (pixel: number, pooled: number | undefined) => void,
): void {
  const [rows, columns] = [sideOf(height, pool), sideOf(width, pool)];
  for (let map = 0; map < n * classes; map++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [row, column] = [rows.squares[y]!, columns.squares[x]!];
        const isIn = row < rows.count && column < columns.count;
        const pooled = isIn ? (map * rows.count + row) * columns.count + column : undefined;
        call((map * height + y) * width + x, pooled);
      }
    }
  }
}

const pooledLabelsOperator: Operator<Pooling & { readonly classes: number }> = {
  name: 'pooledLabels',
  shape: ([labels], { classes, pool }) => {
    const [n, height, width] = staticShape('pooledLabels', labels!) as [number, number, number];
    return { shape: [n, classes, ...pooledSides(height, width, pool)], dtype: 'float32' };
  },
  reference([labels], { classes, pool }, output) {
    const [n, height, width] = labels!.shape as [number, number, number];
    const result = new Float64Array(output.reduce((a, b) => a * b, 1));
    const area = height * width;
    eachPixel([n, classes, height, width], pool, (pixel, pooled) => {
      const [map, place] = [Math.floor(pixel / area), pixel % area];
      const isLabel = labels!.data[Math.floor(map / classes) * area + place] === map % classes;
      if (pooled !== undefined && isLabel) result[pooled]! += 1 / pool ** 2;
    });
    return result;
  },
  gradient: 'none',
  onnx(emitter, [labels], { inputs: [map], attributes: { classes, pool }, shape }) {
    const [n, height, width] = map!.shape as [number, number, number];
    const [, , rows, columns] = shape as Sides;
    const area = rows * columns;
    const [vertical, horizontal] = [sideOf(height, pool), sideOf(width, pool)];
    // Void goes to a map of its own behind those of the classes: index −1 counts from the end.
    const index = classIndex(emitter, labels!, -1, classes);
    const firsts = emitter.node('Mul', [index, int32(emitter, [area], [])]);
    const row = vertical.squares.map((square) => Math.min(square, rows - 1) * columns);
    const column = horizontal.squares.map((square) => Math.min(square, columns - 1));
    const places = emitter.node('Add', [
      emitter.node('Add', [firsts, int32(emitter, row, [height, 1])]),
      int32(emitter, column, [width]),
    ]);
    // Pixels that no square reaches add nothing.
    const within = ({ squares, count }: Side) => squares.map((square) => Number(square < count) / pool);
    const shares = emitter.node('Mul', [
      emitter.float(within(vertical), [height, 1]),
      emitter.float(within(horizontal), [width]),
    ]);
    const pixels = emitter.ints([n, height * width]);
    const flat = (value: string) => emitter.node('Reshape', [value, pixels]);
    const sums = emitter.node(
      'ScatterElements',
      [
        emitter.node('ConstantOfShape', [emitter.ints([n, (classes + 1) * area])]),
        flat(places),
        flat(emitter.node('Expand', [shares, emitter.ints([n, height, width])])),
      ],
      { axis: 1, reduction: 'add' },
    );
    const maps = emitter.node('Reshape', [sums, emitter.ints([n, classes + 1, rows, columns])]);
    return emitter.node('Slice', [maps, emitter.ints([0]), emitter.ints([classes]), emitter.ints([1])]);
  },
};

function int32(emitter: OnnxEmitter, values: readonly number[], shape: readonly number[]): string {
  return emitter.constant({ dtype: 'int32', shape, data: Int32Array.from(values) });
}

/**
 * The share of each class among the pixels of each square, where void and the zeros around the image are pixels without
 * a class: the average pooling of the one-hot labels.
 *
 * @param labels [N, H, W]
 * @returns [N, classes, H′, W′]; see {@link pooledSides}
 */
export function pooledLabels(labels: Tensor, classes: number, pool: number): Tensor {
  return apply(pooledLabelsOperator, [labels], { classes, pool });
}

const sigmoidOf = (x: number) => 1 / (1 + Math.exp(-x));

const pooledProbabilitiesOperator: Operator<Pooling> = {
  name: 'pooledProbabilities',
  shape: ([logits], { pool }) => {
    const [n, classes, height, width] = staticShape('pooledProbabilities', logits!) as unknown as Sides;
    return { shape: [n, classes, ...pooledSides(height, width, pool)], dtype: 'float32' };
  },
  reference([logits, valid], { pool }, output) {
    const result = new Float64Array(output.reduce((a, b) => a * b, 1));
    const shape = logits!.shape as unknown as Sides;
    const known = knownPixels(shape, valid!.data);
    eachPixel(shape, pool, (pixel, pooled) => {
      if (pooled !== undefined)
        result[pooled]! += (known(pixel) * sigmoidOf(logits!.data[pixel]!)) / pool ** 2;
    });
    return result;
  },
  gradient: 'none',
  onnx(emitter, [logits, valid], { inputs: [map], attributes: { pool }, shape }) {
    const present = emitSigmoids(emitter, logits!, valid);
    const [n, classes, height, width] = map!.shape as unknown as Sides;
    const [rows, columns] = [sideOf(height, pool), sideOf(width, pool)];
    const blocks = blocksOf(width, pool);
    const margin = pool >> 1;
    if (blocks === undefined) {
      return emitter.node('AveragePool', [present], {
        kernel_shape: [pool, pool],
        strides: [pool, pool],
        pads: [margin, margin, margin, margin],
        count_include_pad: 1,
      });
    }
    const { length, each, count } = blocks;
    const reshaped = (x: string, sides: readonly number[]) =>
      emitter.node('Reshape', [x, emitter.ints(sides)]);
    const inBlocks = emitter.node('MatMul', [
      reshaped(present, [n * classes * height * count, length]),
      emitter.float(
        matrixOf(length, each, (pixel, square) => Number(blocks.squareOf(pixel) === square) / pool),
        [length, each],
      ),
    ]);
    // A negative number of rows at the end takes away those that no square reaches.
    const padded = emitter.node('Pad', [
      reshaped(inBlocks, [n * classes, height, count * each]),
      emitter.ints([0, margin, 0, 0, rows.count * pool - margin - height, 0]),
    ]);
    const summed = emitter.node(
      'ReduceSum',
      [reshaped(padded, [n * classes * rows.count, pool, count * each]), emitter.ints([1])],
      { keepdims: 0 },
    );
    const squares = emitter.float(
      matrixOf(count * each, columns.count, (one, square) => Number(blocks.place(one) === square) / pool),
      [count * each, columns.count],
    );
    return emitter.node('Reshape', [emitter.node('MatMul', [summed, squares]), emitter.sides(shape)]);
  },
};

/**
 * Blocks of pixels along a row, each a whole number of squares long. A product of a block and a small matrix sums up the pixels of its
 * squares, the last of which goes on in the next block. ONNX Runtime's AveragePool takes twice as long as such
 * products, and its products with a matrix for whole rows take longer still.
 */
interface Blocks {
  /** Pixels in a block. */
  readonly length: number;
  /** Squares that a block reaches. */
  readonly each: number;
  /** Blocks in a row. */
  readonly count: number;
  /** The square of a pixel, both counted from the beginning of their block. */
  squareOf(pixel: number): number;
  /** The square of a row that is that square of a block. */
  place(square: number): number;
}

/** As many squares as a block may reach: what a product computes at a time. */
const MOST_SQUARES = 16;

/** The longest blocks that a row divides into; undefined if it does not. */
function blocksOf(width: number, pool: number): Blocks | undefined {
  const margin = pool >> 1;
  for (let squares = MOST_SQUARES - 1; pool > 1 && squares > 1; squares--) {
    const length = squares * pool;
    if (width % length !== 0) continue;
    const each = squares + 1;
    return {
      length,
      each,
      count: width / length,
      squareOf: (pixel) => Math.floor((pixel + margin) / pool),
      place: (square) => Math.floor(square / each) * squares + (square % each),
    };
  }
  return undefined;
}

function matrixOf(rows: number, columns: number, at: (row: number, column: number) => number): number[] {
  return Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns));
}

const carrierOperator: Operator<Pooling> = {
  name: 'regionCarrier',
  shape: () => ({ shape: [], dtype: 'float32' }),
  reference: () => Float64Array.of(0),
  gradient: (g, { inputs: [logits, labels, valid, weight, pooled], attributes }) => [
    apply(gradientOperator, [logits!, labels!, valid!, mul(weight!, g), mul(pooled!, g)], attributes),
    null,
    null,
    null,
    null,
  ],
  onnx: (emitter) => emitter.node('Identity', [emitter.float(0)]),
};

/** a · (σ(x) − one-hot) + b / pool² · σ(x) · (1 − σ(x)), with one a and with b for each pooled pixel; 0 at void. */
const gradientOperator: Operator<Pooling> = {
  name: 'regionGradient',
  shape: ([logits]) => logits!,
  reference([logits, labels, valid, weight, pooled], { pool }) {
    const result = new Float64Array(logits!.data.length);
    const shape = logits!.shape as unknown as Sides;
    const [, classes, height, width] = shape;
    const area = height * width;
    const known = knownPixels(shape, valid!.data);
    eachPixel(shape, pool, (pixel, square) => {
      const p = sigmoidOf(logits!.data[pixel]!);
      const [map, place] = [Math.floor(pixel / area), pixel % area];
      const own = Math.floor(map / classes) * area + place;
      const isLabel = labels!.data[own] === map % classes;
      const ofSquare = square === undefined ? 0 : (pooled!.data[square]! * p * (1 - p)) / pool ** 2;
      result[pixel] = known(pixel) * (weight!.data[0]! * (p - Number(isLabel)) + ofSquare);
    });
    return result;
  },
  gradient: 'none',
  // σ · (a + b / pool² − σ · b / pool²), less a at the label. Where void is, σ is 0 here.
  onnx(emitter, [logits, labels, valid, weight, pooled], { inputs: operands, attributes: { pool }, shape }) {
    const { copies, shaped } = emitSpread(emitter, pooled!, shape as Sides, pool);
    const present = emitter.node('Reshape', [emitSigmoids(emitter, logits!, valid), shaped]);
    const most = emitter.node('Add', [copies, weight!]);
    const slope = emitter.node('Sub', [most, emitter.node('Mul', [present, copies])]);
    const whole = emitter.node('Mul', [slope, present]);
    const amounts = emitter.node('Mul', [valid!, weight!]);
    return emitPixels(emitter, [logits!, labels!], operands).lessAtLabel(whole, amounts);
  },
};

/**
 * Each pooled value / pool² at the pixels of its square: copies for some rows of pixels at a time, and the shape in which they fit
 * maps [N, C, H, W].
 */
function emitSpread(
  emitter: OnnxEmitter,
  pooled: string,
  [n, classes, height, width]: Sides,
  pool: number,
): { copies: string; shaped: string } {
  const [rows, columns] = [sideOf(height, pool), sideOf(width, pool)];
  // Rows are copied whole, which is fast. Single numbers are not: products with matrices of zeros and shares are faster.
  const times = (x: string, from: number, to: number, at: (row: number, column: number) => number) =>
    emitter.node('MatMul', [x, emitter.float(matrixOf(from, to, at), [from, to])]);
  const blocks = blocksOf(width, pool);
  let spread: string;
  if (blocks === undefined) {
    const share = (square: number, pixel: number) => Number(columns.squares[pixel] === square) / pool ** 2;
    spread = times(pooled, columns.count, width, share);
  } else {
    const { length, each, count } = blocks;
    const ofBlocks = times(pooled, columns.count, count * each, (square, one) =>
      Number(blocks.place(one) === square),
    );
    const flat = emitter.node('Reshape', [ofBlocks, emitter.ints([n * classes * rows.count * count, each])]);
    const share = (square: number, pixel: number) => Number(blocks.squareOf(pixel) === square) / pool ** 2;
    const pixels = times(flat, each, length, share);
    spread = emitter.node('Reshape', [pixels, emitter.ints([n, classes, rows.count, width])]);
  }
  if (rows.squares.includes(rows.count)) {
    // A row of zeros for the pixels that no square reaches.
    spread = emitter.node('Pad', [spread, emitter.ints([0, 0, 0, 0, 0, 0, 1, 0])]);
  }
  // As many rows of pixels as always lie in the same square share one copy of its row.
  const together = pool % 4 === 0 && height % 2 === 0 ? 2 : 1;
  const own = rows.squares.filter((_, row) => row % together === 0);
  const copies = emitter.node('Gather', [spread, int32(emitter, own, [own.length])], { axis: 2 });
  const sides = (each: number) => emitter.ints([n * classes, own.length, each, width]);
  return { copies: emitter.node('Reshape', [copies, sides(1)]), shaped: sides(together) };
}

/** Whether a pixel of maps [N, C, H, W] is labelled, from [N, 1, H, W]. */
function knownPixels([, classes, height, width]: Sides, valid: ArrayLike<number>) {
  const area = height * width;
  return (pixel: number) => valid[Math.floor(pixel / (classes * area)) * area + (pixel % area)]!;
}

/**
 * The mean of σ(logits) over each square, without a gradient, where void pixels and the zeros around the image count as 0 and the others get
 * `floor` added.
 *
 * @param logits [N, C, H, W], sides that are numbers
 * @param valid [N, 1, H, W]: 1 for labelled pixels, 0 for void
 * @returns [N, C, H′, W′]; see {@link pooledSides}
 */
export function pooledProbabilities(logits: Tensor, valid: Tensor, pool: number, floor: number): Tensor {
  const [, , height, width] = staticShape('pooledProbabilities', logits) as unknown as Sides;
  const [rows, columns] = pooledSides(height, width, pool);
  const floors = new Array<number>(rows * columns).fill(0);
  eachPixel([1, 1, height, width], pool, (_, pooled) => {
    if (pooled !== undefined) floors[pooled]! += floor / pool ** 2;
  });
  return add(
    apply(pooledProbabilitiesOperator, [logits, valid], { pool }),
    constant(floors, [1, 1, rows, columns]),
  );
}

/** Gradients of a loss that are known: those of sigmoid cross-entropy, weighted, and those of {@link pooledProbabilities}. */
export interface RegionGradients {
  readonly labels: Tensor;
  /** [N, 1, H, W]: 1 for labelled pixels, 0 for void. */
  readonly valid: Tensor;
  /** The weight of each labelled pixel in the sigmoid cross-entropy, a scalar. */
  readonly weight: Tensor;
  /** [N, C, H′, W′] */
  readonly pooled: Tensor;
  readonly pool: number;
}

/**
 * A scalar 0 whose gradient with respect to the logits is the sum of both. Computed apart, they would take twice as many passes over
 * all classes of all pixels.
 */
export function regionCarrier(
  logits: Tensor,
  { labels, valid, weight, pooled, pool }: RegionGradients,
): Tensor {
  const known = [labels, valid, weight, pooled].map(stopGradient);
  return apply(carrierOperator, [logits, ...known], { pool });
}
