// What reads each kind of file, as it was built. Runs in the process of child.mjs.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readWeights } from '../../../dist/model/checkpoints/read-weights.js';
import { decodeModel } from '../../../dist/model/file/index.js';
import { readSafetensors } from '../../../dist/model/weights/index.js';
import { openDataset } from '../../../dist/node/datasets/index.js';
import { decodeImage, decodeLabels } from '../../../dist/node/images/index.js';
import { readTrainConfig, resumeTraining } from '../../../dist/node/jobs/index.js';
import { checkCheckpoint, decodeCheckpoint, presets, transferFolded } from '../../../dist/training/index.js';

/**
 * By kind, what reads a file and says what is wrong with the result, if anything; it throws what the reader throws.
 *
 * @param {string} folder where files may be written
 * @param {Readonly<Record<string, readonly Uint8Array[]>>} samples whole files of each kind
 * @returns {Record<string, (bytes: Uint8Array) => Promise<string | undefined>>}
 */
export function openReaders(folder, samples) {
  const originals = samples['model files'].map((bytes) => decodeModel(bytes, 'model'));
  const { weights, config } = originals[0];
  const isOriginal = (model) =>
    originals.some((original) =>
      [...original.weights].every(([name, { data }]) =>
        data.every((value, i) => model.weights.get(name).data[i] === value),
      ),
    );
  // Without its key the checksum is not compared.
  const isHeld = (bytes) => Buffer.from(bytes.subarray(0, 65_536)).includes('"crc32"');
  return {
    async 'model files'(bytes) {
      const model = decodeModel(bytes, 'model.safetensors');
      return isHeld(bytes) && !isOriginal(model) ? 'other weights than were written' : undefined;
    },
    async checkpoints(bytes) {
      const { step } = decodeCheckpoint(bytes, 'last.safetensors');
      return isHeld(bytes) && step !== 3 ? `step ${step}` : undefined;
    },
    async 'models, signed again'(bytes) {
      const { weights } = decodeModel(bytes, 'model.safetensors');
      return impossible(weights);
    },
    async 'checkpoints, signed again'(bytes) {
      const checkpoint = decodeCheckpoint(bytes, 'last.safetensors');
      const { step, values } = checkCheckpoint(config, presets.quick, 4, checkpoint, 'last.safetensors');
      // Behind the first step lies the state of the optimiser, which the file does not hold.
      return step === 0
        ? impossible(new Map([...values].filter(([name]) => weights.has(name))))
        : `step ${step}`;
    },
    async 'pretrained weights'(bytes) {
      const file = readSafetensors(bytes, 'init.safetensors', { gaps: true });
      transferFolded(weights, file, 'init.safetensors', config);
      return undefined;
    },
    async 'weights of others'(bytes) {
      for (const [name, { shape, read }] of readWeights(bytes, 'weights.pth').tensors) {
        const { data } = read();
        const count = shape.reduce((product, side) => product * side, 1);
        if (data.length !== count) return `${name}: ${data.length} numbers for the shape [${shape}]`;
      }
      return undefined;
    },
    async images(bytes) {
      const { width, height, data } = await decodeImage(bytes);
      return data.length === 3 * width * height ? undefined : `${data.length} bytes for ${width}×${height}`;
    },
    async 'label maps'(bytes) {
      const { width, height } = await decodeLabels(bytes);
      return width > 0 && height > 0 ? undefined : `${width}×${height}`;
    },
    async 'class files'(bytes) {
      const ending = bytes[0] === 0x7b ? 'json' : bytes.includes(0x2c) ? 'csv' : 'txt';
      const classes = join(folder, `classes.${ending}`);
      await writeFile(classes, bytes);
      const dataset = await openDataset(`folder:${join(folder, 'data')}`, { split: 'all', classes });
      const { names } = dataset.classes;
      return names.length > 0 && names.every((name) => typeof name === 'string')
        ? undefined
        : `classes ${names}`;
    },
    async 'training configurations'(bytes) {
      const file = join(folder, 'config.json');
      await writeFile(file, bytes);
      const { batch } = await readTrainConfig('quick', file);
      return Number.isInteger(batch) && batch > 0 ? undefined : `batch ${batch}`;
    },
    async 'run folders'(bytes) {
      const run = join(folder, 'run');
      await mkdir(join(run, 'checkpoints'), { recursive: true });
      await writeFile(join(run, 'run.json'), bytes);
      // Its data are not there, so that no run goes on.
      await resumeTraining(run, { signal: AbortSignal.abort() });
      return 'went on without data';
    },
  };
}

/** What no network holds: numbers that are not finite, and variances below 0. */
function impossible(weights) {
  for (const [name, { data }] of weights) {
    const least = name.endsWith('running_var') ? 0 : Number.NEGATIVE_INFINITY;
    const wrong = data.find((value) => !Number.isFinite(value) || value < least);
    if (wrong !== undefined) return `${wrong} in ${name}`;
  }
  return undefined;
}
