import type { ModelConfig } from '../index.js';
import type { Shapes } from './source.js';
import { countOf } from './trunk-of.js';

type Trunk = ModelConfig['trunk'];
type Head = ModelConfig['head'];

/** The HRNetV2 whose variables begin with `prefix`; undefined where the file has none. */
export function hrNetOf(shapes: Shapes, prefix: string): Extract<Trunk, { name: 'hrnetv2' }> | undefined {
  const width = shapes.get(`${prefix}transition1.0.0.weight`)?.[0];
  if (width === undefined) return undefined;
  // Smaller variants have the same names and fewer of them.
  const modules = [2, 3, 4].map((stage) => countOf(shapes, `${prefix}stage${stage}.`));
  const blocks = countOf(shapes, `${prefix}stage4.0.branches.3.`);
  return String(modules) === '1,4,3' && blocks === 4 ? { name: 'hrnetv2', width } : undefined;
}

/** The OCR head whose variables begin with `prefix`, and how many classes it knows. */
export function ocrOf(
  shapes: Shapes,
  prefix: string,
): { readonly classes: number; readonly head: Extract<Head, { name: 'ocr' }> } | undefined {
  const side = (name: string) => shapes.get(`${prefix}${name}.weight`)?.[0];
  const [classes, channels] = [side('cls_head'), side('conv3x3_ocr.0')];
  const keyChannels = side('ocr_distri_head.object_context_block.f_down.0');
  if (classes === undefined || channels === undefined || keyChannels === undefined) return undefined;
  return { classes, head: { name: 'ocr', channels, keyChannels, dropout: 0.05 } };
}

/** The shapes by which {@link ocrOf} knows the published head. */
export function typicalOcr(prefix: string, classes: number): Record<string, readonly number[]> {
  return {
    [`${prefix}cls_head.weight`]: [classes, 512, 1, 1],
    [`${prefix}conv3x3_ocr.0.weight`]: [512, 720, 3, 3],
    [`${prefix}ocr_distri_head.object_context_block.f_down.0.weight`]: [256, 512, 1, 1],
  };
}
