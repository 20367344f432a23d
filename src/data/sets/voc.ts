import { type ClassMap, type Rgb, VOID } from '../contracts.js';

/** Pascal VOC's 20 classes and the background (Everingham et al. 2010), by train id, with the colours of its toolkit. */
export const voc: ClassMap = {
  names: [
    'background',
    'aeroplane',
    'bicycle',
    'bird',
    'boat',
    'bottle',
    'bus',
    'car',
    'cat',
    'chair',
    'cow',
    'diningtable',
    'dog',
    'horse',
    'motorbike',
    'person',
    'pottedplant',
    'sheep',
    'sofa',
    'train',
    'tvmonitor',
  ],
  colors: Array.from({ length: 21 }, (_, id) => toolkitColor(id)),
  ignore: VOID,
};

/** The bits of the id, three at a time, become the highest bits of red, green and blue. */
function toolkitColor(id: number): Rgb {
  const channel = (first: number) => {
    let value = 0;
    for (let bit = 0; 3 * bit + first < 8; bit++) value |= ((id >> (3 * bit + first)) & 1) << (7 - bit);
    return value;
  };
  return [channel(0), channel(1), channel(2)];
}
