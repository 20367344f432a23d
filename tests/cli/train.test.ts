import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate, loadModel, openDataset, type TrainEvent, train } from '../../dist/node/index.js';
import { decodeCheckpoint, presets } from '../../dist/training/index.js';
import { bands, randomPhoto, writeTree } from '../data/files.js';
import { hmsa, start } from '../support/hmsa.js';
import { fast, phase, smallConfig, tinyChanges, tinyConfig } from '../train/tiny.js';
import { untrained, writeModel } from './model.js';

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
const scenes = 'synthetic:count=4,size=48x48';
const photos = { 'train/a.png': randomPhoto('a', 48, 48), 'trainannot/a.png': bands([0, 3], 48, 48) };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-train-'));
  await writeFile(at('tiny.json'), JSON.stringify(tinyChanges));
  const small = { ...tinyChanges.model, trunk: { name: 'small' } };
  await writeFile(at('small.json'), JSON.stringify({ ...tinyChanges, model: small }));
});
afterAll(() => rm(folder, { recursive: true }));

/** One line on stderr, nothing on stdout, exit code 1. */
async function refused(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await hmsa('train', '--quiet', ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd()).not.toContain('\n');
  return stderr;
}

describe('what cannot be trained is one line that names it, and leaves no run behind', () => {
  const json = async (name: string, value: unknown) => {
    await writeFile(at(name), typeof value === 'string' ? value : JSON.stringify(value));
    return at(name);
  };

  test('options', async () => {
    expect(await refused()).toMatch(/^hmsa: --data: expected KIND:PATH, received nothing\. /);
    expect(await refused('--data', 'camvdi:x')).toMatch(/received camvdi:x\. Did you mean camvid\?$/m);
    expect(await refused('--data', scenes, '--preset', 'quik')).toMatch(
      /^hmsa: --preset: .*Did you mean quick\?$/m,
    );
    expect(await refused('--data', scenes, '--preset', 'constructor')).toMatch(
      /^hmsa: --preset: expected the name of a preset, received constructor\. There are: quick, /,
    );
    expect(await refused('--dtaa', scenes)).toMatch(
      /^hmsa: unknown option '--dtaa'\. \(Did you mean --data\?\)$/m,
    );
    expect(await refused('--data', scenes, '--seed', 'x')).toMatch(
      /^hmsa: option '--seed <N>' argument 'x' is invalid\. /,
    );
    expect(await refused('--resume', at('nowhere'))).toMatch(
      /^hmsa: .*nowhere\/run\.json: expected the record of a training run, received none\. /,
    );
  });

  test('configurations', async () => {
    const config = async (changes: unknown) =>
      refused('--data', scenes, '--out', at('none'), '--config', await json('bad.json', changes));
    expect(await config({ bacth: 2 })).toMatch(/bad\.json: .*received bacth\. Did you mean batch\?$/m);
    expect(await config('{"batch": ')).toMatch(
      /bad\.json, line 1, column 11: expected a value after the colon, received the end of the file/,
    );
    expect(await config({ model: { scales: [0.5, 2] } })).toMatch(
      /bad\.json, model\.scales: expected 1 among them/,
    );
    expect(await config({ crop: [16, 64] })).toMatch(/config, crop: expected sides of at least 32/);
    expect(await config({ classWeights: [1, 2] })).toMatch(/config, classWeights: expected 19 weights/);
    await expect(readdir(at('none'))).rejects.toThrow('ENOENT');
  });

  test('data', async () => {
    const data = async (name: string, files: Parameters<typeof writeTree>[1]) => {
      await writeTree(at(name), files);
      return refused(
        '--validation',
        'none',
        '--data',
        `camvid:${at(name)}`,
        '--config',
        at('tiny.json'),
        '--threads',
        '1',
        '--out',
        at(`${name}-out`),
      );
    };
    expect(await refused('--data', `camvid:${at('nowhere')}`)).toMatch(/nowhere/);
    expect(await data('empty', { 'train/notes.txt': '', 'trainannot/notes.txt': '' })).toMatch(
      /split train of .*empty: expected at least one photograph, received none/,
    );
    expect(await data('outside', { ...photos, 'trainannot/a.png': bands([0, 77], 48, 48) })).toMatch(
      /trainannot\/a\.png: expected labels of the 11 classes or void, received value 77 /,
    );
    expect(await data('sizes', { ...photos, 'trainannot/a.png': bands([0, 3], 40, 48) })).toMatch(
      /trainannot\/a\.png: expected a label map of 48×48, .* received 40×48/,
    );
    await writeTree(at('bare'), { 'test/a.png': randomPhoto('a', 48, 48) });
    expect(await refused('--data', `camvid:${at('bare')}`, '--split', 'test', '--out', at('none'))).toMatch(
      /^hmsa: camvid:.*bare, split test: expected photographs with label maps, received 1 without one\. Name a labelled split; [^\n]*$/m,
    );
  });

  test('pretrained weights; the next try into the same folder is none too many', async () => {
    const init = (file: string) =>
      refused('--data', scenes, '--config', at('tiny.json'), '--out', at('init'), '--init', file);
    await writeFile(at('garbage.safetensors'), 'garbage');
    expect(await init(at('missing.safetensors'))).toMatch(
      /missing\.safetensors: expected a file of pretrained weights, received no such file\./,
    );
    expect(await init(at('garbage.safetensors'))).toMatch(/garbage\.safetensors: expected /);
    const other = untrained({ trunk: { name: 'mobilenetv2', width: 1, outputStride: 16 } });
    expect(
      await init(
        await writeModel(at('wide.safetensors'), {
          ...other,
          weights: new Map(
            [...other.weights].filter(
              ([name]) => !name.startsWith('head.decoder') && !name.startsWith('head.aspp'),
            ),
          ),
        }),
      ),
    ).toMatch(/wide\.safetensors: expected /);
    expect(await readdir(at('init')).catch(() => [])).toEqual([]);
  });

  test('a network of which next to nothing fits, unless that is asked for', async () => {
    const other = untrained({ trunk: { name: 'mobilenetv2', width: 1, outputStride: 16 } });
    const init = ['--init', await writeModel(at('other.safetensors'), other)];
    const args = ['--data', scenes, '--config', at('tiny.json'), '--out', at('partial'), ...init];
    expect(await refused(...args)).toMatch(
      /^hmsa: --init .*other\.safetensors: expected weights that fit at least half of the trunk, received .*% of the trunk.*--partial-init\.$/m,
    );
    const short = ['--validation', 'none', '--threads', '1', '--epochs', '2'];
    const { code, stderr } = await hmsa('train', ...args, ...short, '--partial-init');
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /other\.safetensors\n {2}trunk +0% of [\d,]+ numbers taken; starts anew\n {2}head +\d.*; anew: head\./,
    );
  });

  test('flags of the configuration that do not fit it', async () => {
    const flags = (...flags: string[]) => refused('--data', scenes, '--out', at('none'), ...flags);
    expect(await flags('--epochs', '2')).toMatch(/^hmsa: --epochs: expected at least 3 epochs/);
    expect(await flags('--rate', '1,2')).toMatch(/^hmsa: --rate: expected one number, or 3/);
    expect(await flags('--epochs', '1.5')).toMatch(/^hmsa: option '--epochs <N>' argument '1\.5' is invalid/);
    expect(await flags('--crop', '64*32')).toMatch(/argument '64\*32' is invalid\. WIDTHxHEIGHT/);
    expect(await flags('--preset', 'constructor')).toMatch(
      /^hmsa: --preset: expected the name of a preset, received constructor\. There are: quick, /,
    );
    expect(await flags('--batch', '1000', '--crop', '4096x4096')).toMatch(
      /^hmsa: config, batch and crop: expected at most \d+ pixels/,
    );
  });

  test('a device that is missing, and the next try', async () => {
    const args = ['--data', scenes, '--config', at('tiny.json'), '--out', at('device'), '--device', 'cuda'];
    for (let i = 0; i < 2; i++) expect(await refused(...args)).toMatch(/^hmsa: device cuda: expected /);
    await expect(readdir(at('device'))).rejects.toThrow('ENOENT');
  });
});

test('--skip-bad takes other images for those that cannot be read, lists them and ends with 2', async () => {
  await writeTree(at('mixed'), {
    ...photos,
    'train/b.png': randomPhoto('b', 48, 48),
    'trainannot/b.png': bands([0, 3], 48, 48),
    'train/c.png': 'garbage',
    'trainannot/c.png': bands([0, 3], 48, 48),
  });
  const args = ['--data', `camvid:${at('mixed')}`, '--config', at('small.json'), '--validation', 'none'];
  expect(await refused(...args, '--out', at('strict'))).toMatch(/^hmsa: .*c\.png/);
  const { code, stdout, stderr } = await hmsa(
    'train',
    ...args,
    '--out',
    at('skipping'),
    '--quiet',
    '--skip-bad',
  );
  expect({ code, stdout }).toEqual({ code: 2, stdout: `${at('skipping', 'model.safetensors')}\n` });
  expect(stderr).toMatch(/^hmsa: left out: .*c\.png[^\n]*\n$/);
});

describe('a run that fails midway', () => {
  let before: Buffer;
  const checkpoint = (run: string) => readFile(at(run, 'checkpoints', 'last.safetensors'));

  beforeAll(async () => {
    const controller = new AbortController();
    const config = tinyConfig({
      phases: [phase('scales', 1, 1e-5), phase('scales', 24, 100)],
      optimizer: { name: 'sgd', momentum: 0 },
      weightDecay: 100,
      validateEvery: 0,
    });
    const request = { config, data: scenes, session: fast, workers: 0 };
    await train(request, at('run'), {
      signal: controller.signal,
      onEvent: ({ kind }) => kind === 'saved' && controller.abort(),
    });
    before = await checkpoint('run');
  });

  test('the folder of another run is not touched', async () => {
    expect(await refused('--data', scenes, '--out', at('run'))).toMatch(
      /^hmsa: --out: expected a folder without a run, received .*run, which holds one\. Resume it with --resume /,
    );
    expect(Buffer.compare(await checkpoint('run'), before)).toBe(0);
  });

  test('a loss that is NaN names step and tensor, and the last good checkpoint stays', async () => {
    await cp(at('run'), at('nan'), { recursive: true });
    const { code, stderr } = await hmsa('train', '--resume', at('nan'), '--quiet');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^hmsa: step \d+: expected a finite loss and gradient.*, received .*; first not finite: .*\. Lower the learning rate[^\n]*\n$/,
    );
    const { step, values } = decodeCheckpoint(await checkpoint('nan'), 'last.safetensors');
    expect(step).toBeGreaterThanOrEqual(2);
    expect(step).toBeLessThan(Number(/step (\d+)/.exec(stderr)![1]));
    for (const { data } of values.values()) expect((data as Float32Array).every(Number.isFinite)).toBe(true);
  });

  test('a full disk is one line, and the last good checkpoint stays', async () => {
    await cp(at('run'), at('full'), { recursive: true });
    // No file of more than 100 KiB: the record can be written, the checkpoint cannot.
    const limited = ['bash', '-c', 'ulimit -f 100; exec "$0" "$@"', process.execPath];
    const bin = new URL('../../bin/hmsa.js', import.meta.url).pathname;
    const { code, stderr } = await start(['train', '--resume', at('full'), '--quiet'], [...limited, bin])
      .outcome;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^hmsa: .*last\.safetensors: expected a place to write this file, received [^\n]*\n$/,
    );
    expect(await readdir(at('full', 'checkpoints'))).toEqual(['last.safetensors']);
    expect(Buffer.compare(await checkpoint('full'), before)).toBe(0);
  });

  test('a checkpoint that is damaged is named', async () => {
    await cp(at('run'), at('damaged'), { recursive: true });
    await writeFile(at('damaged', 'checkpoints', 'last.safetensors'), before.subarray(0, 1000));
    expect(await hmsa('train', '--resume', at('damaged'), '--quiet')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^hmsa: .*last\.safetensors: expected [^\n]*\n$/),
    });
  });
});

test('one network for each scale, the paper’s attention: trained in three steps, evaluated in every combination', async () => {
  const config = smallConfig({
    model: { weights: 'perScale', attention: { name: 'paper', channels: 4 } },
    phases: ['scales', 'attention', 'refinement'].map((kind) => phase(kind, 1, 1e-3)),
    validateEvery: 0,
    classUniform: 0.5,
  });
  const events: TrainEvent[] = [];
  const { file } = await train({ config, data: scenes, session: fast }, at('per-scale'), {
    onEvent: (event) => events.push(event),
  });
  expect(new Set(events.map(({ kind }) => kind))).toEqual(
    new Set(['preparing', 'planned', 'warning', 'step', 'saved']),
  );
  expect(events.find(({ kind }) => kind === 'warning')).toMatchObject({
    what: expect.stringMatching(/^no crop can be centred on [a-z, ]+, because the training data have none$/),
  });
  const segmenter = await loadModel(file, { threads: 1 });
  const dataset = await openDataset(scenes, { split: 'val' });
  for (const [combine, scales] of [
    ['hierarchical', [0.5, 1]],
    ['average', [0.5, 1]],
    ['max', [0.5, 1]],
    ['single', [0.5]],
    ['single', [1]],
  ] as const) {
    const { images, pixelAccuracy } = await evaluate(segmenter, dataset, { combine, scales });
    expect(images).toBe(4);
    expect(pixelAccuracy).toBeGreaterThanOrEqual(0);
  }
  await expect(evaluate(segmenter, dataset, { scales: [0.5, 1, 2] })).rejects.toThrow(
    /^scales: expected some of the trained scales 0\.5, 1, received \[0\.5, 1, 2\]\./,
  );
  await segmenter.dispose();
});

describe('the command', () => {
  test('prints the score and the model on stdout, progress and warnings on stderr', async () => {
    await writeFile(
      at('wide.json'),
      JSON.stringify({
        ...tinyChanges,
        phases: [phase('scales', 1, 1e-3)],
        model: { ...tinyChanges.model, head: { ...tinyChanges.model.head, asppRates: [4] } },
      }),
    );
    const model = await writeModel(
      at('start.safetensors'),
      untrained({ trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 16 } }),
    );
    const { code, stdout, stderr } = await hmsa(
      'train',
      '--data',
      scenes,
      '--config',
      at('wide.json'),
      '--init',
      model,
      '--threads',
      '1',
      '--out',
      at('plain'),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^class .*\n/);
    expect(stdout).toMatch(/\nmean IoU .*\n/);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(at('plain', 'model.safetensors'));
    expect(stderr).toMatch(
      /hmsa: warning: at a 32×32 crop and scale 0\.5, ASPP rates 4 reach past the features/,
    );
    expect(stderr).toMatch(
      /weights of the model .*start\.safetensors\n {2}trunk +100% of .*\n {2}head +92\.6% of .* taken; anew: head\.classifier\n/,
    );
    expect(stderr).toMatch(/phase scales {2}step 1\/2 {2}loss \d.* rate .* {2}data waits .*% {2}\d+ MiB\n/);
    expect(stderr).toMatch(
      /trained to step 2 in \d+ s; try: npx hmsa segment PHOTO --model .*model\.safetensors\n$/,
    );
    expect(stderr).not.toContain('saved');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what must not be there
    expect(stdout + stderr).not.toMatch(/\x1b/);
  });

  test('--print-config prints what would be trained, and trains nothing', async () => {
    const printed = async (...args: string[]) => {
      const { code, stdout, stderr } = await hmsa('train', '--print-config', ...args);
      expect(code).toBe(0);
      return { config: JSON.parse(stdout), stderr };
    };
    const flags = ['--epochs', '10', '--batch', '3', '--crop', '96x64', '--rate', '1e-3', '--seed', '7'];
    const { config } = await printed(...flags, '--out', at('unborn'));
    expect(config).toMatchObject({ batch: 3, crop: [64, 96], seed: 7, model: presets.quick.model });
    expect(config.phases.map(({ epochs }: { epochs: number }) => epochs)).toEqual([8, 1, 1]);
    expect(config.phases.map(({ schedule }: { schedule: { rate: number } }) => schedule.rate)).toEqual([
      1e-3, 5e-4, 1e-4,
    ]);
    await expect(readdir(at('unborn'))).rejects.toThrow('ENOENT');
    // An editor finds the schema by the path from the working folder, which is the one of the package here.
    expect(config.$schema).toBe('./schema/train-config.schema.json');
    const within = await printed('--preset', 'joint-2scale', '--memory', '700MB', '--crop', '96x64');
    expect(within.stderr).toMatch(/^memory: for 19 classes .*\nmemory: \d+ MB of 700 MB predicted/);
    expect(within.config).toMatchObject({ memory: '700MB', crop: [64, 96] });
    // What is printed is a whole configuration.
    await writeFile(at('printed.json'), JSON.stringify(config));
    expect((await printed('--preset', 'demo', '--config', at('printed.json'))).config).toEqual(config);
    // The preset finetune fits its crop to small photographs, unless the crop is said.
    await writeTree(at('small'), {
      'train/a.png': randomPhoto('a', 200, 100),
      'trainannot/a.png': bands([0, 3], 200, 100),
    });
    const finetune = ['--preset', 'finetune', '--data', `camvid:${at('small')}`];
    const fitted = await printed(...finetune);
    expect(fitted.config.crop).toEqual([96, 192]);
    expect(fitted.stderr).toBe('crop 192x96, to fit the photographs (--crop sets another)\n');
    expect((await printed(...finetune, '--crop', '64')).config.crop).toEqual([64, 64]);
  });

  test.each(['train', 'evaluate', 'segment', 'info', 'data inspect', 'data synth', 'data preview'])(
    'hmsa %s --help has an example',
    async (command) => {
      const { code, stdout, stderr } = await hmsa(...command.split(' '), '--help');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`Examples?:\\n {2}npx hmsa ${command}`));
    },
  );
});
