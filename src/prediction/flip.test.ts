import { expect, test } from 'vitest';
import { averaged, mirrored } from './flip.js';

test('a mirror image has left and right exchanged', () => {
  const image = { data: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), width: 2, height: 2 };
  expect([...mirrored(image).data]).toEqual([4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9]);
  expect(mirrored(mirrored(image))).toEqual(image);
});

test('logits are averaged pixel by pixel of the image, and labels and confidence follow from them', () => {
  const size = { width: 2, height: 1, seen: { width: 2, height: 1 }, labels: new Uint8Array(2) };
  const own = { ...size, logits: Float32Array.from([1, 0, 0, 2]) };
  // Of the mirror image: class 0 has 6 and 5, class 1 has 3 and 1, from its left to its right.
  const other = { ...size, logits: Float32Array.from([6, 5, 3, 1]) };
  const { labels, confidence, logits } = averaged(own, other, { isProbability: false, withConfidence: true });
  expect([...logits]).toEqual([3, 3, 0.5, 2.5]);
  expect([...labels]).toEqual([0, 0]);
  const softmax = (a: number, b: number) => Math.exp(a) / (Math.exp(a) + Math.exp(b));
  expect(confidence[0]).toBeCloseTo(softmax(3, 0.5), 6);
  expect(confidence[1]).toBeCloseTo(softmax(3, 2.5), 6);
});
