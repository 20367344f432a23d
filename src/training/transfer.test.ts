import { expect, test } from 'vitest';
import { presets } from './presets.js';
import { requireEnough, takenOf, takenTable, transferModel } from './transfer.js';
import { initialWeights } from './weights.js';

const model = { ...presets.quick.model, classes: 3 };
const fresh = initialWeights(model, 1);
const taken = (trained: typeof fresh) => takenOf(fresh, transferModel(fresh, trained, 'a').weights);

test('other classes: all but the classifier is taken, and that is said', () => {
  const parts = taken(initialWeights({ ...model, classes: 5 }, 2));
  expect(() => requireEnough(parts, 'a')).not.toThrow();
  expect(takenTable(parts)).toEqual([
    expect.stringMatching(/^ {2}trunk +100% of [\d,]+ numbers taken$/),
    expect.stringMatching(/^ {2}head +9\d\.\d% of [\d,]+ numbers taken; anew: head\.classifier$/),
    expect.stringMatching(/^ {2}attention +100% of [\d,]+ numbers taken$/),
  ]);
});

test('a network of another width fits by chance: refused, however many of its names fit', () => {
  const parts = taken(initialWeights({ ...model, trunk: { ...model.trunk, width: 0.5 } }, 2));
  expect(parts.find(({ part }) => part === 'trunk')!.taken).toBeGreaterThan(0);
  expect(() => requireEnough(parts, 'a.safetensors')).toThrow(
    /^--init a\.safetensors: expected weights that fit at least half of the trunk, received \d.*% of the trunk, .*--partial-init\.$/,
  );
});

test('a trunk alone is enough, for one network a scale too', () => {
  const trunk = [...initialWeights(model, 2)].filter(([name]) => name.startsWith('trunk.'));
  const perScale = initialWeights({ ...model, weights: 'perScale' }, 1);
  const { weights } = transferModel(perScale, new Map(trunk), 'a');
  const parts = takenOf(perScale, weights);
  expect(() => requireEnough(parts, 'a')).not.toThrow();
  expect(parts.map(({ part, taken, all }) => [part, taken / all])).toEqual([
    ['trunk', 1],
    ['head', 0],
    ['attention', 0],
  ]);
  expect(takenTable(parts)[1]).toMatch(/ 0% of [\d,]+ numbers taken; starts anew$/);
});
