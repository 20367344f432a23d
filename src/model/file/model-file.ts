import { z } from 'zod';
import type { NdArray, OwnBytes } from '../../base/arrays.js';
import { checkArgument, counted, HmsaError, isObject } from '../../base/errors/index.js';
import { parseJson } from '../../base/json.js';
import { checkSchema } from '../../base/schema/index.js';
import { type ClassMap, type Size, VOID } from '../../data/index.js';
import { dequantizeWeight, type QuantizationPlan, quantizeWeight } from '../../engine/passes/index.js';
import { declareVariables, formerModel, type ModelConfig, modelConfigSchema } from '../index.js';
import {
  checkWeightValues,
  fromFloat16,
  readSafetensors,
  toFloat16,
  writeSafetensors,
} from '../weights/index.js';
import { type Adaptive, adaptiveSchema } from './adaptive.js';

/** The newest version. This program reads it and all earlier ones. Only quantised models need it. */
const FORMAT_VERSION = 3;
/** The version of models that are not quantised. */
const PLAIN_VERSION = 2;

const FLOAT16_MAX = 65_504;

/** A trained model: its configuration, its classes, and its weights by variable name, in float32. */
export interface Model {
  readonly config: ModelConfig;
  readonly classes: ClassMap;
  /**
   * The typical size in pixels of the training photographs, as the network saw them at scale 1. Larger images are reduced to
   * its area before they are labelled. Files of earlier versions lack it.
   */
  readonly imageSize?: Size;
  readonly weights: ReadonlyMap<string, NdArray<'float32'>>;
  /** Where higher scales can be left out, as `hmsa calibrate` has measured. Earlier programs ignore it. */
  readonly adaptive?: Adaptive;
  /**
   * What is computed with integers of 8 bits on the CPU, by the pass `quantize`. The weights of these layers are then numbers
   * that 8 bits can hold.
   */
  readonly quantization?: QuantizationPlan;
}

const channel = z.int().min(0).max(255);
const classesSchema = z.strictObject({
  names: z
    .array(z.string().max(200))
    .min(1)
    .max(255)
    .refine((names) => names.every((name) => name.trim() !== ''), 'names that are not empty')
    .refine((names) => new Set(names).size === names.length, 'each name once'),
  colors: z.array(z.tuple([channel, channel, channel])),
  // What a label map of 16 bits can hold.
  ids: z.array(z.int().min(0).max(65_535)).optional(),
});
/** Far within float32, as are the steps between the values of a range. */
const bound = z.number().min(-1e30).max(1e30);
const quantizationSchema = z.strictObject({
  layers: z.array(z.string().max(500)),
  ranges: z.record(
    z.string().max(500),
    z.tuple([bound, bound]).refine(([least, largest]) => least <= largest, 'the smaller number first'),
  ),
});
const side = z.int().min(1).max(1_000_000);
const imageSizeSchema = z.strictObject({ width: side, height: side });

/**
 * Encodes a model as the bytes of a `.safetensors` file. Equal models give equal bytes: the file does not record when, where
 * or by which version it was made.
 *
 * @param precision float16 nearly halves the file and keeps about three significant digits of convolution weights. Vectors
 *   (one number for each channel) stay float32, because small variances of batch norm would underflow in float16
 * @param model weights of its quantised layers are written in 8 bits, with a scale for each output channel
 * @throws HmsaError that names the weight when one lies beyond ±65504, the largest float16 number
 */
export function encodeModel(model: Model, precision: 'float32' | 'float16' = 'float32'): OwnBytes {
  checkModel(model, precision);
  const { names, colors, ids } = model.classes;
  const { imageSize, quantization, adaptive } = model;
  const metadata = new Map([
    ['format', 'hmsa'],
    ['formatVersion', String(quantization === undefined ? PLAIN_VERSION : FORMAT_VERSION)],
    ['config', JSON.stringify(model.config)],
    ['classes', JSON.stringify({ names, colors, ...(ids === undefined ? {} : { ids }) })],
    ...(imageSize === undefined ? [] : [imageSizeEntry(imageSize)]),
    ...(quantization === undefined ? [] : [quantizationEntry(quantization)]),
    ...(adaptive === undefined ? [] : [['adaptive', JSON.stringify(adaptive)] as const]),
  ]);
  const stored = ([name, { shape, data }]: [string, NdArray<'float32'>]): [string, NdArray][] => {
    if (quantization?.layers.has(name)) return inIntegers(name, shape, data);
    return precision === 'float32' || shape.length < 2
      ? [[name, { dtype: 'float32', shape, data }]]
      : [[name, { dtype: 'float16', shape, data: halved(name, data) }]];
  };
  return writeSafetensors({ tensors: new Map([...model.weights].flatMap(stored)), metadata });
}

function checkModel(model: Model, precision: unknown): void {
  const isModel =
    isObject(model) && isObject(model.config) && isObject(model.classes) && model.weights instanceof Map;
  checkArgument(isModel, 'encodeModel', 'a model as { config, classes, weights }', model);
  const isPrecision = precision === 'float32' || precision === 'float16';
  checkArgument(isPrecision, 'encodeModel, precision', 'float32 or float16', precision);
}

function imageSizeEntry({ width, height }: Size): [string, string] {
  return ['imageSize', JSON.stringify({ width, height })];
}

function quantizationEntry({ layers, ranges }: QuantizationPlan): [string, string] {
  return ['quantization', JSON.stringify({ layers: [...layers], ranges: Object.fromEntries(ranges) })];
}

/** No variable has a name with a colon. */
const scaleName = (name: string) => `${name}:scale`;

function inIntegers(name: string, shape: readonly number[], data: Float32Array): [string, NdArray][] {
  const { codes, scales } = quantizeWeight(data, shape[0]!);
  return [
    [name, { dtype: 'int8', shape, data: codes }],
    [scaleName(name), { dtype: 'float32', shape: [scales.length], data: scales }],
  ];
}

function halved(name: string, data: Float32Array): Uint16Array {
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest <= FLOAT16_MAX) return toFloat16(data);
  throw new HmsaError({
    operation: `model file: ${name}`,
    expected: `values within ±${FLOAT16_MAX}, which float16 holds`,
    received: String(largest),
    remedy: 'Write the model as float32.',
  });
}

/**
 * Refuses a model of a newer format by its metadata alone. This check must come first, because a newer format may differ in
 * everything else, even in its checksum. Other files pass.
 *
 * @throws HmsaError that names the file
 */
function refuseNewerModel(metadata: ReadonlyMap<string, string>, source: string): void {
  const version = Number(metadata.get('formatVersion'));
  if (metadata.get('format') !== 'hmsa' || !(version > FORMAT_VERSION)) return;
  throw new HmsaError({
    operation: source,
    expected: `a model of format ${FORMAT_VERSION} or earlier`,
    received: `format ${version}`,
    remedy: 'Install a newer hmsa.',
  });
}

/**
 * Decodes a model file and checks that it is complete: its configuration is valid, and every variable of that configuration
 * has an array of its shape.
 *
 * @param source what errors call the file
 * @throws HmsaError that names the file when it is damaged, incomplete, not a model, or of a newer format
 */
export function decodeModel(bytes: Uint8Array, source: string): Model {
  const { tensors, metadata } = readSafetensors(bytes, source, {
    checkMetadata: (metadata) => refuseNewerModel(metadata, source),
  });
  const fail = (expected: string, received: string, remedy?: string): never => {
    throw new HmsaError({
      operation: source,
      expected,
      received,
      ...(remedy === undefined ? {} : { remedy }),
    });
  };
  if (metadata.get('format') !== 'hmsa') {
    fail(
      'a model that hmsa has written',
      'weights without its metadata',
      'Make a model of them with hmsa import, or start training from them with train --init.',
    );
  }
  const version = Number(metadata.get('formatVersion'));
  if (!Number.isInteger(version) || version < 1)
    fail('a format version', String(metadata.get('formatVersion')));
  const written = (text: unknown) => (version === 1 ? formerModel(text) : text);
  const config = parsed('config', metadata.get('config'), modelConfigSchema, source, fail, written);
  const { ids, ...classes } = parsed('classes', metadata.get('classes'), classesSchema, source, fail);
  if (classes.names.length !== config.classes || classes.colors.length !== config.classes) {
    fail(`${config.classes} class names and colours`, `${classes.names.length} and ${classes.colors.length}`);
  }
  if (ids !== undefined && ids.length !== config.classes)
    fail(`an id for each of the ${config.classes} classes`, counted(ids.length, 'id'));
  const size = metadata.get('imageSize');
  const imageSize =
    size === undefined ? {} : { imageSize: parsed('imageSize', size, imageSizeSchema, source, fail) };
  const measured = metadata.get('adaptive');
  const adaptive =
    measured === undefined ? {} : { adaptive: parsed('adaptive', measured, adaptiveSchema, source, fail) };
  const quantization = readQuantization(metadata.get('quantization'), source, fail);
  const weights = new Map<string, NdArray<'float32'>>();
  const scaleOf = (name: string) =>
    quantization?.layers.has(name) ? tensors.get(scaleName(name)) : undefined;
  for (const [name, { variable }] of declareVariables(config)) {
    const array = tensors.get(name);
    const shape = variable.attributes.shape;
    if (array === undefined) return fail(`the weight ${name}`, 'none of that name');
    if (String(array.shape) !== String(shape)) fail(`${name} of shape [${shape}]`, `[${array.shape}]`);
    const weight = { dtype: 'float32', shape, data: float32Data(name, array, scaleOf(name), fail) } as const;
    checkWeightValues(name, weight, source);
    weights.set(name, weight);
  }
  for (const name of quantization?.layers ?? []) {
    if (!weights.has(name)) fail('quantised layers of its network', name);
    const { dtype } = tensors.get(name)!;
    if (dtype !== 'int8') fail(`${name} of type int8, because it is a quantised layer`, dtype);
    if (!quantization!.ranges.has(name)) fail(`a range of the quantised layer ${name}`, 'none');
  }
  return {
    config,
    classes: { ...classes, ignore: VOID, ...(ids === undefined ? {} : { ids }) },
    ...imageSize,
    ...adaptive,
    weights,
    ...(quantization === undefined ? {} : { quantization }),
  };
}

type Fail = (expected: string, received: string) => never;

function parsed<T>(
  what: string,
  text: string | undefined,
  schema: z.ZodType<T>,
  source: string,
  fail: Fail,
  translated: (value: unknown) => unknown = (value) => value,
): T {
  if (text === undefined) return fail(`${what} as JSON in the metadata`, 'none');
  return checkSchema(schema, translated(parseJson(text, `${source}, ${what}`)), `${source}, ${what}`);
}

function readQuantization(
  text: string | undefined,
  source: string,
  fail: Fail,
): QuantizationPlan | undefined {
  if (text === undefined) return undefined;
  const { layers, ranges } = parsed('quantization', text, quantizationSchema, source, fail);
  return { layers: new Set(layers), ranges: new Map(Object.entries(ranges)) };
}

/** @param scales of a weight in 8 bits */
function float32Data(
  name: string,
  { dtype, shape, data }: NdArray,
  scales: NdArray | undefined,
  fail: Fail,
): Float32Array {
  if (dtype === 'int8' && scales?.dtype === 'float32') {
    if (String(scales.shape) !== String(shape.slice(0, 1)))
      return fail(`a scale for each of the ${counted(shape[0]!, 'channel')} of ${name}`, `[${scales.shape}]`);
    const bad = scales.data.find((value) => !(value > 0 && value < Number.POSITIVE_INFINITY));
    if (bad !== undefined) return fail(`scales of ${name} above 0`, String(bad));
    return dequantizeWeight({ codes: data, scales: scales.data });
  }
  if (dtype === 'float32') return data;
  if (dtype === 'float16') return fromFloat16(data);
  return fail(`${name} of type float32, float16, or int8 with scales`, dtype);
}
