import { checkArgument, isObject, isRecord } from '../../base/errors/index.js';
import type { ClassMap, Dataset } from '../../data/index.js';
import type { Segmenter } from '../../prediction/index.js';

/** @throws HmsaError when it is no text, or an empty one */
export function checkText(value: unknown, operation: string, expected: string): asserts value is string {
  checkArgument(typeof value === 'string' && value !== '', operation, expected, value);
}

/** @throws HmsaError when it is no list of texts; a text is none either, though it can be walked like one */
export function checkTexts(value: unknown, operation: string, expected: string): void {
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  checkArgument(isList, operation, expected, value);
}

/** @throws HmsaError when it is no list of colours */
export function checkColors(value: unknown, operation: string): void {
  const isList = Array.isArray(value) && value.every(isColor);
  checkArgument(isList, operation, 'a list of colours [red, green, blue], 0 … 255 each', value);
}

function isColor(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && value.every((part) => part >= 0 && part <= 255);
}

/** @throws HmsaError when names or colours are missing */
export function checkClasses(value: unknown, operation: string): asserts value is ClassMap {
  const expected = 'classes as { names, colors }, such as model.classes';
  checkArgument(isRecord(value), operation, expected, value);
  checkTexts(value.names, `${operation}, names`, 'a list of names');
  checkColors(value.colors, `${operation}, colors`);
}

/** By what it can do, so that a set of the caller's own making is one too. @throws HmsaError when it is none */
export function checkDataset(value: unknown, operation: string): asserts value is Dataset {
  const isSet = isRecord(value) && Number.isSafeInteger(value.length) && typeof value.get === 'function';
  checkArgument(isSet, operation, 'a data set, such as openDataset opens', value);
  checkClasses(value.classes, `${operation}, classes`);
}

/** @throws HmsaError when it is none */
export function checkSegmenter(value: unknown, operation: string): asserts value is Segmenter {
  const isSegmenter = isRecord(value) && typeof value.prepare === 'function' && isObject(value.model);
  checkArgument(isSegmenter, operation, 'a model for use, as loadModel gives it', value);
}
