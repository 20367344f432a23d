export type { Mark, Scored } from './best.js';
export { checkHooks, type TrainEvent, type TrainHooks } from './events.js';
export { readInit } from './first-checkpoint.js';
export {
  isDataset,
  nameOfData,
  type OwnData,
  ownDataSchema,
  type RecordedData,
} from './own-data.js';
export type { BatchSource, CheckedData, Fingerprints, RunData, RunPlatform } from './platform.js';
export { type RunPart, type RunRecord, readRecord } from './record.js';
export { checkRunRequest, type RequestShape, type RunRequest, runRequestShape } from './request.js';
export { type DataAgain, resumedRequest } from './resume.js';
export { isValidation, RunFiles, type StepLine, type ValidationLine } from './run-files.js';
export type { RunFile, RunStore } from './store.js';
export { beginRun, resumeRun, type TrainResult } from './training-run.js';
export type { Example } from './validation.js';
