import { writeFile } from 'node:fs/promises';
import { type ClassMap, camvid } from '../../dist/data/index.js';
import { encodeModel, type Model } from '../../dist/model/file/index.js';
import { imagenetPixels, type ModelConfig } from '../../dist/model/index.js';
import { randomWeights } from '../support/random-weights.js';

/** An untrained model: enough for whatever does not depend on what it has learned. */
export function untrained(changes: Partial<ModelConfig> = {}, classes: ClassMap = camvid): Model {
  const config: ModelConfig = {
    classes: classes.names.length,
    trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 16 },
    head: { name: 'deeplabv3plus', asppRates: [1], channels: 8, lowLevelChannels: 8, separable: true },
    attention: { name: 'transposed', depthwise: true },
    scales: [0.5, 1],
    weights: 'shared',
    ...imagenetPixels,
    ...changes,
  };
  return { config, classes, weights: randomWeights(config) };
}

export async function writeModel(file: string, model: Model): Promise<string> {
  await writeFile(file, encodeModel(model));
  return file;
}
