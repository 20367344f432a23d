import type { Pixels } from '../../dist/base/pixels.js';
import type { Model } from '../../dist/model/file/index.js';
import { openSessionInThread } from '../../dist/node/session/index.js';
import { observe, quantizedModel, rangeBy } from '../../dist/prediction/quantization/index.js';

/** A model with every convolution in 8 bits, calibrated on an image. */
export async function quantizedOn(image: Pixels, model: Model): Promise<Model> {
  const { scales } = model.config;
  const session = { threads: 1 };
  const { layers, histograms } = await observe(model, [image], {
    scales,
    combine: 'hierarchical',
    open: (graph) => openSessionInThread(graph, session),
    session,
  });
  const ranges = new Map([...histograms].map(([key, each]) => [key, rangeBy('extremes', each)]));
  return quantizedModel(model, { layers: new Set(layers), ranges });
}
