import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { camvid } from '../../../src/data/index.js';
import { decodeModel, encodeModel, type Model } from '../../../src/model-file/index.js';
import { openDataset } from '../../../src/node/datasets/index.js';
import { decodeImage, decodeLabels, encodeJpeg, encodePng } from '../../../src/node/images/index.js';
import { readTrainConfig, resumeTraining } from '../../../src/node/jobs/index.js';
import { decodeCheckpoint, encodeCheckpoint, presets, transferFolded } from '../../../src/train/index.js';
import { readSafetensors } from '../../../src/weights/index.js';
import { smallModels } from '../../contract/small-models.js';
import { randomWeights } from '../../support/random-weights.js';

/** One kind of file: whole ones, and what reads them. */
export interface Target {
  readonly samples: readonly Uint8Array[];
  /** Reads a file and says what is wrong with the result, if anything. Throws what the reader throws. */
  readonly read: (bytes: Uint8Array) => Promise<string | undefined>;
}

export interface Targets {
  readonly byName: Readonly<Record<string, Target>>;
  close(): Promise<void>;
}

export async function openTargets(): Promise<Targets> {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-fuzz-'));
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value, null, 1));
  const photo = { width: 40, height: 30, data: Uint8Array.from({ length: 3600 }, (_, i) => (i * 7) % 251) };
  const mask = {
    width: 40,
    height: 30,
    data: Uint8Array.from({ length: 1200 }, (_, i) => (i % 40 < 20 ? 0 : 1)),
  };
  const [png, jpeg, label] = await Promise.all([encodePng(photo), encodeJpeg(photo), encodePng(mask)]);
  const data = join(folder, 'data');
  for (const part of ['images', 'masks']) await mkdir(join(data, part), { recursive: true });
  await writeFile(join(data, 'images', 'a.png'), png);
  await writeFile(join(data, 'masks', 'a.png'), label);

  const [config] = Object.values(smallModels) as [Model['config']];
  const small = { ...config, classes: 11, trunk: { ...config.trunk, width: 0.1 } };
  const weights = randomWeights(small);
  const models = (['float32', 'float16'] as const).map((precision) =>
    encodeModel({ config: small, classes: camvid, weights }, precision),
  );
  const originals = models.map((bytes) => decodeModel(bytes, 'model'));
  const isOriginal = ({ weights: read }: Model) =>
    originals.some((original) =>
      [...original.weights].every(([name, { data }]) =>
        data.every((value, i) => read.get(name)!.data[i] === value),
      ),
    );

  const byName: Record<string, Target> = {
    'model files': {
      samples: models,
      async read(bytes) {
        const model = decodeModel(bytes, 'model.safetensors');
        // Without its key the checksum is not compared.
        const isHeld = Buffer.from(bytes.subarray(0, 65_536)).includes('"crc32"');
        return isHeld && !isOriginal(model) ? 'other weights than were written' : undefined;
      },
    },
    checkpoints: {
      samples: [encodeCheckpoint({ step: 3, values: weights })],
      async read(bytes) {
        const { step } = decodeCheckpoint(bytes, 'last.safetensors');
        const isHeld = Buffer.from(bytes.subarray(0, 65_536)).includes('"crc32"');
        return isHeld && step !== 3 ? `step ${step}` : undefined;
      },
    },
    'pretrained weights': {
      samples: [models[0]!],
      async read(bytes) {
        transferFolded(
          weights,
          readSafetensors(bytes, 'init.safetensors', { gaps: true }),
          'init.safetensors',
          config,
        );
        return undefined;
      },
    },
    images: {
      samples: [png, jpeg],
      async read(bytes) {
        const { width, height, data } = await decodeImage(bytes);
        return data.length === 3 * width * height ? undefined : `${data.length} bytes for ${width}×${height}`;
      },
    },
    'label maps': {
      samples: [label],
      async read(bytes) {
        const { width, height } = await decodeLabels(bytes);
        return width > 0 && height > 0 ? undefined : `${width}×${height}`;
      },
    },
    'class files': {
      samples: [
        text({
          classes: [
            { name: 'a', id: 0, color: '#804080' },
            { name: 'b', id: 1, color: '#00ff00' },
          ],
        }),
        new TextEncoder().encode('road\nsky\n'),
        new TextEncoder().encode('name,r,g,b\nroad,128,64,128\nsky,0,0,255\n'),
      ],
      async read(bytes) {
        const classes = join(
          folder,
          bytes[0] === 0x7b ? 'classes.json' : bytes.includes(0x2c) ? 'classes.csv' : 'classes.txt',
        );
        await writeFile(classes, bytes);
        const dataset = await openDataset(`folder:${data}`, { split: 'all', classes });
        const { names } = dataset.classes;
        return names.length > 0 && names.every((name) => typeof name === 'string')
          ? undefined
          : `classes ${names}`;
      },
    },
    'training configurations': {
      samples: [text(presets.quick), text({ batch: 2, model: { trunk: { width: 0.5 } } })],
      async read(bytes) {
        const file = join(folder, 'config.json');
        await writeFile(file, bytes);
        const { batch } = await readTrainConfig('quick', file);
        return Number.isInteger(batch) && batch > 0 ? undefined : `batch ${batch}`;
      },
    },
    'run folders': {
      samples: [
        text({ config: presets.quick, data: `folder:${join(folder, 'none')}`, step: 2, steps: 4, parts: [] }),
      ],
      async read(bytes) {
        const run = join(folder, 'run');
        await mkdir(join(run, 'checkpoints'), { recursive: true });
        await writeFile(join(run, 'run.json'), bytes);
        // Its data are not there, so that no run goes on.
        await resumeTraining(run, { signal: AbortSignal.abort() });
        return 'went on without data';
      },
    },
  };
  return { byName, close: () => rm(folder, { recursive: true, force: true }) };
}
