import { join } from 'node:path';
import type { Pixels } from '../../base/pixels.js';
import type { Dataset } from '../../data/index.js';
import { writeFileAtomic } from '../../node/files/index.js';
import { encodePng } from '../../node/images/index.js';
import type { Segmenter } from '../../prediction/index.js';
import type { Shown } from '../../report/pages/index.js';
import { colorize, heatmap } from '../../report/pictures/index.js';

/** Number of scenes with pictures. */
const SCENES = 4;

/**
 * Writes pictures of the first scenes of a data set below `unseen/`: the scene, its true classes, the labels of each
 * scale from high to low, the labels of the hierarchy, and the attention of each lower scale.
 *
 * @throws HmsaError when a picture cannot be written
 */
export async function segmentUnseen(segmenter: Segmenter, scenes: Dataset, out: string): Promise<Shown[]> {
  const { classes } = segmenter.model;
  const result: Shown[] = [];
  for (let i = 0; i < Math.min(SCENES, scenes.length); i++) {
    const { image, label, width, height } = await scenes.get(i);
    const found = await segmenter.segment({ data: image, width, height }, { details: true });
    const colored = (labels: Uint8Array) => colorize(labels, width, height, classes);
    const panels: [ending: string, pixels: Pixels][] = [['photo', { data: image, width, height }]];
    if (label !== undefined) panels.push(['truth', colored(label)]);
    for (const { scale, labels } of found.scales!) panels.push([`labels@${scale}`, colored(labels)]);
    panels.push(['hierarchy', colored(found.labels)]);
    for (const { scale, attention } of found.scales!) {
      if (attention !== undefined) panels.push([`attention@${scale}`, heatmap(attention, width, height)]);
    }
    const pictures: string[] = [];
    for (const [ending, pixels] of panels) {
      const path = `unseen/scene-${i + 1}.${ending}.png`;
      await writeFileAtomic(join(out, path), await encodePng(pixels));
      pictures.push(path);
    }
    result.push({ source: `unseen street ${i + 1}`, pictures });
  }
  return result;
}
