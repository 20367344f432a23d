import { expect, test } from 'vitest';
import { nearName, suggest } from './near-name.js';

test('the nearest name is found, and none where nothing is near', () => {
  const kinds = ['cityscapes', 'camvid', 'mapillary'];
  expect(nearName('camvdi', kinds)).toBe('camvid');
  expect(nearName('CityScape', kinds)).toBe('cityscapes');
  expect(nearName('imagenet', kinds)).toBeUndefined();
  expect(nearName('batchSize', ['seed', 'batch'])).toBe('batch');
  expect(nearName('learning_rate', ['kind', 'rate', 'warmUp'])).toBe('rate');
  expect(nearName('camvid', [])).toBeUndefined();
  expect(nearName('camvid', ['quick', 'camvid-2scale'])).toBe('camvid-2scale');
  expect(nearName('replication', ['replication-2scale', 'replication-3scale'])).toBeUndefined();
  expect(suggest('mapilary', kinds)).toBe('Did you mean mapillary?');
  expect(suggest('voc', kinds)).toBe('There are: cityscapes, camvid, mapillary.');
});
