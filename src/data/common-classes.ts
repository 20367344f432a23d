import { HmsaError, program } from '../base/errors/index.js';
import { checkClasses } from './check.js';
import { type ClassMap, VOID } from './contracts.js';
import { isNumbered } from './numbered-classes.js';
import { camvid } from './sets/camvid.js';
import { cityscapes } from './sets/cityscapes.js';
import { cityscapesToCamvid, mapillaryToCityscapes } from './sets/relations.js';

/** The classes in which a model of one data set can be scored on another. */
export interface CommonClasses {
  readonly classes: ClassMap;
  /** Train id of the model's classes → train id in {@link classes}, or {@link VOID} for none; 256 entries. */
  readonly fromModel: Uint8Array;
  /** The same for the data set's classes. */
  readonly fromTruth: Uint8Array;
}

/**
 * Maps the classes of a model and those of a data set to common classes, the coarser ones of both: Mapillary Vistas →
 * Cityscapes → CamVid, in either direction, and any two sets if one has all names of the other. A class without a
 * counterpart becomes {@link VOID}: not scored in the truth, wrong in the prediction.
 *
 * @throws HmsaError when the two have no known relation
 */
export function commonClasses(model: ClassMap, truth: ClassMap): CommonClasses {
  checkClasses(model, 'commonClasses, model');
  checkClasses(truth, 'commonClasses, truth');
  const forward = nameMap(model, truth);
  if (forward !== undefined) {
    return { classes: truth, fromModel: table(model, truth, forward), fromTruth: identity(truth) };
  }
  const backward = nameMap(truth, model);
  if (backward !== undefined) {
    return { classes: model, fromModel: identity(model), fromTruth: table(truth, model, backward) };
  }
  throw new HmsaError({
    operation: 'classes of model and data',
    expected: 'the same class names, or two of Cityscapes, CamVid and Mapillary Vistas',
    received: `a model of ${summary(model)} and data of ${summary(truth)}`,
    remedy: isNumbered(model)
      ? `The model's classes have numbers in place of names. Import its weights again with their names, in the order of its outputs: ${program} import FILE --classes NAMES --overwrite.`
      : 'Evaluate on a data set with the classes of the model, or with another model.',
  });
}

/** Finer name → coarser name; undefined if the two sets are not related. */
type NameMap = (name: string) => string | undefined;

function nameMap(finer: ClassMap, coarser: ClassMap): NameMap | undefined {
  if (coarser.names.every((name) => finer.names.includes(name))) return (name) => name;
  return knownRelation(finer, coarser);
}

/** How names of Mapillary Vistas or Cityscapes become those of a coarser set of streets; undefined for all other sets. */
export function knownRelation(finer: ClassMap, coarser: ClassMap): NameMap | undefined {
  if (sameNames(coarser, cityscapes) && isMapillary(finer)) return mapillaryName;
  if (sameNames(coarser, camvid)) {
    if (sameNames(finer, cityscapes)) return (name) => cityscapesToCamvid[name];
    if (isMapillary(finer)) return (name) => cityscapesToCamvid[mapillaryName(name) ?? ''];
  }
  return undefined;
}

/** The entry of the name itself, or of the nearest name above it in the hierarchy. */
function mapillaryName(name: string): string | undefined {
  for (let above = name; above !== ''; above = above.slice(0, Math.max(0, above.lastIndexOf('--')))) {
    const found = mapillaryToCityscapes[above];
    if (found !== undefined) return found;
  }
  return undefined;
}

function isMapillary({ names }: ClassMap): boolean {
  return names.includes('construction--flat--road') && names.includes('nature--sky');
}

function sameNames(a: ClassMap, b: ClassMap): boolean {
  return a.names.length === b.names.length && b.names.every((name) => a.names.includes(name));
}

function table(from: ClassMap, to: ClassMap, map: NameMap): Uint8Array {
  const result = new Uint8Array(256).fill(VOID);
  from.names.forEach((name, id) => {
    const index = to.names.indexOf(map(name) ?? '');
    if (index >= 0) result[id] = index;
  });
  return result;
}

function identity({ names }: ClassMap): Uint8Array {
  return new Uint8Array(256).map((_, id) => (id < names.length ? id : VOID));
}

function summary({ names }: ClassMap): string {
  return `${names.length} classes (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''})`;
}
