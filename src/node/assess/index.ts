export { type Assessment, type AssessOptions, assess, faultOf } from './assess.js';
export { defaultSplits, openDefaultTraining } from './default-splits.js';
export type { Examination, Flaw, Reading } from './examine.js';
export { examineAll } from './examine-all.js';
export { asFiles, openSource, type Source } from './source.js';
export { describeAlso, describeIdle, describeTaken, namesPassedOver } from './taken.js';
export { flawsFor, type Use } from './use.js';
