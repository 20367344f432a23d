export { type Assessment, type AssessOptions, faultOf, flawsFor, type Use } from './assess.js';
export type { Examination, Flaw, Reading } from './examine.js';
export { assess, assessOptionsShape, examineAll, openSource } from './here.js';
export { asFiles, defaultSplits, openDefaultTraining, type Source } from './source.js';
export {
  describeAlso,
  describeIdle,
  describeLearned,
  describeTaken,
  namesPassedOver,
  type TakenData,
  takenData,
} from './taken.js';
