export { checkClasses, checkDataset, checkNames, isDatasetModule } from './check.js';
export { checkLabelMap, checkSample } from './check-sample.js';
export { classSets } from './class-sets.js';
export { type ClassStatistics, classStatistics, countLabels, type LabelCounts } from './class-statistics.js';
export { type CommonClasses, commonClasses } from './common-classes.js';
export {
  type Batch,
  type ClassMap,
  type Dataset,
  type DatasetModule,
  type LabelMap,
  type Mixture,
  type MixturePart,
  type Region,
  type Rgb,
  type Sample,
  type SamplePart,
  type Size,
  VOID,
} from './contracts.js';
export { type BlockOptions, type HeldOut, holdOutBlocks } from './held-out-blocks.js';
export { colorOfValue, describeColor, packColor, whiteOf } from './label-color.js';
export { toLabelIds } from './label-ids.js';
export type { ColorImage, IndexImage, LabelImage } from './label-image.js';
export { type LabelReader, type LabelReading, type LabelRule, labelReader } from './label-rule.js';
export { formatColor, type Label, type LabelSet, labelSet, labelSetOf, parseColor } from './label-set.js';
export { MixedDataset, type MixedPart, type MixOptions, partsOfMix } from './mixed-dataset.js';
export { type NearDuplicate, nearDuplicates } from './near-duplicates.js';
export { numberedName } from './numbered-classes.js';
export { type Fingerprint, fingerprintOf, likeness } from './perceptual-hash.js';
export { type RelatedClasses, relateClasses } from './relate-classes.js';
export {
  buildClassIndex,
  type Centroid,
  type ClassIndex,
  classesWithoutPlaces,
  type EpochOptions,
  type PlannedSample,
  planEpoch,
  type SamplingMode,
  type TileSize,
  tileCentroids,
} from './sampling/index.js';
export { ade20k, ade20kLabels } from './sets/ade20k.js';
export { camvid, camvidColorLabels, camvidIndexLabels, camvidSplitOf } from './sets/camvid.js';
export { cityscapes, cityscapesLabels } from './sets/cityscapes.js';
export { mapillaryLabels } from './sets/mapillary.js';
