import type { Sample } from '../../data/index.js';
import type { Segmenter } from '../../predict/index.js';
import type { Pixels } from '../images/index.js';
import { colorize, heatmap } from '../jobs/index.js';

/**
 * One scene as a strip: the photograph, its true labels, what each scale says, what the hierarchy says, and how much
 * each lower scale is trusted.
 */
export async function comparisonPicture(
  segmenter: Segmenter,
  { image, label, width, height }: Sample,
): Promise<Pixels> {
  const { classes } = segmenter.model;
  const found = await segmenter.segment({ data: image, width, height }, { details: true });
  const colored = (labels: Uint8Array) => colorize(labels, width, height, classes);
  const scales = found.scales!;
  return sideBySide([
    { data: image, width, height },
    ...(label === undefined ? [] : [colored(label)]),
    ...scales.map(({ labels }) => colored(labels)),
    colored(found.labels),
    ...scales.flatMap(({ attention }) =>
      attention === undefined ? [] : [heatmap(attention, width, height)],
    ),
  ]);
}

/** RGB pictures of one size in a row. */
function sideBySide(pictures: readonly Pixels[]): Pixels {
  const { width, height } = pictures[0]!;
  const row = width * 3;
  const data = new Uint8Array(pictures.length * row * height);
  pictures.forEach((picture, i) => {
    for (let y = 0; y < height; y++) {
      data.set(picture.data.subarray(y * row, (y + 1) * row), (y * pictures.length + i) * row);
    }
  });
  return { data, width: width * pictures.length, height };
}
