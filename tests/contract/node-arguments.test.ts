import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lower, ops, variable } from '../../dist/engine/index.js';
import { cityscapes, encodeModel, HmsaError, presets } from '../../dist/index.js';
import * as node from '../../dist/node/index.js';
import { shown } from '../../src/base/errors/index.js';
import { untrained } from '../cli/model.js';
import { bands, randomPhoto, writeTree } from '../data/files.js';
import { wrongValues } from './wrong-values.js';

/**
 * What takes no arguments; the rest of the functions is called with wrong ones. `serve` needs none, and then starts: tests/serve
 * checks its options.
 */
const without = ['listDevices', 'describeSystem', 'describeShippedModel', 'serve'];

/** Ends what would go on for long where a wrong value is a right one, such as a number of pictures. */
const stop = new HmsaError({ operation: 'test', expected: 'an end', received: 'one' });
const signal = AbortSignal.abort(stop);

type Face = (...args: never[]) => unknown;
/** Arguments that are right, of every exported function and of methods of what they give. */
let right: Readonly<Record<string, readonly unknown[]>>;
let methods: Readonly<Record<string, readonly [face: Face, args: readonly unknown[]]>>;

const before = process.cwd();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-arguments-'));
  // A name such as "x" is a right place to write to.
  process.chdir(folder);
  const photo = randomPhoto(1, 32, 32);
  await writeTree('.', {
    'classes.json': '["a", "b"]',
    'set/images/1.png': photo,
    'set/images/2.png': randomPhoto(2, 32, 32),
    'set/masks/1.png': bands([0, 1], 32, 32),
    'set/masks/2.png': bands([0, 1], 32, 32),
    'config.json': '{"batch": 1}',
    'set.mjs':
      'export const open = (options) => ({ classes: { names: [], colors: [] }, length: 0, get() {} })',
  });
  // As small as can be, because many wrong values are found only after its file was read.
  const file = encodeModel(
    untrained({ trunk: { name: 'mobilenetv2', width: 0.05, outputStride: 16 } }, cityscapes),
  );
  await writeFile('model.safetensors', file);
  const model = await node.loadModel('model.safetensors', { threads: 1 });
  const files = (await node.openDataset('folder:set', {})) as node.FileDataset;
  const scenes = await node.openDataset('synthetic:count=1,size=64x32', {});
  const labels = bands([0, 1], 32, 32);
  const { report, pictures } = await node.inspect('folder:set', { pictures: true });
  const graph = lower({ outputs: { y: ops.add(variable('x', [2]), 1) } });
  const pool = { size: 1, call: async () => [], close: async () => {} };
  const onProgress = () => {};
  const dataOptions = {
    split: 'all',
    groups: [],
    classes: 'classes.json',
    blocks: {},
    followLinks: true,
    pixelLimit: 1e6,
  };
  const exported = { scales: [1], combine: 'average', size: [64, 64], outputs: 'labels' };
  const loaderOptions = {
    batchSize: 1,
    seed: 1,
    augment: { crop: { width: 16, height: 16 } },
    sampling: 'shuffled',
    uniformShare: 0.5,
    workers: 0,
    prefetch: 1,
    lastBatch: 'keep',
    skipBad: false,
    cache: 'cache',
    signal,
    onIndexing: onProgress,
  } as const;
  const sessionOptions = { device: 'cpu', threads: 1, spin: false, state: {}, optimization: 'all' } as const;
  const scored = {
    scales: [0.5, 1],
    combine: 'average',
    maxSide: 32,
    skipBad: true,
    signal,
    onProgress,
  } as const;
  const previewed = {
    preset: 'none',
    crop: { width: 16, height: 16 },
    count: 1,
    sampling: 'shuffled',
    seed: 1,
    skipBad: false,
    signal,
  };
  const loader = await node.openLoader(files, { ...loaderOptions, signal: new AbortController().signal });
  right = {
    FileDataset: [files.parts],
    openDataset: ['folder:set', dataOptions],
    mixDatasets: [[{ dataset: scenes }, { dataset: scenes, share: 0.5 }], { samplesPerEpoch: 2 }],
    autolabel: [
      {
        data: 'folder:set',
        dataOptions,
        model: 'model.safetensors',
        scales: [1],
        combine: 'average',
        maxSide: 32,
        threshold: 0.9,
        keep: 0.5,
        photographs: 'none',
        session: sessionOptions,
      },
      'labelled',
      { onFound: onProgress, onMeasured: onProgress, onImage: onProgress, signal },
    ],
    openDatasetModule: [{ module: 'set.mjs', export: 'open', options: {} }],
    writeCityscapesSubmission: ['submission', 'a_000000_000019', labels],
    writeFileAtomic: ['file.txt', 'text'],
    writeJsonAtomic: ['file.json', {}],
    decodeImage: [
      'set/images/1.png',
      { name: 'photo', pixelLimit: 1e6, region: (whole: object) => ({ left: 0, top: 0, ...whole }) },
    ],
    decodeLabels: [
      'set/masks/1.png',
      { name: 'label', pixelLimit: 1e6, region: (whole: object) => ({ left: 0, top: 0, ...whole }) },
    ],
    encodePng: [labels, { palette: [[0, 0, 0]], software: 'test' }],
    imageSize: ['set/images/1.png', { name: 'photo', pixelLimit: 1e6 }],
    photoDoubts: ['set/images/1.png', photo, { name: 'photo' }],
    describeModel: ['model.safetensors'],
    inspect: [
      'folder:set',
      { ...dataOptions, leastSide: 32, pictures: true, onProgress, signal: new AbortController().signal },
    ],
    inspectPage: [report, pictures],
    changesCrop: ['config.json'],
    classShares: [labels.data, cityscapes],
    colorize: [labels.data, 32, 32, cityscapes],
    outline: [photo, labels.data, cityscapes, 2],
    polygons: [labels.data, 32, 32, cityscapes, { tolerance: 1, leastPixels: 2 }],
    runLengths: [labels.data, 32, 32, 2, { compressed: false }],
    cocoFile: ['photo.png', labels.data, 32, 32, cityscapes, { compressed: false }],
    readImage: ['set/images/1.png', { name: 'photo', pixelLimit: 1e6 }],
    evaluate: [model, scenes, scored],
    fittingCrop: [presets.quick, 'folder:set', dataOptions],
    heatmap: [new Float32Array(4), 2, 2],
    LoadedModel: [model.model, node.openSession, { ...sessionOptions, memoryLimit: 1e9 }],
    loadModel: ['model.safetensors', { ...sessionOptions, memoryLimit: 1e9, memory: '1GB' }],
    openScoringData: [model, 'synthetic:count=1,size=64x32', { split: 'val' }, scored],
    overlay: [photo, photo, 0.5],
    readModel: ['model.safetensors'],
    readTrainConfig: ['quick', 'config.json'],
    resumeTraining: [
      'run',
      { signal, onEvent: onProgress },
      { validationSplit: 'val', skipBad: true, data: scenes, validationData: scenes },
    ],
    segmentFiles: [
      model,
      ['set/images/1.png'],
      {
        ...scored,
        out: 'pictures',
        save: ['labels'],
        overwrite: true,
        skipExisting: true,
        flip: true,
        onFound: onProgress,
        onImage: onProgress,
      },
    ],
    train: [
      {
        config: presets.quick,
        data: 'folder:none',
        dataOptions,
        init: 'x',
        session: sessionOptions,
        workers: 0,
        moreData: [{ data: 'folder:none', share: 0.5 }],
        samplesPerEpoch: 2,
        saveEvery: '10m',
        validationData: scenes,
      },
      'run',
      { signal, onEvent: onProgress },
    ],
    compare: [
      {
        data: 'folder:none',
        dataOptions,
        models: ['model.safetensors'],
        reference: 'a',
        session: sessionOptions,
      },
      { scales: [[1]], blockLength: 2, boundaryRatio: 0.01, timedImages: 0, maxSide: 32 },
      { signal, onData: onProgress, onChecked: onProgress, onProgress },
    ],
    makeReport: [
      {
        source: 'model.safetensors',
        data: 'folder:none',
        dataOptions,
        images: 1,
        safeColors: true,
        scales: [1],
        combine: 'average',
        maxSide: 32,
        skipBad: true,
        session: sessionOptions,
      },
      { signal, onData: onProgress, onChecked: onProgress, onProgress },
    ],
    compareReport: [
      { data: 'folder:none', dataOptions, models: ['model.safetensors'], session: sessionOptions },
      { scales: [[1]], timedImages: 0, maxSide: 32 },
      { signal, onData: onProgress, onChecked: onProgress, onProgress },
      { images: 1, safeColors: true },
    ],
    figure: [
      photo,
      { labels: labels.data, width: 32, height: 32, seen: { width: 32, height: 32 } },
      cityscapes,
      { truth: labels.data, title: 'a', safeColors: true, columns: 2, software: 'test' },
    ],
    figurePng: [{ svg: '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>' }],
    writeFigures: [[], 'figures'],
    keepingPictures: ['run', { signal, onEvent: onProgress, examples: 1 }],
    watchRun: ['run', { port: 0, signal }],
    runAblation: [
      { config: presets.quick, data: 'folder:none', dataOptions },
      'ablation',
      { scales: [[0.5, 1]], parts: ['single'], seeds: 1 },
      { signal, onEvent: onProgress, onArm: onProgress },
    ],
    withLegend: [photo, node.classShares(labels.data, cityscapes), cityscapes],
    exportOnnxFile: ['model.safetensors', { ...exported, out: 'model.onnx', overwrite: true }],
    exportTorchFile: ['model.safetensors', { arch: 'x', out: 'torch.safetensors', overwrite: true }],
    importWeights: [
      'model.safetensors',
      { arch: 'x', classes: 'numbered', partial: true, to: 'imported.safetensors', overwrite: true },
    ],
    calibrateModel: [
      {
        data: 'folder:none',
        dataOptions,
        model: 'model.safetensors',
        out: 'calibrated.safetensors',
        overwrite: true,
      },
      { scales: [0.5, 1], combine: 'average', images: 2, loss: 0.1, block: 32, gate: 'margin' },
      { signal, onData: onProgress, onProgress },
    ],
    quantizeModel: [
      {
        data: 'folder:none',
        dataOptions,
        model: 'model.safetensors',
        out: 'int8.safetensors',
        overwrite: true,
      },
      { scales: [1], combine: 'single', images: 2, aim: 0.1, allowLoss: 1 },
      { signal, onData: onProgress, onProgress },
    ],
    writeSubmission: [
      model,
      scenes,
      'submission',
      { scales: [1], combine: 'average', maxSide: 'none', signal, onProgress },
    ],
    Loader: [files, loaderOptions, pool, undefined],
    openLoader: [files, loaderOptions],
    openPreviewData: [
      'folder:set',
      dataOptions,
      {
        skipBad: true,
        onProgress,
        signal: new AbortController().signal,
        moreData: [{ data: 'folder:set', share: 0.5 }],
        samplesPerEpoch: 2,
      },
    ],
    writePreview: [scenes, 'preview', previewed],
    openSession: [graph, sessionOptions],
    openSessionInThread: [graph, sessionOptions],
    readShippedModel: ['nowhere'],
    shippedModel: ['nowhere'],
    writeSyntheticDataset: [
      'scenes',
      { count: 1, width: 32, height: 16, seed: 1, splits: ['train'], signal, onProgress },
    ],
  };
  const first = <T>(batches: AsyncIterator<T>) => batches.next().finally(() => batches.return?.());
  methods = {
    'FileDataset.item': [(...args) => files.item(...(args as [never])), [0]],
    'FileDataset.get': [(...args) => files.get(...(args as [never])), [0]],
    'FileDataset.getPart': [
      (...args) => files.getPart(...(args as unknown as [never, never])),
      [0, (whole: object) => ({ left: 0, top: 0, ...whole })],
    ],
    'SyntheticDataset.get': [(...args) => scenes.get(...(args as [never])), [0]],
    'LoadedModel.segment': [
      (...args) => model.segment(...(args as unknown as [never])),
      [
        'set/images/1.png',
        {
          scales: [1],
          combine: 'average',
          details: true,
          attention: true,
          logits: true,
          flip: true,
          maxSide: 32,
          signal: new AbortController().signal,
        },
      ],
    ],
    'LoadedModel.segmentMany': [
      (...args) => first(model.segmentMany(...(args as unknown as [never]))),
      [[photo], { concurrency: 2, scales: [1], signal: new AbortController().signal }],
    ],
    'SegmentedImage.save': [
      async (...args) => (await model.segment(photo)).save(...(args as unknown as [never])),
      ['saved.json', { as: 'polygons', tolerance: 1, leastPixels: 1 }],
    ],
    'LoadedModel.prepare': [
      (...args) => model.prepare(...(args as unknown as [never])),
      [{ scales: [1], combine: 'average', details: true }],
    ],
    'Loader.epoch': [(...args) => first(loader.epoch(...(args as [never]))), [0, { from: 0 }]],
    'Loader.stream': [(...args) => first(loader.stream(...(args as [never]))), [{ from: 0, to: 1 }]],
    'Loader.batches': [(...args) => first(loader.batches(...(args as [never]))), [[0]]],
    ...Object.fromEntries(
      node.datasetKinds.map((kind) =>
        'scan' in kind
          ? [
              `${kind.name}.scan`,
              [(...args) => kind.scan(...(args as unknown as [never, never])), ['set', { split: 'val' }]],
            ]
          : [
              `${kind.name}.open`,
              [(...args) => kind.open(...(args as unknown as [never, never])), ['count=1', { split: 'val' }]],
            ],
      ),
    ),
  };
});
afterAll(async () => {
  process.chdir(before);
  await rm(folder, { recursive: true });
});

/** Each argument in turn, each of its properties where it is an object, and all at once are replaced by each wrong value. */
function* mistakes(args: readonly unknown[]): Generator<readonly unknown[]> {
  for (const value of wrongValues) {
    yield args.map(() => value);
    for (const [i, arg] of args.entries()) {
      yield args.with(i, value);
      if (typeof arg !== 'object' || arg?.constructor !== Object) continue;
      for (const key of Object.keys(arg)) yield args.with(i, { ...arg, [key]: value });
    }
  }
}

async function refusals(face: Face, args: readonly unknown[]): Promise<number> {
  let count = 0;
  for (const wrong of mistakes(args)) {
    try {
      const result = (await face(...(wrong as never[]))) as
        | { dispose?(): unknown; close?(): unknown }
        | undefined;
      await result?.dispose?.();
      await result?.close?.();
    } catch (error) {
      expect(error, wrong.map((value) => shown(value)).join(', ')).toBeInstanceOf(HmsaError);
      expect((error as Error).message).toMatch(/^[^\n]{1,2000}$/);
      count++;
    }
  }
  return count;
}

const exported = Object.entries(node).filter(([, value]) => typeof value === 'function') as unknown as [
  string,
  Face,
][];

test.each(exported.filter(([name]) => !without.includes(name)))(
  '%s refuses arguments of other kinds with an error that a caller can read',
  async (name, value) => {
    const isClass = /^class\b/.test(Function.prototype.toString.call(value));
    const face: Face = isClass ? (...args) => Reflect.construct(value, args) : value;
    expect(right[name], 'arguments that are right').toBeDefined();
    expect(await refusals(face, right[name]!)).toBeGreaterThan(0);
  },
);

test('so do methods', async () => {
  for (const [name, [face, args]] of Object.entries(methods))
    expect(await refusals(face, args), name).toBeGreaterThan(0);
});
