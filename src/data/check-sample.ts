import { HmsaError, isRecord, shown } from '../base/errors/index.js';
import { type LabelMap, type Sample, VOID } from './contracts.js';

/**
 * Checks a sample, or a part of one. Anybody may have written the data set, and training would use a wrong sample
 * silently.
 *
 * @param index of the sample; errors use it if the sample has no id
 * @param classes number of classes
 * @throws HmsaError that names the sample
 */
export function checkSample(sample: Sample, index: number, classes: number): void {
  const isThere = isRecord(sample);
  const isNamed = isThere && typeof sample.id === 'string' && sample.id !== '';
  const operation = isNamed ? sample.id : `sample ${index} of the data set`;
  const need = needOf(operation);
  need(isThere, 'an object { image, label, width, height, id }', shown(sample));
  need(isNamed, 'an id, a text', shown(sample.id));
  const { image, label, width, height } = sample;
  for (const side of [width, height]) {
    need(Number.isInteger(side) && side >= 1, 'a width and a height in pixels', `${width}×${height}`);
  }
  const pixels = width * height;
  need(
    image instanceof Uint8Array && image.length === 3 * pixels,
    `an image of ${3 * pixels} bytes, RGB of ${width}×${height}`,
    bytes(image),
  );
  if (label !== undefined) checkLabelMap({ label, width, height }, operation, classes);
}

/** Checks a label map alone. @throws HmsaError */
export function checkLabelMap({ label, width, height }: LabelMap, operation: string, classes: number): void {
  const pixels = width * height;
  const need = needOf(operation);
  need(
    label instanceof Uint8Array && label.length === pixels,
    `a label of ${pixels} bytes, the train ids of ${width}×${height}`,
    bytes(label),
  );
  const unknown = label.find((id) => id >= classes && id !== VOID);
  need(unknown === undefined, `train ids of 0 … ${classes - 1}, or ${VOID} for void`, String(unknown));
}

function needOf(operation: string) {
  return (holds: boolean, expected: string, received: string): void => {
    if (!holds) throw new HmsaError({ operation, expected, received, remedy: 'Correct the data set.' });
  };
}

function bytes(data: unknown): string {
  return data instanceof Uint8Array ? `${data.length} bytes` : shown(data);
}
