import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { camvid } from '../../../src/data/index.js';
import { encodeModel, type Model } from '../../../src/model/file/index.js';
import { encodeJpeg, encodePng } from '../../../src/node/images/index.js';
import { encodeCheckpoint, presets } from '../../../src/training/index.js';
import { smallModels } from '../../contract/small-models.js';
import { randomWeights } from '../../support/random-weights.js';

const weightFolder = new URL('../../golden/fixtures/checkpoints/', import.meta.url);
/** Most are without checksums, so that their pickles are met. */
const weightFiles = [
  'training-legacy.pth',
  'layouts-legacy.pth',
  'types-legacy.pth',
  'no-checksums.pth',
  'protocol-4.pth',
  'big-endian.npz',
  'types.safetensors',
];

/** Whole files of each kind. @param folder gets the data set that class files are read for */
export async function makeSamples(folder: string): Promise<Record<string, readonly Uint8Array[]>> {
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
  return {
    'model files': [...models, withoutChecksum(models[0]!)],
    checkpoints: [encodeCheckpoint({ step: 3, values: weights })],
    'models, signed again': models,
    'checkpoints, signed again': [encodeCheckpoint({ step: 0, values: weights })],
    'pretrained weights': [models[0]!, withoutChecksum(models[0]!)],
    'weights of others': await Promise.all(
      weightFiles.map((file) => readFile(new URL(file, weightFolder)).then((bytes) => new Uint8Array(bytes))),
    ),
    images: [png, jpeg],
    'label maps': [label],
    'class files': [
      text({
        classes: [
          { name: 'a', id: 0, color: '#804080' },
          { name: 'b', id: 1, color: '#00ff00' },
        ],
      }),
      new TextEncoder().encode('road\nsky\n'),
      new TextEncoder().encode('name,r,g,b\nroad,128,64,128\nsky,0,0,255\n'),
    ],
    'training configurations': [text(presets.quick), text({ batch: 2, model: { trunk: { width: 0.5 } } })],
    'run folders': [
      text({ config: presets.quick, data: `folder:${join(folder, 'none')}`, step: 2, steps: 4, parts: [] }),
    ],
  };
}

/** The same file as version 0.1 wrote it, so that mutations get past the checksum. */
function withoutChecksum(file: Uint8Array): Uint8Array {
  const bytes = Buffer.from(file);
  const end = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, end));
  delete header.__metadata__.crc32;
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, bytes.subarray(end)]));
}
