import { describe, expect, test } from 'vitest';
import { commonClasses } from './common-classes.js';
import { type ClassMap, VOID } from './contracts.js';
import { numberedName } from './numbered-classes.js';
import { ade20k } from './sets/ade20k.js';
import { camvid } from './sets/camvid.js';
import { cityscapes } from './sets/cityscapes.js';
import { mapillaryLabels } from './sets/mapillary.js';
import { cityscapesToCamvid, mapillaryToCityscapes } from './sets/relations.js';

const mapillary = mapillaryLabels(
  {
    labels: [
      'animal--bird',
      'construction--flat--road',
      'nature--sky',
      'human--person--individual',
      'marking--discrete--arrow--left',
      'object--vehicle--on-rails',
    ].map((name) => ({ name, color: [1, 2, 3], evaluate: true })),
  },
  'config.json',
).classes;

test('every relation ends in a class that exists, and names one that does', () => {
  expect(Object.keys(cityscapesToCamvid).sort()).toEqual([...cityscapes.names].sort());
  for (const name of Object.values(cityscapesToCamvid)) expect(camvid.names).toContain(name);
  expect(new Set(Object.values(mapillaryToCityscapes))).toEqual(new Set(cityscapes.names));
});

describe('commonClasses', () => {
  test('the same set is itself', () => {
    const common = commonClasses(camvid, camvid);
    expect(common.classes).toBe(camvid);
    expect([...common.fromModel.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, VOID]);
    expect(common.fromTruth).toEqual(common.fromModel);
  });

  test('the same names in another order are matched by name', () => {
    const reversed: ClassMap = { ...camvid, names: [...camvid.names].reverse() };
    expect([...commonClasses(reversed, camvid).fromModel.subarray(0, 11)]).toEqual([
      10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
    ]);
  });

  test('the coarser set is common in both directions', () => {
    const there = commonClasses(cityscapes, camvid);
    expect(there.classes).toBe(camvid);
    const back = commonClasses(camvid, cityscapes);
    expect(back.classes).toBe(camvid);
    expect(back.fromTruth).toEqual(there.fromModel);
    const named = (name: string) => camvid.names[there.fromModel[cityscapes.names.indexOf(name)]!];
    expect(['road', 'wall', 'rider', 'bus', 'vegetation'].map(named)).toEqual([
      'road',
      'building',
      'bicyclist',
      'car',
      'tree',
    ]);
  });

  test('Mapillary goes to Cityscapes and through it to CamVid; names below a name belong to it', () => {
    const { fromModel } = commonClasses(mapillary, cityscapes);
    expect(Array.from(fromModel.subarray(0, 6), (id) => cityscapes.names[id])).toEqual([
      undefined,
      'road',
      'sky',
      'person',
      'road',
      'train',
    ]);
    const further = commonClasses(mapillary, camvid).fromModel;
    expect(Array.from(further.subarray(0, 6), (id) => camvid.names[id])).toEqual([
      undefined,
      'road',
      'sky',
      'pedestrian',
      'road',
      'car',
    ]);
  });

  test('sets that nothing relates are refused by name', () => {
    expect(() => commonClasses(ade20k, camvid)).toThrow('a model of 150 classes (wall, building, sky, …)');
  });
});

test('a config of another form is refused by name', () => {
  expect(() => mapillaryLabels({ labels: [{ name: 'a' }] }, 'config_v1.2.json')).toThrow('config_v1.2.json');
  expect(() => mapillaryLabels(null, 'x')).toThrow('x: expected a Mapillary');
});

test('ADE20K has its 150 classes, all named once', () => {
  expect(ade20k.names.length).toBe(150);
  expect(new Set(ade20k.names).size).toBe(150);
});

test('a model whose classes are numbered is to be imported with their names', () => {
  const numbered = { ...camvid, names: camvid.names.map((_, label) => numberedName(label)) };
  expect(() => commonClasses(numbered, camvid)).toThrow(
    /received a model of 11 classes \(class 0, .* Import its weights again with their names.*--classes NAMES/,
  );
});
