import { describe, expect, test } from 'vitest';
import { publishedConfigs } from '../../../tests/support/published-configs.js';
import { declareVariables, type ModelConfig, modelConfigSchema } from '../index.js';
import { fitsAny, type Recognized, renamed, type Shapes, type Source, sources } from './index.js';

/** Some of their own names for variables, by the names of the sources. */
const names: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'nvidia-ocrnet-hrnet': { 'head.cls_head.bias': 'ocr.cls_head.bias' },
  'nvidia-ocrnet-hrnet-mscale': {
    'trunk.transition1.1.0.0.weight': 'backbone.transition1.1.0.0.weight',
    'head.conv3x3_ocr.1.0.running_mean': 'ocr.conv3x3_ocr.1.0.running_mean',
    'attention.score.weight': 'scale_attn.conv2.weight',
  },
  'nvidia-deepv3-deepv3plusr50': { 'head.bot_fine.weight': 'bot_fine.weight' },
  'nvidia-mscale-deepv3r50': {
    'trunk.bn1.running_var': 'backbone.layer0.1.running_var',
    'trunk.layer4.0.downsample.0.weight': 'backbone.layer4.0.downsample.0.weight',
    'head.aspp.features.3.1.bias': 'aspp.features.3.1.bias',
    'attention.conv.1.1.weight': 'scale_attn.bn1.weight',
  },
  'nvidia-mscale2-deepv3r50': {
    'attention.conv.1.1.weight': 'scale_attn.4.weight',
    'attention.score.weight': 'scale_attn.6.weight',
  },
  'nvidia-ocrnet-hrnet-mscale-oldarch': { 'attention.conv.1.0.weight': 'scale_attn.3.weight' },
  'nvidia-mscale-deepv3r50-oldarch': { 'attention.score.weight': 'scale_attn.6.weight' },
  'nvidia-basic-hrnet': {
    'head.conv.0.1.running_var': 'seg_head.1.running_var',
    'head.classifier.weight': 'seg_head.6.weight',
  },
  'nvidia-mscale-hrnet': {
    'head.conv.1.0.weight': 'cls_head.3.weight',
    'attention.conv.0.0.weight': 'scale_attn.conv0.weight',
  },
  'nvidia-mscale-hrnet-oldarch': { 'attention.conv.0.0.weight': 'scale_attn.0.weight' },
  'hrnet-segmentation': {
    'trunk.stage4.0.fuse_layers.0.3.1.running_var': 'stage4.0.fuse_layers.0.3.1.running_var',
    'head.conv.0.0.bias': 'last_layer.0.bias',
    'head.conv.0.1.running_mean': 'last_layer.1.running_mean',
    'head.classifier.bias': 'last_layer.3.bias',
  },
  'hrnet-segmentation-aligned': { 'head.classifier.weight': 'last_layer.3.weight' },
  'hrnet-ocr': {
    'trunk.conv1.weight': 'conv1.weight',
    'head.conv3x3_ocr.1.0.weight': 'conv3x3_ocr.1.weight',
    'head.aux_head.2.bias': 'aux_head.3.bias',
    'head.ocr_distri_head.object_context_block.f_up.1.0.weight':
      'ocr_distri_head.object_context_block.f_up.1.0.weight',
  },
};

/** Networks that differ in what no tensor shows. */
const pair = ['hrnet-segmentation', 'hrnet-segmentation-aligned'];
const twins: Readonly<Record<string, readonly string[]>> = { [pair[0]!]: pair, [pair[1]!]: pair };

/** The tensors of a file of this source, for a network of ours. */
function fileOf(source: Source, config: ModelConfig): Shapes {
  const declared = [...declareVariables(config).values()].map(({ variable }) => variable.attributes);
  return new Map(declared.map(({ name, shape }) => [source.nameOf(name)!, shape]));
}

const recognizers = (shapes: Shapes) =>
  sources.filter((source) => source.recognize(shapes) !== undefined).map(({ name }) => name);

describe.each(Object.entries(publishedConfigs))('%s', (name, config) => {
  const source = sources.find((one) => one.name === name)!;
  const file = fileOf(source, config);

  test('knows its networks by their tensors, and no other source does', () => {
    expect(source.recognize(file)).toEqual({ kind: 'model', config });
    expect(modelConfigSchema.safeParse(config).success).toBe(true);
    expect(recognizers(file)).toEqual(twins[name] ?? [name]);
  });

  test('calls every variable by a name of its own', () => {
    expect(file.size).toBe(declareVariables(config).size);
    expect(file.has(undefined as never)).toBe(false);
    for (const [ours, theirs] of Object.entries(names[name]!)) expect(source.nameOf(ours)).toBe(theirs);
    expect([...file.keys()].filter((theirs) => source.isSpare(theirs))).toEqual([]);
    expect(source.isSpare('backbone.layer1.0.bn1.num_batches_tracked')).toBe(true);
  });

  test('reads widths and classes from the shapes', () => {
    const trunk = config.trunk.name === 'hrnetv2' ? { ...config.trunk, width: 18 } : config.trunk;
    const small = { ...config, classes: 7, trunk } as ModelConfig;
    const found = source.recognize(fileOf(source, small)) as Extract<Recognized, { kind: 'model' }>;
    expect(found.config).toEqual(small);
  });
});

test('a ResNet-101 is told from a ResNet-50 by its blocks', () => {
  const source = sources.find(({ name }) => name === 'nvidia-mscale-deepv3r50')!;
  const config = publishedConfigs[source.name]!;
  const deeper = { ...config, trunk: { ...config.trunk, name: 'resnet101' } } as ModelConfig;
  expect(source.recognize(fileOf(source, deeper))).toEqual({ kind: 'model', config: deeper });
});

test("NVIDIA's attention may have one convolution", () => {
  const source = sources.find(({ name }) => name === 'nvidia-mscale-hrnet')!;
  const config = publishedConfigs[source.name]!;
  const short = { ...config, attention: { ...config.attention, layers: 1 } } as ModelConfig;
  expect(source.recognize(fileOf(source, short))).toEqual({ kind: 'model', config: short });
});

test("a classifier of HRNet's authors is a trunk", () => {
  const source = sources.find(({ name }) => name === 'hrnet-classification')!;
  const config = publishedConfigs['nvidia-ocrnet-hrnet']!;
  const trunk = [...declareVariables(config).values()]
    .map(({ variable }) => variable.attributes)
    .filter(({ name }) => name.startsWith('trunk.'));
  const file = new Map(trunk.map(({ name, shape }) => [source.nameOf(name)!, shape]));
  const more = ['incre_modules.0.0.conv1.weight', 'final_layer.0.weight', 'classifier.bias'];
  expect(source.recognize(new Map([...file, ...more.map((name) => [name, [1]] as const)]))).toEqual({
    kind: 'trunk',
    trunk: config.trunk,
  });
  expect(more.every((name) => source.isSpare(name))).toBe(true);
  expect(recognizers(file)).toEqual(['hrnet-classification']);
});

test('what is of no family is known to none', () => {
  const shape = [3, 3];
  for (const names of [[], ['weight'], ['scale_attn.conv0.weight'], ['backbone.transition1.0.0.weight']]) {
    expect(recognizers(new Map(names.map((name) => [name, shape])))).toEqual([]);
  }
});

test('sources have names of their own', () => {
  expect(new Set(sources.map(({ name }) => name)).size).toBe(sources.length);
});

test('patterns: one part, the rest, the first row that fits', () => {
  const rename = renamed([
    ['a.*.b.**', 'x.*.**'],
    ['a.**', 'y.**'],
  ]);
  expect(rename('a.1.b.c.d')).toBe('x.1.c.d');
  expect(rename('a.1.2.b.c')).toBe('y.1.2.b.c');
  expect(rename('b.c')).toBeUndefined();
  expect(rename('a')).toBeUndefined();
  expect(renamed([['a+', 'b']])('aa')).toBeUndefined();
  expect(fitsAny(['a.*'])('a.b.c')).toBe(false);
});
