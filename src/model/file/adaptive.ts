import { z } from 'zod';
import { isRecord } from '../../base/errors/index.js';

const finite = z.number().refine(Number.isFinite);

/** How doubtful a cell is: whether, or how likely, the highest scale changes its label. */
const gateSchema = z.discriminatedUnion('kind', [
  /** 1 where `known · margin ≤ open · delta`, else 0. */
  z.strictObject({ kind: z.literal('margin'), delta: z.number().positive() }),
  /** A logistic regression on what is known of the label, times what a change of this label is worth. */
  z.strictObject({
    kind: z.literal('fitted'),
    bias: finite,
    open: finite,
    entropy: finite,
    margin: finite,
    /** For each class of the model; 1 on average. */
    worth: z.array(z.number().min(0)).min(1).max(256),
  }),
]);

const pointSchema = z.strictObject({
  /** A block is computed if the mean doubt of its cells is this or more. */
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
  /** The side of a block, in pixels at the highest scale. */
  block: z.int().min(1).max(4096),
  /** Where the lower scales are in doubt. */
  gate: gateSchema,
  /** From threshold 0, with which everything is computed, upwards. */
  curve: z
    .array(pointSchema)
    .min(1)
    .max(100)
    .refine(([first]) => first?.threshold === 0, 'a curve that begins with threshold 0'),
  /** Points of mean IoU that may be lost where nothing else is said. */
  loss: z.number().min(0).max(100),
});

/**
 * The version of calibrations. One of another version means other things by its numbers, so it is not used: a new meaning of a
 * key, not only a new key, takes the next number. Version 1 left out whole tiles of the highest scale.
 */
export const ADAPTIVE_VERSION = 2;

/** The calibrations of another version are unknown, so none of them are read. */
function withoutForeign(value: unknown): unknown {
  if (!isRecord(value) || !Number.isInteger(value.version)) return value;
  return value.version === ADAPTIVE_VERSION ? value : { version: value.version, ways: [] };
}

/** Calibrations of computation that follows attention, one for each list of scales; none of another version. */
export const adaptiveSchema = z.preprocess(
  withoutForeign,
  z.strictObject({ version: z.int().min(1), ways: z.array(waySchema).max(32) }),
);

export type Gate = z.infer<typeof gateSchema>;
export type AdaptivePoint = z.infer<typeof pointSchema>;
export type AdaptiveWay = z.infer<typeof waySchema>;
export type Adaptive = z.infer<typeof adaptiveSchema>;
