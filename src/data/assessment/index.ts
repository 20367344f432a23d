export {
  type Assessment,
  type AssessOptions,
  assess,
  type FaultGroup,
  faultOf,
  flawsFor,
  groupFaults,
  type Use,
} from './assess.js';
export {
  type Depth,
  type Examination,
  type ExaminationCache,
  type Examinations,
  type ExamineMeans,
  type ExamineOptions,
  examineAll,
  type Flaw,
  type Reading,
} from './examine.js';
export {
  asFiles,
  defaultSplits,
  generatedSource,
  type HoldOut,
  openDefaultTraining,
  openFolder,
  type Source,
  treeSource,
} from './source.js';
export {
  describeAlso,
  describeIdle,
  describeLearned,
  describeTaken,
  namesPassedOver,
  type TakenData,
  takenData,
} from './taken.js';
