import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import { type ClassMap, type Rgb, type Size, VOID } from '../../data/index.js';
import type { Session } from '../../engine/runtime/index.js';
import { outputNames, type Segmentation } from '../../prediction/index.js';
import type { ModelFacts, SentSegmentOptions } from '../protocol.js';

/** A file of `hmsa export`: one graph, at the scales that it was exported for. */
export interface Exported {
  readonly facts: ModelFacts;
  /** Of a file of one size. */
  readonly size?: Size;
  readonly outputs: readonly string[];
}

/** Whether bytes look like an ONNX file rather than a `.safetensors`, whose header begins with a length and a brace. */
export function looksLikeOnnx(bytes: Uint8Array): boolean {
  return bytes.length > 9 && bytes[8] !== 0x7b && bytes[0] === 0x08;
}

/** What an exported file says of itself. @throws HmsaError when it is another ONNX file */
export function readExported(bytes: Uint8Array, name: string): Exported {
  const refuse = (received: string): never => {
    throw new HmsaError({
      operation: name,
      expected: 'an ONNX file that hmsa export has written, with classes and scales in its metadata',
      received,
      remedy: 'Export a model with hmsa export, or give its .safetensors file.',
    });
  };
  let file: ReturnType<typeof parse>;
  try {
    file = parse(bytes);
  } catch {
    return refuse('bytes that are no whole ONNX file');
  }
  const metadata = new Map(file.metadataProps.map(({ key, value }) => [key, value]));
  const [classes, scales] = [listOf(metadata.get('classes')), listOf(metadata.get('scales'))];
  const outputs = file.graph?.output.map((output) => output.name) ?? [];
  const isOurs =
    classes?.every(isClass) && scales?.every((scale) => typeof scale === 'number') && outputs.length > 0;
  if (!isOurs) return refuse('another ONNX file');
  const known = classes as { name: string; color: Rgb; id?: number }[];
  if (!outputs.includes(outputNames.labels) && !outputs.includes(outputNames.logits))
    return refuse(`the outputs ${outputs.slice(0, 5).join(', ')}`);
  const ids = known.map(({ id }) => id).filter((id) => id !== undefined);
  const map: ClassMap = {
    names: known.map((one) => one.name),
    colors: known.map(({ color }) => color),
    ignore: VOID,
    ...(ids.length === known.length ? { ids } : {}),
  };
  const sides = file.graph!.input.find((input) => input.name === 'image')?.type?.value.value as unknown as {
    shape?: { dim: { value: { case?: string; value?: unknown } }[] };
  };
  const [, height, width] = (sides?.shape?.dim ?? []).map(({ value }) =>
    value.case === 'dimValue' ? Number(value.value) : undefined,
  );
  return {
    outputs,
    ...(height === undefined || width === undefined ? {} : { size: { height, width } }),
    facts: {
      name,
      kind: 'onnx',
      classes: map,
      scales: [...(scales as number[])].sort((a, b) => b - a),
      isOpen: false,
      hasConfidence: outputs.includes(outputNames.logits),
    },
  };
}

function parse(bytes: Uint8Array) {
  return fromBinary(ModelProtoSchema, bytes);
}

function listOf(text: string | undefined): unknown[] | undefined {
  if (text === undefined || text.length > 1e6) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isClass(value: unknown): boolean {
  const { name, color } = (value ?? {}) as { name?: unknown; color?: unknown };
  return typeof name === 'string' && Array.isArray(color) && color.length === 3;
}

/** Labels an image by an exported file. @throws HmsaError when it asks for what the file does not compute */
export async function segmentExported(
  { facts, size, outputs }: Exported,
  session: Session,
  image: Pixels,
  { scales, combine, confidence = false, details = false }: SentSegmentOptions,
): Promise<Segmentation> {
  const refuse = (expected: string, received: string, remedy: string): never => {
    throw new HmsaError({ operation: `segment with ${facts.name}`, expected, received, remedy });
  };
  const asked = scales === undefined ? undefined : [...scales].sort((a, b) => b - a);
  if ((asked !== undefined && String(asked) !== String(facts.scales)) || combine !== undefined) {
    const received = asked === undefined ? `combine ${combine}` : `scales ${asked.join(', ')}`;
    refuse('the scales and combination that it was exported with', received, 'Load the .safetensors file.');
  }
  const { width, height, data } = image;
  if (size !== undefined && (size.width !== width || size.height !== height))
    refuse(`an image of ${size.width}×${size.height}`, `${width}×${height}`, 'Resize it first.');
  const results = await session.run({ image: { dtype: 'uint8', shape: [1, height, width, 3], data } });
  const logits = results[outputNames.logits]?.data as Float32Array | undefined;
  const scored = logits === undefined ? undefined : scoresOf(logits, width * height);
  const labels = (results[outputNames.labels]?.data as Uint8Array | undefined) ?? scored!.labels;
  return {
    width,
    height,
    labels,
    seen: { width, height },
    ...(confidence && scored !== undefined ? { confidence: scored.confidence } : {}),
    ...(details && outputs.includes(outputNames.labelsAt(facts.scales[0]!))
      ? {
          scales: facts.scales.map((scale) => {
            const attention = results[outputNames.attention(scale)]?.data as Float32Array | undefined;
            const own = results[outputNames.labelsAt(scale)]!.data as Uint8Array;
            return { scale, labels: own, ...(attention === undefined ? {} : { attention }) };
          }),
        }
      : {}),
  };
}

/** The class of the highest score at each pixel, and its share in the softmax. */
function scoresOf(logits: Float32Array, pixels: number) {
  const classes = logits.length / pixels;
  const labels = new Uint8Array(pixels);
  const confidence = new Float32Array(pixels);
  for (let at = 0; at < pixels; at++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (logits[c * pixels + at]! > logits[best * pixels + at]!) best = c;
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[c * pixels + at]! - logits[best * pixels + at]!);
    labels[at] = best;
    confidence[at] = 1 / sum;
  }
  return { labels, confidence };
}
