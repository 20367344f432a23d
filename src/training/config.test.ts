import { describe, expect, test } from 'vitest';
import { checkTraining, configWarnings } from './check-training.js';
import { mergeConfig, setOften } from './config.js';
import { presets } from './presets.js';

const base = presets.quick;

test('objects are merged key by key, lists and objects of another name are replaced whole', () => {
  const merged = mergeConfig(
    base,
    {
      $schema: './train-config.schema.json',
      batch: 2,
      model: { trunk: { width: 0.5 }, scales: [1, 2] },
      optimizer: { name: 'sgd', momentum: 0.9 },
      phases: [{ kind: 'joint', epochs: 1, schedule: { kind: 'constant', rate: 0.1 } }],
    },
    'my.json',
  );
  expect(merged).toEqual({
    ...base,
    batch: 2,
    model: { ...base.model, trunk: { ...base.model.trunk, width: 0.5 }, scales: [1, 2] },
    optimizer: { name: 'sgd', momentum: 0.9 },
    phases: [{ kind: 'joint', epochs: 1, schedule: { kind: 'constant', rate: 0.1 } }],
  });
  for (const preset of Object.values(presets)) expect(mergeConfig(preset, {}, 'preset')).toEqual(preset);
});

test.each<[unknown, RegExp]>([
  [{ bacth: 2 }, /^my\.json: expected known keys \(model, .*\), received bacth\. Did you mean batch\?$/],
  [{ batchSize: 2 }, /received batchSize\. Did you mean batch\?$/],
  [{ epochs: 2 }, /received epochs\. Did you mean phases\[\]\.epochs\?$/],
  [JSON.parse('{"__proto__": {}}'), /received __proto__\.$/],
  [{ model: { constructor: 1 } }, /received constructor\.$/],
  [
    { model: { trunk: { widht: 1 } } },
    /in model\.trunk \(name, width, outputStride, firstDilation, padding, lastConvolution\), received widht\. Did you mean width\?$/,
  ],
  [{ model: { atention: {} } }, /in model .*received atention\. Did you mean attention\?$/],
  [{ optimizer: { betta1: 0.5 } }, /in optimizer .*received betta1\. Did you mean beta1\?$/],
  [
    {
      phases: [{ kind: 'joint', epochs: 1, schedule: { kind: 'constant', rate: 0.1, warmup: { steps: 1 } } }],
    },
    /in phases\[0\]\.schedule .*received warmup\. Did you mean warmUp\?$/,
  ],
  [
    { phases: [{ kind: 'atention', epochs: 1, schedule: base.phases[0]!.schedule }] },
    /^my\.json, phases\[0\]\.kind: expected one of scales, attention, refinement, joint, received "atention"\.$/,
  ],
  [
    { model: { trunk: { name: 'mobilenetv3' } } },
    /^my\.json, model\.trunk\.name: expected one of mobilenetv2, resnet50, resnet101, hrnetv2, received "mobilenetv3"\.$/,
  ],
  [{ model: { classes: 3 } }, /in model .*received classes/],
  [
    { model: { scales: [0.5, 2] } },
    /^my\.json, model\.scales: expected 1 among them, received \[0\.5,2\]\.$/,
  ],
  [{ constructor: 1 }, /known keys \(.*received constructor/],
  [JSON.parse('{"__proto__": {"batch": 2}}'), /known keys \(.*received __proto__/],
  [{ batch: 0 }, /^my\.json, batch: expected a whole number from 1 to 1024, received 0\.$/],
  [{ batch: '4' }, /^my\.json, batch: expected a whole number from 1 to 1024, received "4"\.$/],
  [{ batch: Number.NaN }, /, batch: .* received NaN\.$/],
  [{ seed: 1e30 }, /^my\.json, seed: expected a whole number, received 1e\+30\.$/],
  [{ crop: [64] }, /, crop: expected a list of 2 whole numbers from 16 to 16384, received \[64\]\.$/],
  [{ crop: [64, 8] }, /, crop\[1\]: expected a whole number from 16 to 16384, received 8\.$/],
  [{ classUniform: null }, /, classUniform: expected a number from 0 to 1, received null\.$/],
  [
    { phases: [] },
    /, phases: expected a list of 1 to 100 objects with kind, epochs, schedule, .*received \[\]\.$/,
  ],
  [{ phases: {} }, /, phases: .*, received an object\.$/],
  [
    { optimizer: { name: 'sgd' } },
    /, optimizer\.momentum: expected a number from 0 to below 1, received nothing\.$/,
  ],
  [
    { optimizer: 'sgd' },
    /, optimizer: expected an object with name \(sgd, adam, adamW\) and what belongs to it, received "sgd"\.$/,
  ],
  [{ optimizer: { name: 'SGD' } }, /, optimizer\.name: expected one of sgd, adam, adamW, received "SGD"\.$/],
  [{ decayVectors: 1 }, /, decayVectors: expected true or false, received 1\.$/],
  [
    { classWeights: [1, -1] },
    /, classWeights\[1\]: expected a number above 0 and up to 1000000, received -1\.$/,
  ],
  [{ classWeights: 'none' }, /, classWeights: expected "equal" or a list of up to 255 numbers above 0/],
  [{ augment: 'x'.repeat(1000) }, /, augment: expected one of replication, paper, none, received "x{79}…\.$/],
  [{ loss: { main: 'rim' } }, /, loss\.main: expected one of crossEntropy, rmi, received "rim"\.$/],
  [
    { loss: { rmi: { lamda: 1 } } },
    /in loss\.rmi \(lambda, radius, pool\), received lamda\. Did you mean lambda\?$/,
  ],
  [
    { loss: { rmi: { radius: 0 } } },
    /, loss\.rmi\.radius: expected a whole number from 1 to 5, received 0\.$/,
  ],
  [
    { loss: { hardExamples: { probability: 0, least: 0.1 } } },
    /, loss\.hardExamples\.probability: expected a number above 0 and up to 1, received 0\.$/,
  ],
  [
    { loss: { imageWeights: { of: 'image' } } },
    /, loss\.imageWeights\.upperBound: expected a number above 0 and up to 1000000, received nothing\.$/,
  ],
  [[], /a JSON object, received a list/],
])('refuses %j by name', (changes, message) => {
  expect(() => mergeConfig(base, changes, 'my.json')).toThrow(message);
});

const epochsOf = (epochs: number[], preset: keyof typeof presets = 'quick') =>
  setOften(presets[preset], { epochs }).phases.map((phase) => phase.epochs);
const ratesOf = (rate: number[]) =>
  setOften(presets.demo, { rate }).phases.map(({ schedule }) => schedule.rate);

test('one number of epochs is shared out as the phases had them, a list is taken as it is', () => {
  // The phases of quick have 32, 4 and 4.
  expect(epochsOf([40])).toEqual([32, 4, 4]);
  expect(epochsOf([20])).toEqual([16, 2, 2]);
  expect(epochsOf([10])).toEqual([8, 1, 1]);
  expect(epochsOf([4])).toEqual([2, 1, 1]);
  expect(epochsOf([3])).toEqual([1, 1, 1]);
  expect(epochsOf([41])).toEqual([33, 4, 4]);
  expect(epochsOf([5, 1, 2])).toEqual([5, 1, 2]);
  expect(epochsOf([7], 'joint-2scale')).toEqual([7]);
  for (let all = 3; all < 60; all++) expect(epochsOf([all]).reduce((sum, epochs) => sum + epochs)).toBe(all);
});

test('a warm-up becomes as much shorter as its phase', () => {
  const [scales] = setOften(presets.quick, { epochs: [10] }).phases;
  expect(scales!.schedule.warmUp).toEqual({ steps: 5 });
});

test('one rate is that of the first phase, and the others keep their ratio to it, ends too', () => {
  expect(ratesOf([12e-3])).toEqual([12e-3, 4e-3, 1e-3]);
  expect(ratesOf([1e-3, 2e-3, 3e-3])).toEqual([1e-3, 2e-3, 3e-3]);
  expect(setOften(presets.demo, { rate: [12e-3] }).phases[0]!.schedule).toMatchObject({ end: 8e-4 });
});

test('batch and crop are set, the rest stays', () => {
  const { phases, ...rest } = setOften(presets.quick, { batch: 2, crop: [32, 64] });
  expect({ phases, ...rest }).toEqual({ ...presets.quick, batch: 2, crop: [32, 64] });
});

test.each([
  [
    { epochs: [2] },
    /^--epochs: expected at least 3 epochs, one for each phase \(scales, attention, refinement\), received 2\./,
  ],
  [{ epochs: [2, 1] }, /^--epochs: expected one number, or 3, one for each phase .* received 2\./],
  [{ rate: [1, 1, 1, 1] }, /^--rate: expected one number, or 3, .* received 4\./],
  [
    { rate: [1000] },
    /^configuration, phases\[0\]\.schedule\.rate: expected a number above 0 and up to 100, received 1000\.$/,
  ],
  [
    { crop: [8, 64] as const },
    /^configuration, crop\[0\]: expected a whole number from 16 to 16384, received 8\.$/,
  ],
  [{ epochs: [1e9] }, /^configuration, phases\[0\]\.epochs: /],
])('%j is refused', (often, message) => {
  expect(() => setOften(presets.quick, often)).toThrow(message);
});

describe('another trunk', () => {
  test.each(['replication-2scale', 'replication-3scale', 'paper'] as const)('in the preset %s', (name) => {
    const { model, ...rest } = setOften(presets[name], { trunk: 'resnet50' });
    expect(model).toEqual({ ...presets[name].model, trunk: { name: 'resnet50', outputStride: 16 } });
    expect({ ...presets[name], ...rest }).toEqual(presets[name]);
  });

  test('brings the pixel statistics of its published weights', () => {
    const { model } = setOften(presets['camvid-2scale'], { trunk: 'hrnetv2' });
    expect(model).toMatchObject({ trunk: { name: 'hrnetv2', width: 18 }, mean: [123.675, 116.28, 103.53] });
  });

  test('that is there already keeps its settings', () => {
    expect(setOften(presets.quick, { trunk: 'mobilenetv2' })).toEqual(presets.quick);
  });

  test('that does not exist is refused with a near name', () => {
    expect(() => setOften(presets.quick, { trunk: 'resnet5' })).toThrow(
      /^model, trunk: expected the name of a trunk, received resnet5\. Did you mean resnet50\?$/,
    );
  });
});

test('every preset can be trained: its sides, scales, phases and pixels fit each other', () => {
  for (const preset of Object.values(presets)) {
    const classes = preset.classWeights === 'equal' ? 19 : preset.classWeights.length;
    expect(() => checkTraining({ ...preset.model, classes }, preset)).not.toThrow();
  }
});

describe('the loss', () => {
  const check = (changes: unknown, classes = 19) => {
    const config = mergeConfig(base, changes, 'my.json');
    checkTraining({ ...config.model, classes }, config);
    return configWarnings({ ...config.model, classes }, config);
  };
  const weights = new Array<number>(19).fill(2);

  test.each<[unknown, RegExp]>([
    [
      { loss: { main: 'rmi', rmi: { pool: 16, radius: 5 } } },
      /^config, crop: expected sides of at least 64: RMI compares regions of 5 × 5 averages of 16 × 16 pixels, received \[48, 128\]\. Enlarge the crop, or lower loss\.rmi\.pool or loss\.rmi\.radius\.$/,
    ],
    [
      { loss: { main: 'rmi', hardExamples: { probability: 0.7, least: 0.1 } } },
      /^config, loss\.hardExamples: expected loss\.main "crossEntropy", to which it belongs, received "rmi"/,
    ],
    [
      { loss: { main: 'rmi' }, classWeights: weights },
      /^config, classWeights: expected "equal": RMI has no class weights/,
    ],
    [
      { loss: { imageWeights: { of: 'image', upperBound: 1 } }, classWeights: weights },
      /^config, classWeights: expected "equal" beside loss\.imageWeights/,
    ],
  ])('%j is refused before anything is trained', (changes, message) => {
    expect(() => check({ crop: [48, 128], ...(changes as object) })).toThrow(message);
  });

  test('settings of RMI without RMI warn', () => {
    expect(check({ loss: { main: 'rmi', rmi: { lambda: 0.3 } } })).toEqual([]);
    expect(check({ loss: { rmi: { lambda: 0.3 } } })).toEqual([
      'loss.rmi has no effect: loss.main is "crossEntropy"',
    ]);
  });

  test('a loss of the attention warns where no phase trains the attention', () => {
    const schedule = { kind: 'constant', rate: 1e-3 };
    const ofPhase = (kind: string) =>
      check({ loss: { attention: 1 }, phases: [{ kind, epochs: 1, schedule }] });
    expect(ofPhase('joint')).toEqual([]);
    expect(ofPhase('refinement')).toEqual([expect.stringMatching(/^loss\.attention has no effect/)]);
  });
});

test('crops too small for HRNet and OCR warn, published ones do not', () => {
  const model = { ...presets.paper.model, classes: 19 };
  const warnings = (height: number, width: number) =>
    configWarnings(model, { ...presets.paper, crop: [height, width] });
  expect(warnings(1024, 2048)).toEqual([]);
  expect(warnings(256, 512)).toEqual([]);
  expect(warnings(128, 256)).toEqual([
    expect.stringMatching(/^at a 128×256 crop and scale 0\.5, the coarsest branch of hrnetv2 is 2 cells/),
  ]);
  expect(warnings(96, 96)).toHaveLength(2);
});

test('a model without an attention has one scale', () => {
  const { model } = presets.quick;
  const none = { ...model, classes: 3, attention: { name: 'none' } } as const;
  const [first] = presets.quick.phases;
  const config = { ...presets.quick, phases: [first!] };
  expect(() => checkTraining(none, config)).toThrow(
    /^scales: expected one scale: the model has no attention/,
  );
  expect(() => checkTraining({ ...none, scales: [1] }, config)).not.toThrow();
});
