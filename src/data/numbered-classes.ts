import type { ClassMap } from './contracts.js';

/** The name of a class of which nothing is known but its number. */
export function numberedName(label: number): string {
  return `class ${label}`;
}

/** Whether classes are named by their numbers alone. */
export function isNumbered({ names }: ClassMap): boolean {
  return names.every((name, label) => name === numberedName(label));
}
