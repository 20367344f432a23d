import { type ClassMap, VOID } from '../contracts.js';
import { classColor } from './class-entry.js';

const nameOf = (label: number) => `class ${label}`;

/** Classes of which nothing is known but their number: `class 0`, `class 1`, … */
export function numberedClasses(count: number): ClassMap {
  const labels = Array.from({ length: count }, (_, label) => label);
  return { names: labels.map(nameOf), colors: labels.map(classColor), ignore: VOID };
}

/** Whether classes are named by their numbers alone. */
export function isNumbered({ names }: ClassMap): boolean {
  return names.every((name, label) => name === nameOf(label));
}
