import type { Tensor } from '../../../src/engine/graph/index.js';
import * as ops from '../../../src/engine/ops/index.js';
import * as losses from '../../../src/training/losses/index.js';
import { type Draft, sidesOf } from '../draft.js';
import type { Move } from './move.js';

/** A label map [N, H, W]: classes, void above them, and below them in types with a sign. */
function labelMap(draft: Draft, shape: readonly number[], classes: number): Tensor {
  const dtype = draft.choices.pick(['uint8', 'int32', 'int64'] as const);
  const low = dtype === 'uint8' ? 0 : -2;
  return draft.leaf(shape, { dtype, low, high: classes + 2 });
}

function scoresAndLabels(draft: Draft): { x: Tensor; classes: number; labels: Tensor } {
  const x = draft.float(4, 4);
  const [n, classes, height, width] = sidesOf(x) as [number, number, number, number];
  return { x, classes, labels: labelMap(draft, [n, height, width], classes) };
}

const overAxis =
  (operator: (x: Tensor, axis: number) => Tensor): Move =>
  (draft) => {
    const x = draft.float(1);
    return operator(x, draft.choices.int(-x.shape.length, x.shape.length - 1));
  };

export const labelMoves = {
  softmax: overAxis(ops.softmax),
  logSoftmax: overAxis(ops.logSoftmax),
  argmax: overAxis(ops.argmax),
  oneHot: (draft) => {
    const { labels } = scoresAndLabels(draft);
    const classes = draft.choices.int(1, 4);
    return draft.fits([...sidesOf(labels), classes]) ? ops.oneHot(labels, classes) : undefined;
  },
  notIgnored: (draft) => ops.notIgnored(scoresAndLabels(draft).labels, draft.choices.int(1, 4)),
  gatherClass: (draft) => {
    const { x, labels } = scoresAndLabels(draft);
    return ops.gatherClass(x, labels);
  },
  crossEntropy: (draft) => {
    const { x, labels, classes } = scoresAndLabels(draft);
    const classWeights = Array.from({ length: classes }, (_, k) => 0.5 + k / 4);
    return losses.crossEntropy(x, labels, draft.choices.flag() ? { classWeights } : {});
  },
  pixelAccuracy: (draft) => {
    const { x, labels } = scoresAndLabels(draft);
    return losses.pixelAccuracy(x, labels);
  },
} satisfies Record<string, Move>;
