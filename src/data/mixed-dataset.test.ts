import { expect, test } from 'vitest';
import { type ClassMap, type Dataset, VOID } from './contracts.js';
import { MixedDataset, type MixedPart, type MixOptions, partsOfMix } from './mixed-dataset.js';

const named = (...names: string[]): ClassMap => ({ names, colors: names.map(() => [0, 0, 0]), ignore: VOID });

/** Samples of 2×1 pixels: red is the number of the sample, the labels are those given. */
function set(classes: ClassMap, length: number, labels: readonly [number, number], mark?: string): Dataset {
  return {
    classes,
    length,
    get: async (index) => ({
      image: Uint8Array.of(index, 0, 0, index, 0, 0),
      label: Uint8Array.from(labels),
      width: 2,
      height: 1,
      id: `sample ${index}`,
    }),
    ...(mark !== undefined && { fingerprint: async () => mark }),
  };
}

const first = set(named('road', 'sky'), 3, [0, VOID], 'a');
const second = set(named('sky', 'goat', 'Road'), 5, [0, 1], 'b');
const mix = (parts: readonly MixedPart[], options?: MixOptions) =>
  new MixedDataset(partsOfMix(parts), options);
const shares = (...given: (number | undefined)[]) =>
  mix(given.map((share) => ({ dataset: first, ...(share !== undefined && { share }) }))).mixture.parts.map(
    ({ share }) => share,
  );

test('samples come one set after the other, with the classes of the first set and an id of their own', async () => {
  const dataset = mix([{ dataset: first }, { dataset: second, share: 0.5 }]);
  expect([dataset.length, dataset.mixture.samples]).toEqual([8, 3]);
  expect((await dataset.get(2)).id).toBe('sample 2');
  const { id, label, image } = await dataset.get(3 + 4);
  expect([id, [...label!], image[0]]).toEqual(['2:sample 4', [1, VOID], 4]);
  expect([...(await dataset.getLabel(3))!.label]).toEqual([1, VOID]);
  const part = await dataset.getPart(4, () => ({ left: 1, top: 0, width: 1, height: 1 }));
  expect([...part.label!, part.left, part.whole.width]).toEqual([VOID, 1, 2]);
  await expect(dataset.get(8)).rejects.toThrow('an index in 0 … 7, received 8');
});

test('a label that the own set has no class for is found, and not taken for void', async () => {
  const wrong = mix([{ dataset: first }, { dataset: set(named('sky', 'goat'), 1, [0, 7]) }]);
  await expect(wrong.get(3)).rejects.toThrow('train ids of 0 … 1');
  await expect(wrong.getLabel(3)).rejects.toThrow('train ids of 0 … 1');
});

test('the fingerprint covers every set, the shares and the length of an epoch', async () => {
  const print = async (parts: readonly MixedPart[], options?: MixOptions) =>
    mix(parts, options).fingerprint?.();
  const one = await print([{ dataset: first }, { dataset: second, share: 0.5 }]);
  expect(one).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await print([{ dataset: first }, { dataset: second, share: 0.5 }])).toBe(one);
  const others = await Promise.all([
    print([{ dataset: first }, { dataset: second, share: 0.4 }]),
    print([{ dataset: first }, { dataset: second, share: 0.5 }], { samplesPerEpoch: 4 }),
    print([{ dataset: first }, { dataset: set(second.classes, 5, [0, 1], 'c'), share: 0.5 }]),
  ]);
  expect(new Set([one, ...others]).size).toBe(4);
  expect(await print([{ dataset: first }, { dataset: set(second.classes, 5, [0, 1]) }])).toBeUndefined();
});

test('sets without a share divide the rest by their sizes; shares that leave none are refused', () => {
  expect(shares(undefined, 0.25)).toEqual([0.75, 0.25]);
  expect(shares(undefined, undefined)).toEqual([0.5, 0.5]);
  expect(shares(0.2, 0.3, 0.5)).toEqual([0.2, 0.3, 0.5]);
  expect(mix([{ dataset: first }, { dataset: second }]).mixture.parts[1]!.share).toBe(5 / 8);
  expect(shares(undefined)).toEqual([1]);
  expect(() => shares(undefined, 0.5, 0.5)).toThrow('shares below 1 in all');
  expect(() => shares(0.5, 0.4)).toThrow('shares that sum to 1, received 0.9');
  expect(() => shares(undefined, 1)).toThrow('a share above 0 and below 1');
});
