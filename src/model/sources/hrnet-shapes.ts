import type { ModelConfig } from '../index.js';
import type { Shapes } from './source.js';

type Trunk = ModelConfig['trunk'];
type Head = ModelConfig['head'];

/** The HRNetV2 whose variables begin with `prefix`; undefined where the file has none. */
export function hrNetOf(shapes: Shapes, prefix: string): Extract<Trunk, { name: 'hrnetv2' }> | undefined {
  const width = shapes.get(`${prefix}transition1.0.0.weight`)?.[0];
  const hasStages = shapes.has(`${prefix}stage4.0.branches.3.0.conv1.weight`);
  return width === undefined || !hasStages ? undefined : { name: 'hrnetv2', width };
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
