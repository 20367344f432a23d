import { z } from 'zod';
import type { OwnBytes } from '../base/arrays.js';
import { checkArgument, HmsaError, isObject, isRecord } from '../base/errors/index.js';
import { checkNamed } from '../base/schema/index.js';
import type { Tensor } from '../engine/graph/index.js';
import type { Model } from '../model/file/index.js';
import {
  COMBINATIONS,
  type Combination,
  checkedScales,
  leastSide,
  type ModelConfig,
  smallSideRemedy,
} from '../model/index.js';
import { compileModel } from './compile-model.js';
import { inferenceOutputs } from './inference-graph.js';
import { checkExportedSize } from './memory.js';

/** What an exported file computes: `labels` and `logits` are those alone, `all` is both and each scale's own. */
export type ExportedOutputs = 'labels' | 'logits' | 'all';
export const exportedOutputs = ['labels', 'logits', 'all'] as const satisfies readonly ExportedOutputs[];

/** Options of {@link exportOnnx}. */
export interface OnnxExportOptions {
  /** Scales of the image; default: those that the model was trained on. */
  readonly scales?: readonly number[];
  /** Default `hierarchical`. */
  readonly combine?: Combination;
  /** Height and width in pixels, for a file of one size; default: a file for images of any size. */
  readonly size?: readonly [height: number, width: number];
  /** Default `labels`. */
  readonly outputs?: ExportedOutputs;
  /** The version of hmsa that makes the file. */
  readonly version?: string;
  /** Further entries of the metadata, by key: where the model comes from. */
  readonly provenance?: Readonly<Record<string, string>>;
}

/** The longest side of a file of one size, in pixels. */
const LONGEST_SIDE = 65_536;

const side = z.int().min(1).max(LONGEST_SIDE);
const shape = {
  size: z.tuple([side, side]).readonly().optional(),
  outputs: z.enum(exportedOutputs).optional(),
  combine: z.enum(COMBINATIONS).optional(),
  version: z.string().max(100).optional(),
  provenance: z.record(z.string(), z.string()).optional(),
};

/**
 * The whole multi-scale model as one ONNX file that needs nothing else: resizing, the network at every scale, attention,
 * combination and argmax, with the weights inside. Equal models and options give equal bytes.
 *
 * Its input and outputs are those of {@link inferenceGraph}. Its metadata (`metadata_props`) are texts, most of them JSON:
 * `classes` (name and colour by label), `input`, `mean`, `deviation`, `scales`, `combine`, `image_size`, `smallest_side`,
 * `outputs`, `config`, and the provenance.
 *
 * It does not reduce large images as {@link Segmenter} does; `image_size` tells at what size the model has seen its training
 * photographs.
 *
 * @throws HmsaError when the scales do not fit the model or the combination, or the size is too small or too large for them
 */
export function exportOnnx(model: Model, options: OnnxExportOptions = {}): OwnBytes {
  const isModel = isRecord(model) && isObject(model.config) && isObject(model.classes);
  checkArgument(
    isModel && model.weights instanceof Map,
    'exportOnnx',
    'a model, as decodeModel gives it',
    model,
  );
  checkNamed(shape, options, 'exportOnnx');
  const { config, classes, imageSize, weights, quantization } = model;
  const { size, outputs = 'labels', version, provenance = {} } = options;
  const { combine = 'hierarchical' } = options;
  const scales = checkedScales(config, { scales: options.scales ?? config.scales, combine });
  const least = leastSide(config, scales);
  if (size !== undefined) {
    checkSide(size, least, config, scales);
    checkExportedSize({ width: size[1], height: size[0] }, config.classes, Math.max(...scales));
  }
  const tensors = inferenceOutputs(config, {
    scales,
    combine,
    labels: outputs !== 'logits',
    logits: outputs !== 'labels',
    details: outputs === 'all',
    ...(size === undefined ? {} : { size }),
  });
  const { ids } = classes;
  const metadata = {
    ...provenance,
    classes: JSON.stringify(
      classes.names.map((name, label) => ({
        label,
        name,
        color: classes.colors[label],
        ...(ids === undefined ? {} : { id: ids[label] }),
      })),
    ),
    input: `image: uint8 [1, H, W, 3], RGB, 0 to 255. The file normalises it: (value - mean) / deviation.`,
    mean: JSON.stringify(config.mean),
    deviation: JSON.stringify(config.deviation),
    scales: JSON.stringify(scales),
    combine,
    outputs: JSON.stringify(outputNotes(tensors, config, combine)),
    ...(imageSize === undefined ? {} : { image_size: JSON.stringify([imageSize.height, imageSize.width]) }),
    smallest_side: String(least),
    config: JSON.stringify(config),
  };
  const seen =
    scales.length === 1 ? `scale ${scales[0]}` : `scales ${scales.join(', ')}, combined by ${combine}`;
  const description = `Semantic segmentation, made by hmsa: ${classes.names.length} classes, ${seen}.`;
  const notes = { description, metadata, ...(version === undefined ? {} : { version }) };
  // Nobody knows on which processor the file will run, and uint8 is exact on each.
  const computed = { weights, ...(quantization && { quantization, weightType: 'uint8' as const }) };
  return compileModel(computed, tensors, notes);
}

/** What each output is, by name. */
function outputNotes(
  tensors: Readonly<Record<string, Tensor>>,
  { classes }: ModelConfig,
  combine: Combination,
): Record<string, string> {
  const scores = combine === 'max' ? 'the highest probability of all scales' : 'scores before the softmax';
  const noteOf = (name: string) => {
    const [kind, scale] = name.split('@');
    if (kind === 'attention') return `float32 [1, H, W]: the attention of scale ${scale}, 0 to 1`;
    if (kind === 'logits') return `float32 [1, ${classes}, H, W]: ${scores}`;
    const of = scale === undefined ? 'all scales together' : `scale ${scale} alone`;
    return `uint8 [1, H, W]: the label of ${of}`;
  };
  return Object.fromEntries(Object.keys(tensors).map((name) => [name, noteOf(name)]));
}

function checkSide(
  size: readonly [number, number],
  least: number,
  config: ModelConfig,
  scales: readonly number[],
): void {
  if (Math.min(...size) >= least) return;
  throw new HmsaError({
    operation: 'size',
    expected: `at least ${least} pixels on each side for scale ${Math.min(...scales)}`,
    received: `a height of ${size[0]} and a width of ${size[1]}`,
    remedy: smallSideRemedy('Export for larger images', config, scales, Math.min(...size)),
  });
}
