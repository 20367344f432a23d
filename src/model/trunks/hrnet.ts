import { z } from 'zod';
import type { Tensor } from '../../engine/graph/index.js';
import { add, concat, type ResizeOptions, relu, resizeLike } from '../../engine/ops/index.js';
import {
  type Activation,
  batchNorm,
  convolution,
  convolutionNormActivation,
  type Scope,
} from '../layers/index.js';
import { bottleneck } from './resnet.js';
import type { Feature, Trunk } from './trunk.js';

const schema = z.strictObject({
  name: z.literal('hrnetv2'),
  width: z
    .int()
    .min(4)
    .max(128)
    .describe('Channels of the finest branch; each coarser one has twice as many. 18 and 48 are published.'),
  alignCorners: z
    .boolean()
    .exactOptional()
    .describe(
      'Whether coarser branches are enlarged with corner pixels aligned, as the code of HRNet-OCR does; default false, ' +
        "as NVIDIA's code does.",
    ),
});

export type HrNetV2Config = z.infer<typeof schema>;

/** Modules of the stages of two, three and four branches, and blocks of a branch in each module. */
const MODULES = [1, 4, 3];
const BLOCKS = 4;
/** Image pixels for one cell of the coarsest branch. */
const COARSEST = 32;
/** Cells along a side below which 3×3 convolutions read mostly padding. */
const FEW_CELLS = 4;

/**
 * HRNetV2 (Wang et al. 2020, arXiv 1908.07919): branches at strides 4, 8, 16 and 32 that exchange what they see after
 * every module. Its one feature is all four of them, enlarged to stride 4 and joined: 15 · width channels. Names are
 * those of the authors' code, `stage2.0.branches.0.0.conv1.…`.
 */
export const hrNetV2: Trunk<HrNetV2Config> & { readonly schema: typeof schema } = {
  name: 'hrnetv2',
  schema,
  smallestSide: () => COARSEST,
  standard: { name: 'hrnetv2', width: 18 },
  doubts,
  build,
  pretrained: { source: "HRNet's own code", example: 'stage2.0.branches.0.0.conv1.weight' },
};

function build(scope: Scope, image: Tensor, { width, alignCorners = false }: HrNetV2Config): Feature[] {
  const layer = (place: readonly [Scope, Scope], x: Tensor, out: number, stride: number) =>
    convolutionNormActivation(place, x, { out, kernel: 3, stride }, 'relu');
  let x = layer([scope.child('conv1'), scope.child('bn1')], image, 64, 2);
  x = layer([scope.child('conv2'), scope.child('bn2')], x, 64, 2);
  for (let block = 0; block < BLOCKS; block++) {
    const options = { inner: 64, stride: 1, dilation: 1, project: block === 0 };
    x = bottleneck(scope.child('layer1').child(block), x, options);
  }
  let branches: readonly Tensor[] = [x];
  MODULES.forEach((modules, i) => {
    const [stage, count] = [i + 2, i + 2];
    const widths = Array.from({ length: count }, (_, branch) => width * 2 ** branch);
    branches = transition(scope.child(`transition${i + 1}`), branches, widths);
    for (let module = 0; module < modules; module++) {
      branches = exchange(scope.child(`stage${stage}`).child(module), branches, { alignCorners });
    }
  });
  const joined = concat(
    branches.map((branch) => resizeLike(branch, branches[0]!, { alignCorners })),
    1,
  );
  return [{ tensor: joined, stride: 4 }];
}

function doubts(size: readonly [number, number]): string[] {
  const cells = Math.ceil(Math.min(...size) / COARSEST);
  if (cells >= FEW_CELLS) return [];
  return [
    `the coarsest branch of hrnetv2 is ${cells} ${cells === 1 ? 'cell' : 'cells'} along its smaller side, and its convolutions ` +
      `read mostly padding: below ${(FEW_CELLS - 1) * COARSEST + 1} pixels it learns little`,
  ];
}

/** One more branch, from the coarsest before. The first transition changes the width of the finest too. */
function transition(scope: Scope, branches: readonly Tensor[], widths: readonly number[]): Tensor[] {
  return widths.map((out, i) => {
    const place = scope.child(i);
    const existing = branches[i];
    if (existing !== undefined) {
      if (existing.shape[1] === out) return existing;
      return convolutionNormActivation(
        [place.child(0), place.child(1)],
        existing,
        { out, kernel: 3 },
        'relu',
      );
    }
    const inner = place.child(0);
    const reduced = { out, kernel: 3, stride: 2 };
    return convolutionNormActivation([inner.child(0), inner.child(1)], branches.at(-1)!, reduced, 'relu');
  });
}

/** A module: four blocks in each branch, then every branch is the sum of what all of them see. */
function exchange(scope: Scope, branches: readonly Tensor[], resizing: ResizeOptions): Tensor[] {
  const seen = branches.map((branch, i) => {
    let x = branch;
    for (let block = 0; block < BLOCKS; block++)
      x = basicBlock(scope.child('branches').child(i).child(block), x);
    return x;
  });
  return seen.map((target, i) =>
    relu(
      seen
        .map((source, j) =>
          fused(scope.child('fuse_layers').child(i).child(j), source, target, [i, j], resizing),
        )
        .reduce(add),
    ),
  );
}

/** Two 3×3 convolutions beside a shortcut (arXiv 1512.03385). */
function basicBlock(scope: Scope, x: Tensor): Tensor {
  const out = x.shape[1] as number;
  const layer = (index: number, input: Tensor, activation: Activation) =>
    convolutionNormActivation(
      [scope.child(`conv${index}`), scope.child(`bn${index}`)],
      input,
      { out, kernel: 3 },
      activation,
    );
  return relu(add(layer(2, layer(1, x, 'relu'), 'none'), x));
}

/** What branch i takes of branch j: enlarged behind a 1×1 convolution, reduced by strides, or as it is. */
function fused(
  scope: Scope,
  source: Tensor,
  target: Tensor,
  [i, j]: readonly [number, number],
  resizing: ResizeOptions,
): Tensor {
  if (i === j) return source;
  const out = target.shape[1] as number;
  if (j > i)
    return resizeLike(
      batchNorm(scope.child(1), convolution(scope.child(0), source, { out })),
      target,
      resizing,
    );
  let x = source;
  for (let step = 0; step < i - j; step++) {
    const isLast = step === i - j - 1;
    const place = scope.child(step);
    x = convolutionNormActivation(
      [place.child(0), place.child(1)],
      x,
      { out: isLast ? out : (source.shape[1] as number), kernel: 3, stride: 2 },
      isLast ? 'none' : 'relu',
    );
  }
  return x;
}
