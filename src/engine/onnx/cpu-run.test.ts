import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { arch, join, mkdtemp, readdir, readFile, rm, tmpdir } from '../../../tests/support/node.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { elementCount, float32 } from '../../base/arrays.js';
import { evaluateDim, input, isVariable, reachable, symbol, type Tensor, variable } from '../graph/index.js';
import {
  add,
  addAll,
  concat,
  conv2d,
  globalAveragePool,
  maxPool2d,
  relu,
  resizeLike,
  sigmoid,
} from '../ops/index.js';
import { cpuRun, runBytes } from './cpu-run.js';
import { lower } from './lower.js';

const image = input('image', [1, 3, symbol('H'), symbol('W')]);
const weight = (out: number, read: number) => variable(`w${out}·${read}`, [out, read, 1, 1]);
const sides = new Map([
  ['H', 100],
  ['W', 100],
]);
const plane = 4 * 100 * 100;
/** Whether ONNX Runtime's CPU convolves blocks of channels here. */
const hasBlocks = arch() === 'x64';

test('channels fill whole blocks, and additions and activations are computed within convolutions', () => {
  const first = conv2d(image, weight(20, 3));
  const sum = relu(add(conv2d(relu(first), weight(20, 20)), first));
  // 20 channels are 24 in blocks: the first convolution, its activation and the sum; then they are taken out of the blocks.
  expect(runBytes(cpuRun([sum]), sides).alive).toBe(3 * 24 * plane);
  expect(cpuRun([sum]).steps).toHaveLength(4);
});

test('channels that are no multiple of four are not convolved in blocks', () => {
  const first = relu(conv2d(image, weight(18, 3)));
  const { steps } = cpuRun([conv2d(first, weight(18, 18))]);
  expect(steps.map(({ blocks }) => blocks)).toEqual([24, undefined, undefined]);
});

test('behind a large block, runs take their memory in one region', () => {
  let x: Tensor = image;
  for (let i = 0; i < 4; i++) x = relu(conv2d(x, weight(64, i === 0 ? 3 : 64)));
  const run = cpuRun([x]);
  const { alive, taken } = runBytes(run, sides);
  expect(taken).toBeGreaterThanOrEqual(alive);
  expect(alive).toBeLessThan(2 ** 24);
  expect(runBytes(run, sides, 2 ** 24).taken).toBe(2 ** 24);
});

/** A convolution with a bias, whose weights are random. */
function convolve(x: Tensor, out: number, { size = 1, stride = 1 } = {}): Tensor {
  const read = x.shape[1] as number;
  const name = `${out} of ${read}, ${size}, ${stride}, ${x.order}`;
  const kernel = variable(`${name}, weight`, [out, read, size, size]);
  return conv2d(x, kernel, { stride, padding: (size - 1) / 2, bias: variable(`${name}, bias`, [out]) });
}

/** As in ResNet: a shortcut that is convolved too. */
function residual(x: Tensor, out: number, stride: number): Tensor {
  const inner = relu(convolve(relu(convolve(x, 16)), 16, { size: 3, stride }));
  return relu(add(convolve(inner, out), convolve(x, out, { stride })));
}

/** Tensors of fewer elements, as those of an averaged image, are left out. */
const SMALL = 100;

/** How many elements ONNX Runtime's kernels make, one after the other. */
async function madeByKernels(y: Tensor, side: number): Promise<number[]> {
  const weights = reachable([y]).filter(isVariable);
  const constants = new Map(
    weights.map(({ attributes: { name, shape } }, i) => {
      const sides = shape as number[];
      return [name, float32(Float32Array.from(randomArray(elementCount(sides), i)), sides)];
    }),
  );
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-kernels-'));
  const profile = { enableProfiling: true, profileFilePrefix: join(folder, 'profile') };
  const session = await ort.InferenceSession.create(lower({ outputs: { y }, constants }), profile);
  await session.run({
    image: new ort.Tensor('float32', new Float32Array(3 * side ** 2), [1, 3, side, side]),
  });
  session.endProfiling();
  const [file] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file!), 'utf8')) as {
    name: string;
    args?: { op_name?: string; output_type_shape?: { float?: number[] }[] };
  }[];
  await session.release();
  await rm(folder, { recursive: true });
  return events
    .filter(({ name, args }) => name.endsWith('_kernel_time') && args?.op_name !== 'Reshape')
    .map(({ args }) => elementCount(args?.output_type_shape?.[0]?.float ?? [0]))
    .filter((count) => count >= SMALL);
}

function predicted(y: Tensor, side: number): number[] {
  const symbols = new Map([
    ['H', side],
    ['W', side],
  ]);
  return cpuRun([y])
    .steps.map(({ tensor: { shape }, blocks }) => {
      const sides = shape.map((each) => evaluateDim(each, symbols));
      return elementCount(blocks === undefined ? sides : sides.with(1, blocks));
    })
    .filter((count) => count >= SMALL);
}

// With numbers of channels that are the same in blocks of 8 and of 16. Other processors know no blocks. No kernel here reads two tensors
// that leave their blocks for it: which one leaves first is different from session to session.
test.runIf(hasBlocks)('kernels run in the order of ONNX Runtime', async () => {
  const stem = maxPool2d(relu(convolve(image, 16, { size: 3, stride: 2 })), {
    kernel: 3,
    stride: 2,
    padding: 1,
  });
  const early = residual(stem, 32, 1);
  const late = residual(residual(early, 64, 2), 64, 1);
  const pooled = relu(convolve(globalAveragePool(late), 32));
  const context = relu(addAll([convolve(late, 32), pooled]));
  const joined = concat([relu(convolve(context, 32)), relu(convolve(late, 32, { size: 3 }))], 1);
  const narrow = resizeLike(relu(convolve(joined, 18)), early);
  // 18 channels are not convolved in blocks, so what is added to them leaves its blocks.
  const sum = relu(add(convolve(narrow, 32), relu(convolve(early, 32))));
  const y = sigmoid(resizeLike(convolve(concat([sum, relu(convolve(sum, 16))], 1), 16), image));
  expect(predicted(y, 70)).toEqual(await madeByKernels(y, 70));
});
