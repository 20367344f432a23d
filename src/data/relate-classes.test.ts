import { expect, test } from 'vitest';
import type { ClassMap } from './contracts.js';
import { VOID } from './contracts.js';
import { relateClasses } from './relate-classes.js';
import { camvid } from './sets/camvid.js';
import { cityscapes } from './sets/cityscapes.js';

const named = (...names: string[]): ClassMap => ({ names, colors: names.map(() => [0, 0, 0]), ignore: VOID });
const ids = (table: Uint8Array, count: number) => [...table.subarray(0, count)];

test('equal names are one class, whatever their order; the rest becomes void and is told', () => {
  const { table, dropped, absent } = relateClasses(
    named('grass', 'Path', 'car'),
    named('car', 'tree', 'path'),
  );
  expect(ids(table, 4)).toEqual([VOID, 2, 0, VOID]);
  expect(table[VOID]).toBe(VOID);
  expect(dropped).toEqual(['grass']);
  expect(absent).toEqual(['tree']);
});

test('names that only case or dashes tell apart stay apart within one set', () => {
  expect(ids(relateClasses(named('road', 'Road', 'sky'), named('ROAD', 'sky')).table, 3)).toEqual([
    VOID,
    VOID,
    1,
  ]);
  expect(ids(relateClasses(named('traffic_light'), named('traffic light')).table, 1)).toEqual([0]);
});

test('finer sets of streets become coarser ones', () => {
  const { table, absent } = relateClasses(cityscapes, camvid);
  const to = (name: string) => camvid.names[table[cityscapes.names.indexOf(name)]!];
  expect([to('truck'), to('sidewalk'), to('wall')]).toEqual(['car', 'pavement', 'building']);
  expect(absent).toEqual([]);
});

test('against that relation, a class that holds several of the other set has no counterpart', () => {
  const { table, dropped } = relateClasses(camvid, cityscapes);
  const to = (name: string) => cityscapes.names[table[camvid.names.indexOf(name)]!];
  expect([to('road'), to('pavement'), to('sky'), to('car')]).toEqual(['road', 'sidewalk', 'sky', undefined]);
  expect(dropped).toContain('car');
});

test('nothing in common is refused, with the way out', () => {
  expect(() => relateClasses(named('a'), named('b'))).toThrow(
    /among b, received only others: a\. Give equal classes/,
  );
});
