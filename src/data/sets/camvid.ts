import { type ClassMap, VOID } from '../contracts.js';
import { labelSet, labelSetOf, parseColor } from '../label-set.js';

/** The 11 classes of CamVid as it is usually scored (Badrinarayanan et al. 2015, arXiv 1511.00561), by train id. */
export const camvid: ClassMap = {
  names: [
    'sky',
    'building',
    'pole',
    'road',
    'pavement',
    'tree',
    'sign symbol',
    'fence',
    'car',
    'pedestrian',
    'bicyclist',
  ],
  colors: [
    '#808080',
    '#800000',
    '#c0c080',
    '#804080',
    '#0000c0',
    '#808000',
    '#c08080',
    '#404080',
    '#400080',
    '#404000',
    '#0080c0',
  ].map(parseColor),
  ignore: VOID,
};

/** Files with the 11 classes as indices, and 11 for void. */
export const camvidIndexLabels = labelSetOf([
  ...camvid.names.map((name, id) => ({ id, name, color: camvid.colors[id]!, trainId: id })),
  { id: camvid.names.length, name: 'void', color: [0, 0, 0], trainId: VOID },
]);

const [SKY, BUILDING, POLE, ROAD, PAVEMENT, TREE, SIGN, FENCE, CAR, PEDESTRIAN, BICYCLIST] = [
  ...camvid.names.keys(),
] as [number, number, number, number, number, number, number, number, number, number, number];

/**
 * The original files: 32 labels as colours (Brostow et al. 2009, Semantic Object Classes in Video), grouped into
 * the 11 classes as usual. The ids are the order of the original list.
 */
export const camvidColorLabels = labelSet(
  [
    [0, 'Animal', '#408040', PEDESTRIAN],
    [1, 'Archway', '#c00080', BUILDING],
    [2, 'Bicyclist', '#0080c0', BICYCLIST],
    [3, 'Bridge', '#008040', BUILDING],
    [4, 'Building', '#800000', BUILDING],
    [5, 'Car', '#400080', CAR],
    [6, 'CartLuggagePram', '#4000c0', PEDESTRIAN],
    [7, 'Child', '#c08040', PEDESTRIAN],
    [8, 'Column_Pole', '#c0c080', POLE],
    [9, 'Fence', '#404080', FENCE],
    [10, 'LaneMkgsDriv', '#8000c0', ROAD],
    [11, 'LaneMkgsNonDriv', '#c00040', ROAD],
    [12, 'Misc_Text', '#808040', SIGN],
    [13, 'MotorcycleScooter', '#c000c0', BICYCLIST],
    [14, 'OtherMoving', '#804040', CAR],
    [15, 'ParkingBlock', '#40c080', PAVEMENT],
    [16, 'Pedestrian', '#404000', PEDESTRIAN],
    [17, 'Road', '#804080', ROAD],
    [18, 'RoadShoulder', '#8080c0', PAVEMENT],
    [19, 'Sidewalk', '#0000c0', PAVEMENT],
    [20, 'SignSymbol', '#c08080', SIGN],
    [21, 'Sky', '#808080', SKY],
    [22, 'SUVPickupTruck', '#4080c0', CAR],
    [23, 'TrafficCone', '#000040', POLE],
    [24, 'TrafficLight', '#004040', SIGN],
    [25, 'Train', '#c04080', CAR],
    [26, 'Tree', '#808000', TREE],
    [27, 'Truck_Bus', '#c080c0', CAR],
    [28, 'Tunnel', '#400040', BUILDING],
    [29, 'VegetationMisc', '#c0c000', TREE],
    [30, 'Void', '#000000', VOID],
    [31, 'Wall', '#40c000', BUILDING],
  ],
  camvid,
);

/**
 * The usual split of the 701 original frames, from the name of a frame. Of video 0001TP the first 62 frames are for
 * training and the others for testing. Of 0016E5 a clip of 101 frames is for validation. Seq05VD is for testing.
 */
export function camvidSplitOf(frame: string): 'train' | 'val' | 'test' | undefined {
  const match = /^(0001TP|0006R0|0016E5|Seq05VD)_f?(\d+)/.exec(frame);
  const number = Number(match?.[2]);
  switch (match?.[1]) {
    case '0001TP':
      return number <= 8520 ? 'train' : 'test';
    case '0006R0':
      return 'train';
    case '0016E5':
      return number >= 7959 && number <= 8159 ? 'val' : 'train';
    case 'Seq05VD':
      return 'test';
    default:
      return undefined;
  }
}
