import { z } from 'zod';

const finite = z.number().refine(Number.isFinite);

/** A share that a gate gives a cell: how likely a finer scale changes its label. */
const gateSchema = z.discriminatedUnion('kind', [
  /** 1 where `known · margin ≤ open · delta`, else 0. */
  z.strictObject({ kind: z.literal('margin'), delta: z.number().positive() }),
  /** A logistic regression on what is known of the label. */
  z.strictObject({ kind: z.literal('fitted'), bias: finite, open: finite, entropy: finite, margin: finite }),
]);

const pointSchema = z.strictObject({
  /** A block is computed if this share of its cells, or more, is in doubt. */
  threshold: z.number().min(0),
  /** Points of mean IoU that it lost on the calibration images; below 0 if it gained. */
  loss: finite,
  /** The multiply-adds that it took, as a share of all. */
  work: z.number().min(0).max(10),
});

const waySchema = z.strictObject({
  /** Highest first. */
  scales: z.array(z.number().positive()).min(2).max(16),
  combine: z.enum(['hierarchical', 'average', 'max']),
  /** Pixels, at the finer scale, that are computed around what is needed. */
  halo: z.int().min(0).max(4096),
  /** For each scale but the lowest, highest first: where the lower ones are in doubt. */
  gates: z.array(gateSchema).min(1).max(15),
  /**
   * For each scale but the lowest, what its averages over the image are above those of the lowest, by name: the mean of the
   * calibration images. Missing where nothing is averaged.
   */
  averages: z
    .array(z.record(z.string().max(500), z.array(finite).max(65_536)))
    .max(15)
    .exactOptional(),
  /** From threshold 0, with which everything is computed, upwards. */
  curve: z
    .array(pointSchema)
    .min(1)
    .max(100)
    .refine(([first]) => first?.threshold === 0, 'a curve that begins with threshold 0'),
  /** Points of mean IoU that may be lost where nothing else is said. */
  loss: z.number().min(0).max(100),
});

/** Calibrations of computation that follows attention, one for each list of scales. */
export const adaptiveSchema = z.strictObject({
  version: z.literal(1),
  ways: z
    .array(
      waySchema.refine(({ scales, gates }) => gates.length === scales.length - 1, 'a gate for each step'),
    )
    .max(32),
});

export type Gate = z.infer<typeof gateSchema>;
export type AdaptivePoint = z.infer<typeof pointSchema>;
export type AdaptiveWay = z.infer<typeof waySchema>;
export type Adaptive = z.infer<typeof adaptiveSchema>;
