export type { ComparedResult } from './comparison.js';
export { type DemoOptions, type DemoReport, demo } from './demo.js';
export type { Shown } from './samples.js';
