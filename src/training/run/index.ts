export type { Mark, Scored } from './best.js';
export { checkHooks, type Example, type TrainEvent, type TrainHooks } from './events.js';
export { readInit } from './first-checkpoint.js';
export { planMemory } from './memory.js';
export type { BatchSource, CheckedData, Fingerprints, RunData, RunPlatform } from './platform.js';
export { type RunPart, type RunRecord, readRecord } from './record.js';
export {
  checkRunRequest,
  isDataset,
  nameOfData,
  type OwnData,
  ownDataSchema,
  type RecordedData,
  type RequestShape,
  type RunRequest,
  runRequestShape,
} from './request.js';
export { type DataAgain, resumedRequest } from './resume.js';
export type { RunFile, RunStore } from './run-files.js';
export { isValidation, parseMetricsLine, RunFiles, type StepLine, type ValidationLine } from './run-files.js';
export { beginRun, resumeRun, type TrainResult } from './training-run.js';
