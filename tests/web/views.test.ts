import { expect, test } from 'vitest';
import { Scribbles } from '../../apps/web/scribbles.js';
import { sharesOf, winners } from '../../apps/web/views.js';

const size = { width: 3, height: 1, labels: new Uint8Array(3), seen: { width: 3, height: 1 } };
const labels = new Uint8Array(3);

test('adjacent attention replaces what the higher scales agree on', () => {
  const scales = [
    { scale: 2, labels },
    { scale: 1, labels, attention: Float32Array.of(0, 0.5, 1) },
    { scale: 0.5, labels, attention: Float32Array.of(0.25, 0.5, 0) },
  ];
  const shares = sharesOf({ ...size, scales })!;
  expect(shares.map(({ scale, share }) => [scale, [...share]])).toEqual([
    [2, [0.75, 0.25, 0]],
    [1, [0, 0.25, 1]],
    [0.5, [0.25, 0.5, 0]],
  ]);
  expect([...winners(shares)]).toEqual([0, 2, 1]);
});

test('shares over all scales stand for themselves; one scale, or none with attention, has no shares', () => {
  const [a, b] = [Float32Array.of(0.2, 0.5, 1), Float32Array.of(0.8, 0.5, 0)];
  const scales = [
    { scale: 1, labels, attention: a },
    { scale: 0.5, labels, attention: b },
  ];
  expect(sharesOf({ ...size, scales })!.map(({ share }) => share)).toEqual([a, b]);
  expect(sharesOf({ ...size, scales: scales.slice(1) })).toBeUndefined();
  expect(sharesOf({ ...size, scales: scales.map(({ attention: _, ...scale }) => scale) })).toBeUndefined();
});

test('strokes are lines of round dots without gaps, within the picture, and are undone one by one', () => {
  const scribbles = new Scribbles(8, 3);
  scribbles.begin();
  scribbles.line([-1, 1], [6, 1], 1, 4);
  expect([...scribbles.labels.subarray(8, 16)]).toEqual([4, 4, 4, 4, 4, 4, 4, 4]);
  expect(scribbles.classes).toBe(1);
  scribbles.begin();
  scribbles.dot(0, 1, 0.5, undefined);
  expect(scribbles.labels[8]).toBe(255);
  scribbles.undo();
  expect(scribbles.labels[8]).toBe(4);
  scribbles.undo();
  expect(scribbles.classes).toBe(0);
});
