import type { Pixels } from '../../src/base/pixels.js';
import { ade20k, camvidColorLabels, cityscapes, type Rgb } from '../../src/data/index.js';
import { bands, colorBands, randomPhoto } from './files.js';

/** Files of small data sets in every layout, by path. */
export type Files = Record<string, Pixels | Uint8Array | string>;

/** As large as every preset's model needs. */
export const WIDTH = 48;
export const HEIGHT = 32;
const photo = (seed: string) => randomPhoto(seed, WIDTH, HEIGHT);
const mask = (...values: number[]) => bands(values, WIDTH, HEIGHT);

/** Two cities to train on, one to validate on and one test city; labels of road, building and void. */
export function cityscapesFiles({ merged = true, trainIds = false, extra = false } = {}): Files {
  const files: Files = {};
  const add = (split: string, city: string, frames: number, labels: 'gtFine' | 'gtCoarse') => {
    const [images, truth] = merged
      ? ['leftImg8bit', labels]
      : [
          `leftImg8bit_${split === 'train_extra' ? 'trainextra' : 'trainvaltest'}/leftImg8bit`,
          labels === 'gtFine' ? 'gtFine_trainvaltest/gtFine' : 'gtCoarse/gtCoarse',
        ];
    for (let frame = 0; frame < frames; frame++) {
      const name = `${city}_000000_${String(frame).padStart(6, '0')}`;
      files[`${images}/${split}/${city}/${name}_leftImg8bit.png`] = photo(name);
      const stem = `${truth}/${split}/${city}/${name}_${labels}`;
      if (trainIds) files[`${stem}_labelTrainIds.png`] = mask(0, 2, 255);
      else files[`${stem}_labelIds.png`] = mask(7, 11, 3);
      files[`${stem}_color.png`] = colorBands([cityscapes.colors[0]!], WIDTH, HEIGHT);
      files[`${stem}_polygons.json`] = '{}';
    }
  };
  add('train', 'aachen', 2, 'gtFine');
  add('train', 'bochum', 3, 'gtFine');
  add('val', 'lindau', 2, 'gtFine');
  add('test', 'berlin', 1, 'gtFine');
  if (extra) add('train_extra', 'bayreuth', 2, 'gtCoarse');
  return files;
}

export function camvidIndexFiles({ lists = true } = {}): Files {
  const files: Files = {};
  const add = (split: string, video: string, frames: readonly number[]) => {
    const names = frames.map((frame) => `${video}_${String(frame).padStart(6, '0')}.png`);
    for (const name of names) {
      files[`${split}/${name}`] = photo(name);
      files[`${split}annot/${name}`] = mask(0, 1, 3, 10, 11);
    }
    const listed = names.map(
      (name) => `/elsewhere/CamVid/${split}/${name} /elsewhere/${split}annot/${name}\n`,
    );
    if (lists) files[`${split}.txt`] = `${files[`${split}.txt`] ?? ''}${listed.join('')}`;
  };
  add('train', '0001TP', [6690, 6720, 6750, 6780, 6810, 6840, 6870, 6900]);
  add('train', '0016E5', [390, 420, 450, 480]);
  add('val', '0016E5', [7959, 7961]);
  return files;
}

export function camvidColorFiles(): Files {
  const color = (name: string) => camvidColorLabels.labels.find((label) => label.name === name)!.color;
  const colors: Rgb[] = ['Sky', 'Wall', 'LaneMkgsDriv', 'Void'].map(color);
  const files: Files = {};
  for (const name of ['0001TP_006690', '0001TP_008550', '0006R0_f00930', '0016E5_07959', 'Seq05VD_f00000']) {
    files[`701_StillsRaw_full/${name}.png`] = photo(name);
    files[`LabeledApproved_full/${name}_L.png`] = colorBands(colors, WIDTH, HEIGHT);
  }
  return files;
}

export function ade20kFiles(): Files {
  const files: Files = {};
  for (const [split, short, numbers] of [
    ['training', 'train', [1, 2]],
    ['validation', 'val', [1]],
  ] as const) {
    for (const number of numbers) {
      const name = `ADE_${short}_${String(number).padStart(8, '0')}`;
      files[`ADEChallengeData2016/images/${split}/${name}.jpg`] = photo(name);
      files[`ADEChallengeData2016/annotations/${split}/${name}.png`] = mask(0, 1, ade20k.names.length);
    }
  }
  return files;
}

/** A config of five labels, four of them scored. */
const mapillaryConfig = JSON.stringify({
  labels: [
    ['animal--bird', [165, 42, 42], true],
    ['construction--flat--road', [128, 64, 128], true],
    ['void--ground', [81, 0, 81], false],
    ['nature--sky', [70, 130, 180], true],
    ['object--vehicle--car', [0, 0, 142], true],
  ].map(([name, color, evaluate]) => ({ name, readable: name, color, evaluate, instances: false })),
});

/** @param labels where the label maps lie below a split's folder */
export function mapillaryFiles(config: string, labels: string): Files {
  const files: Files = { [config]: mapillaryConfig };
  for (const [split, names] of [
    ['training', ['aBc-1', 'aBc-2']],
    ['validation', ['xYz_1']],
  ] as const) {
    for (const name of names) {
      files[`${split}/images/${name}.jpg`] = photo(name);
      files[`${split}/${labels}/${name}.png`] = mask(1, 2, 4);
    }
  }
  files['testing/images/t.jpg'] = photo('t');
  return files;
}
