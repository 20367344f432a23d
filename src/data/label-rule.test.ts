import { describe, expect, test } from 'vitest';
import { VOID } from './contracts.js';
import type { LabelImage } from './label-image.js';
import { labelReader } from './label-rule.js';
import { ade20kLabels } from './sets/ade20k.js';
import { camvidColorLabels, camvidIndexLabels } from './sets/camvid.js';
import { cityscapesLabels } from './sets/cityscapes.js';

const index = (...values: number[]): LabelImage => ({
  kind: 'index',
  width: values.length,
  height: 1,
  data: Uint16Array.from(values),
});
const colors = (...list: [number, number, number][]): LabelImage => ({
  kind: 'rgb',
  width: list.length,
  height: 1,
  data: Uint8Array.from(list.flat()),
});

describe('values', () => {
  const read = labelReader(cityscapesLabels.byValue);

  test('Cityscapes ids become train ids, what is not scored becomes void', () => {
    const reading = read(index(0, 3, 7, 8, 11, 17, 18, 26, 33, 255));
    expect([...reading.data]).toEqual([VOID, VOID, 0, 1, 2, 5, VOID, 13, 18, VOID]);
    expect(reading.unknown.size).toBe(0);
  });

  test('a value outside the map is void and counted', () => {
    const reading = read(index(7, 34, 34, 300));
    expect([...reading.data]).toEqual([0, VOID, VOID, VOID]);
    expect(reading.unknown).toEqual(
      new Map([
        ['34', 2],
        ['300', 1],
      ]),
    );
  });

  test('a grey picture stored as RGB is read by its values, a coloured one is all unknown', () => {
    expect([...read(colors([7, 7, 7], [8, 8, 8])).data]).toEqual([0, 1]);
    const reading = read(colors([7, 7, 7], [8, 8, 9]));
    expect([...reading.data]).toEqual([VOID, VOID]);
    expect([...reading.unknown.keys()]).toEqual(['#070707', '#080809']);
  });

  test('ADE20K counts from 1, CamVid ends with void', () => {
    expect([...labelReader(ade20kLabels.byValue)(index(0, 1, 150)).data]).toEqual([VOID, 0, 149]);
    const camvid = labelReader(camvidIndexLabels.byValue)(index(0, 10, 11, 12));
    expect([...camvid.data]).toEqual([0, 10, VOID, VOID]);
    expect([...camvid.unknown.keys()]).toEqual(['12']);
  });

  test('instance maps hold the id in the high byte', () => {
    const instances = labelReader({ by: 'value', trainIds: [[13, 4]], instances: 256 });
    expect([...instances(index(13 * 256, 13 * 256 + 255)).data]).toEqual([4, 4]);
    expect([...instances(index(13)).unknown.keys()]).toEqual(['13']);
  });
});

describe('colours', () => {
  const read = labelReader(camvidColorLabels.byColor);

  test("CamVid's 32 colours come to 11 classes", () => {
    const reading = read(colors([128, 64, 128], [128, 0, 192], [64, 192, 0], [0, 0, 0], [1, 2, 3]));
    expect([...reading.data]).toEqual([3, 3, 1, VOID, VOID]);
    expect(reading.unknown).toEqual(new Map([['#010203', 1]]));
  });

  test('a palette image is read by its colours', () => {
    const image: LabelImage = {
      kind: 'index',
      width: 2,
      height: 1,
      data: Uint8Array.of(1, 0),
      palette: [
        [0, 0, 0],
        [128, 128, 128],
      ],
    };
    expect([...read(image).data]).toEqual([0, VOID]);
  });

  test('of two labels with one colour the scored one is meant', () => {
    const pole = cityscapesLabels.labels[17]!;
    expect(cityscapesLabels.labels[18]!.color).toEqual(pole.color);
    expect([...labelReader(cityscapesLabels.byColor)(colors([...pole.color])).data]).toEqual([5]);
  });

  test('a photograph taken for a label map stays bounded', () => {
    const data = new Uint8Array(300 * 300 * 3);
    for (let i = 0; i < 90_000; i++) data.set([i & 255, i >> 8, 77], i * 3);
    expect(read({ kind: 'rgb', width: 300, height: 300, data }).unknown.size).toBe(4096);
  });
});
