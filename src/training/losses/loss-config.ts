import { z } from 'zod';
import type { Plain } from '../../base/schema/index.js';

const lossWeight = z.number().min(0).max(1000);
const share = z.number().min(0).max(1);

/** The loss of a configuration: docs/losses.md has the formulas. */
export const lossSchema = z.strictObject({
  main: z
    .literal(['crossEntropy', 'rmi'])
    .describe(
      'The loss of the combined prediction. `rmi`: region mutual information with sigmoid cross-entropy (Zhao et al. 2019, ' +
        'arXiv 1910.12037); the other terms are then the sigmoid cross-entropy alone.',
    ),
  perScale: lossWeight.describe(
    "Weight of the loss of each scale's own logits, so that no scale starves where its attention is 0.",
  ),
  auxiliary: lossWeight.describe("Weight of the loss of the head's second classifier, where it has one."),
  attention: lossWeight
    .optional()
    .describe(
      'Weight of a loss that tells the attention which scale is right, in the phases `attention` and `joint`: at pixels ' +
        'that the scales label differently, its share for each scale is compared with the probability that the scale ' +
        'gives to the true class. Default: 0, for none.',
    ),
  rmi: z
    .strictObject({
      lambda: share
        .optional()
        .describe(
          'Share of the sigmoid cross-entropy; the rest is the region mutual information. Default 0.5.',
        ),
      radius: z
        .int()
        .min(1)
        .max(5)
        .optional()
        .describe(
          'Side of the square regions, in pooled pixels; default 3. The cost grows with its fourth power.',
        ),
      pool: z
        .int()
        .min(1)
        .max(16)
        .optional()
        .describe('Side of the squares of pixels that are averaged into one before; default 4.'),
    })
    .optional()
    .describe('Of `main` `rmi`: its settings. Default: as published.'),
  imageWeights: z
    .strictObject({
      of: z
        .enum(['image', 'batch'])
        .describe("Whose labelled pixels are counted: each image's own, or those of the whole batch."),
      upperBound: z
        .number()
        .positive()
        .max(1e6)
        .describe('What a class weighs more, at most; 1 in the published code.'),
    })
    .optional()
    .describe(
      'Of `main` `crossEntropy`: class weights from the labels at hand, 1 + upperBound · (1 − the share of the labelled ' +
        "pixels) for each class, as in NVIDIA's code. `classWeights` must be `equal` beside it. Default: none.",
    ),
  hardExamples: z
    .strictObject({
      probability: z
        .number()
        .gt(0)
        .max(1)
        .describe('Pixels whose label has a lower probability than this are hard; 0.7 is usual.'),
      least: share.describe(
        'Share of the labelled pixels of a batch that count in any case, the hardest; 0.0625 is usual.',
      ),
    })
    .optional()
    .describe(
      'Of `main` `crossEntropy`: online hard example mining (Shrivastava et al. 2016, arXiv 1604.03540), the loss of hard ' +
        'pixels alone. Default: all pixels count.',
    ),
  relaxBorders: z
    .strictObject({
      radius: z
        .int()
        .min(1)
        .max(16)
        .describe('How far a border reaches, in pixels: 1 for windows of 3×3, as published.'),
    })
    .optional()
    .describe(
      'Of `main` `crossEntropy`: label relaxation (Zhu et al. 2019, arXiv 1812.01593). Near a border the loss is that of ' +
        'the union of the classes in the window around the pixel. Default: none.',
    ),
});

/** The loss that training minimises: a weighted sum of losses of one kind. */
export type LossConfig = Plain<z.infer<typeof lossSchema>>;
