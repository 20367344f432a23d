export type { Calibration, CalibrationBin } from './calibration.js';
export { type ChosenImage, chooseImages, type Reason } from './choose-images.js';
export { type Diagnosis, diagnose, type ImageScore, translated } from './diagnose.js';
export type { ScaleFindings } from './scale-study.js';
export { type ScaleDetails, scaleWeights, winners } from './scale-study.js';
