export { type Assessment, type AssessOptions, assess, assessOptionsShape, faultOf } from './assess.js';
export { defaultSplits, openDefaultTraining } from './default-splits.js';
export type { Examination, Flaw, Reading } from './examine.js';
export { examineAll } from './examine-all.js';
export { type FaultGroup, groupFaults } from './group-faults.js';
export { asFiles, openSource, type Source } from './source.js';
export {
  describeAlso,
  describeIdle,
  describeLearned,
  describeTaken,
  namesPassedOver,
  type TakenData,
  takenData,
} from './taken.js';
export { flawsFor, type Use } from './use.js';
