import { describe, expect, test } from 'vitest';
import { HmsaError } from '../base/errors/index.js';
import { cityscapes } from '../data/sets/cityscapes.js';
import * as classes from './classes.js';
import { parseSyntheticOptions, SyntheticDataset } from './dataset.js';
import { renderScene, type Scene } from './scene.js';

const size = { width: 160, height: 80 };
const scenes = Array.from({ length: 40 }, (_, index) => renderScene({ seed: 5, index, ...size }));

/** The label map that the outlines give, one drawn over the other. */
function fillPolygons({ polygons, width, height }: Scene): Uint8Array {
  const map = new Uint8Array(width * height).fill(classes.SKY);
  for (const { label, points } of polygons) {
    for (let row = 0; row < height; row++) {
      const crossings: number[] = [];
      points.forEach(([x, y], i) => {
        const [px, py] = points[(i + points.length - 1) % points.length]!;
        if (y <= row + 0.5 !== py <= row + 0.5) crossings.push(x + ((row + 0.5 - y) / (py - y)) * (px - x));
      });
      crossings.sort((a, b) => a - b);
      for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
        const from = Math.max(0, Math.ceil(crossings[pair]! - 0.5));
        const to = Math.min(width, Math.ceil(crossings[pair + 1]! - 0.5));
        if (from < to) map.fill(label, row * width + from, row * width + to);
      }
    }
  }
  return map;
}

describe('renderScene', () => {
  test('is a pure function of its options', () => {
    const again = renderScene({ seed: 5, index: 3, ...size });
    expect(again.image).toEqual(scenes[3]!.image);
    expect(again.label).toEqual(scenes[3]!.label);
    expect(renderScene({ seed: 6, index: 3, ...size }).image).not.toEqual(again.image);
  });

  test('splits are disjoint streams', () => {
    const val = renderScene({ seed: 5, index: 3, split: 'val', ...size });
    expect(val.image).not.toEqual(scenes[3]!.image);
    expect(val.id).toBe('val_000003');
  });

  test('the classes are drawn under Cityscapes’ own numbers', () => {
    const constants = Object.entries(classes).map(([name, id]) => [name.toLowerCase().replace('_', ' '), id]);
    expect(constants).toEqual(expect.arrayContaining(cityscapes.names.map((name, id) => [name, id])));
    expect(constants).toHaveLength(19);
  });

  test('every class occurs, and nothing but classes and void', () => {
    const counts = new Array(256).fill(0);
    for (const { label } of scenes) for (const id of label) counts[id]++;
    for (let id = 0; id < 19; id++) expect(counts[id], cityscapes.names[id]).toBeGreaterThan(30);
    for (let id = 19; id < 255; id++) expect(counts[id]).toBe(0);
  });

  test('the outlines, filled in order, nearly give the label map', () => {
    for (let index = 0; index < 4; index++) {
      const scene = renderScene({ seed: 5, index, width: 384, height: 192, outlines: true });
      const filled = fillPolygons(scene);
      const same = scene.label.reduce((sum, id, at) => sum + (filled[at] === id ? 1 : 0), 0);
      expect(same / scene.label.length).toBeGreaterThan(0.95);
    }
  });

  test('thin things lose more at half the size than large ones', () => {
    const share = (scene: Scene, id: number) =>
      scene.label.filter((at) => at === id).length / scene.label.length;
    const kept = (id: number, first: number) => {
      let full = 0;
      let half = 0;
      for (let index = first; index < first + 12; index++) {
        full += share(renderScene({ seed: 5, index, width: 160, height: 80 }), id);
        half += share(renderScene({ seed: 5, index, width: 40, height: 20 }), id);
      }
      return half / full;
    };
    expect(kept(classes.BICYCLE, 0)).toBeLessThan(0.9 * kept(classes.ROAD, 0));
  });

  test('renders odd and tall sizes', () => {
    const scene = renderScene({ seed: 1, index: 0, width: 33, height: 71 });
    expect(scene.image).toHaveLength(33 * 71 * 3);
    expect(scene.label).toHaveLength(33 * 71);
  });

  test('refuses sizes out of range', () => {
    expect(() => renderScene({ seed: 1, index: 0, width: 4, height: 64 })).toThrow(HmsaError);
    expect(() => renderScene({ seed: 1, index: 0, width: 64.5, height: 64 })).toThrow(HmsaError);
  });
});

describe('the synthetic data set', () => {
  test('reads its options', () => {
    expect(parseSyntheticOptions('count=8,size=128x64,seed=3')).toEqual({
      count: 8,
      width: 128,
      height: 64,
      seed: 3,
    });
    expect(parseSyntheticOptions('seed=2')).toEqual({ count: 100, width: 256, height: 128, seed: 2 });
  });

  test.each(['cuont=8', 'count=0', 'count=', 'size=128', 'seed=x', 'seed'])('refuses %s', (text) => {
    expect(() => parseSyntheticOptions(text)).toThrow(HmsaError);
  });

  test('gives its scenes by index, and none outside', async () => {
    const parts = { ...parseSyntheticOptions('count=2,size=64x32,seed=1'), split: 'val' };
    const set = new SyntheticDataset(parts);
    expect(set.length).toBe(2);
    const expected = renderScene({ seed: 1, index: 1, split: 'val', width: 64, height: 32 });
    expect((await set.get(1)).label).toEqual(expected.label);
    await expect(set.get(2)).rejects.toThrow(HmsaError);
  });
});
