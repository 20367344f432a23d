export type { Examination, Flaw, Reading } from '../../data/assessment/index.js';
export {
  type Assessment,
  type AssessOptions,
  asFiles,
  defaultSplits,
  describeAlso,
  describeIdle,
  describeLearned,
  describeTaken,
  faultOf,
  flawsFor,
  namesPassedOver,
  openDefaultTraining,
  type Source,
  type TakenData,
  takenData,
  type Use,
} from '../../data/assessment/index.js';
export { assess, assessOptionsShape, examineAll, openSource } from './on-disk.js';
