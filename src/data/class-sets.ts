import type { ClassMap } from './contracts.js';
import { ade20k } from './sets/ade20k.js';
import { camvid } from './sets/camvid.js';
import { cityscapes } from './sets/cityscapes.js';
import { mapillary } from './sets/mapillary-classes.js';
import { voc } from './sets/voc.js';

/** The classes of public data sets, by the name that `--classes` of `hmsa import` takes. */
export const classSets: Readonly<Record<string, ClassMap>> = { cityscapes, camvid, mapillary, ade20k, voc };
