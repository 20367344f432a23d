import { checkArgument, HmsaError, isRecord } from '../base/errors/index.js';
import { checkDataset } from './check.js';
import { checkLabelMap, checkSample } from './check-sample.js';
import type { ClassMap, Dataset, LabelMap, Mixture, Region, Sample, SamplePart, Size } from './contracts.js';
import { relateClasses } from './relate-classes.js';

/** A data set to be mixed with others. */
export interface MixedPart {
  readonly dataset: Dataset;
  /**
   * The probability that a sample of an epoch comes from this set, above 0 and below 1. Sets without one divide the rest by
   * their numbers of samples.
   */
  readonly share?: number;
}

export interface MixOptions {
  /** Samples in an epoch; default: as many as the first set has. */
  readonly samplesPerEpoch?: number;
}

/** A set of a mixture, with everything decided. */
export interface DecidedPart {
  readonly dataset: Dataset;
  readonly share: number;
  /** Train id of the set → train id of the first set. */
  readonly table: Uint8Array;
}

/**
 * Decides the shares and the classes of sets that are mixed: the classes are those of the first set, and those of the others
 * are related to them by their names (see `relateClasses`).
 *
 * @throws HmsaError when the shares leave nothing for a set, or a set has no class in common with the first one
 */
export function partsOfMix(parts: readonly MixedPart[]): DecidedPart[] {
  checkArgument(isListOfRecords(parts), 'mix', 'a list of data sets as { dataset, share }', parts);
  for (const [i, { dataset }] of parts.entries()) {
    checkDataset(dataset, `mix, data set ${i + 1}`);
    if (dataset.length === 0) throw wrong('photographs in each set', `none in set ${i + 1}`, 'Leave it out.');
  }
  const shares = sharesOf(parts);
  const { classes } = parts[0]!.dataset;
  return parts.map(({ dataset }, i) => ({
    dataset,
    share: shares[i]!,
    table: relateClasses(dataset.classes, classes).table,
  }));
}

function isListOfRecords(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((part) => isRecord(part));
}

/** Shares may be off one by this much, as 0.1 + 0.2 + 0.7 is. */
const TOLERANCE = 1e-9;

function sharesOf(parts: readonly MixedPart[]): number[] {
  for (const { share } of parts) {
    if (share === undefined || (typeof share === 'number' && share > 0 && share < 1)) continue;
    throw wrong('a share above 0 and below 1', String(share), 'Such as 0.5, for every second sample.');
  }
  const given = parts.reduce((sum, { share = 0 }) => sum + share, 0);
  const open = parts.filter(({ share }) => share === undefined);
  if (open.length === 0 && Math.abs(given - 1) > TOLERANCE)
    throw wrong('shares that sum to 1', String(given), 'Leave one out: that set then takes the rest.');
  if (open.length > 0 && given > 1 - TOLERANCE)
    throw wrong('shares below 1 in all, so that the other sets have a rest', String(given), 'Lower them.');
  const samples = open.reduce((sum, { dataset }) => sum + dataset.length, 0);
  return parts.map(({ dataset, share }) => share ?? ((1 - given) * dataset.length) / samples);
}

/** Several data sets as one, with the classes of the first. An epoch draws from each with its probability. */
export class MixedDataset implements Dataset {
  readonly classes: ClassMap;
  readonly length: number;
  readonly mixture: Mixture;
  /** Undefined unless every set can tell, because a changed one would go unnoticed. */
  readonly fingerprint?: () => Promise<string>;

  /** @throws HmsaError when the number of samples is no whole number of at least 1 */
  constructor(
    readonly parts: readonly DecidedPart[],
    { samplesPerEpoch = parts[0]!.dataset.length }: MixOptions = {},
  ) {
    const isCount = Number.isSafeInteger(samplesPerEpoch) && samplesPerEpoch >= 1;
    checkArgument(isCount, 'mix, samplesPerEpoch', 'a whole number of at least 1', samplesPerEpoch);
    this.classes = parts[0]!.dataset.classes;
    this.length = parts.reduce((sum, { dataset }) => sum + dataset.length, 0);
    this.mixture = {
      parts: parts.map(({ dataset, share }) => ({ length: dataset.length, share })),
      samples: samplesPerEpoch,
    };
    if (parts.every(({ dataset }) => dataset.fingerprint !== undefined))
      this.fingerprint = () => this.#fingerprint();
  }

  async get(index: number): Promise<Sample> {
    const { part, at } = this.#at(index);
    return this.#relabelled(await part.dataset.get(at), part, at);
  }

  async getPart(index: number, choose: (whole: Size) => Region): Promise<SamplePart> {
    const { part, at } = this.#at(index);
    const { dataset } = part;
    if (dataset.getPart) return this.#relabelled(await dataset.getPart(at, choose), part, at);
    const sample = await dataset.get(at);
    const region = choose({ width: sample.width, height: sample.height });
    return this.#relabelled(cut(sample, region), part, at);
  }

  async getLabel(index: number): Promise<LabelMap | undefined> {
    const { part, at } = this.#at(index);
    const { dataset, table } = part;
    const found = await (dataset.getLabel ? dataset.getLabel(at) : dataset.get(at));
    if (found?.label === undefined) return undefined;
    const { label, width, height } = found;
    if (isIdentity(table, dataset)) return { label, width, height };
    checkLabelMap({ label, width, height }, `sample ${at} of the data set`, dataset.classes.names.length);
    return { label: label.map((id) => table[id]!), width, height };
  }

  async sizeOf(index: number): Promise<Size> {
    const { part, at } = this.#at(index);
    return part.dataset.sizeOf ? part.dataset.sizeOf(at) : part.dataset.get(at);
  }

  /** The sample with the classes of the first set, and an id that no sample of another set has. */
  #relabelled<S extends Sample>(sample: S, part: DecidedPart, at: number): S {
    const { dataset, table } = part;
    // Before the classes are mapped, because a label outside of them would become void unnoticed.
    checkSample(sample, at, dataset.classes.names.length);
    const number = this.parts.indexOf(part) + 1;
    const id = number === 1 ? sample.id : `${number}:${sample.id}`;
    if (sample.label === undefined || isIdentity(table, dataset)) return { ...sample, id };
    return { ...sample, id, label: sample.label.map((train) => table[train]!) };
  }

  #at(index: number): { part: DecidedPart; at: number } {
    let at = index;
    for (const part of this.parts) {
      if (at < part.dataset.length && at >= 0) return { part, at };
      at -= part.dataset.length;
    }
    throw new HmsaError({
      operation: 'data set',
      expected: `an index in 0 … ${this.length - 1}`,
      received: String(index),
    });
  }

  async #fingerprint(): Promise<string> {
    const marks = [];
    for (const { dataset, share, table } of this.parts)
      marks.push([await dataset.fingerprint!(), share, [...table]]);
    const text = JSON.stringify([this.classes, this.mixture.samples, marks]);
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
    return `sha256:${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  }
}

/** Whether every class keeps its train id. */
function isIdentity(table: Uint8Array, { classes: { names } }: Dataset): boolean {
  return names.every((_, id) => table[id] === id);
}

/** A rectangle of a sample that was read as a whole. */
function cut({ image, label, width, height, id }: Sample, region: Region): SamplePart {
  const pick = (data: Uint8Array, channels: number) => {
    const part = new Uint8Array(region.width * region.height * channels);
    for (let y = 0; y < region.height; y++) {
      const from = ((region.top + y) * width + region.left) * channels;
      part.set(data.subarray(from, from + region.width * channels), y * region.width * channels);
    }
    return part;
  };
  return {
    id,
    image: pick(image, 3),
    ...(label && { label: pick(label, 1) }),
    ...region,
    whole: { width, height },
  };
}

function wrong(expected: string, received: string, remedy: string): HmsaError {
  return new HmsaError({ operation: 'mix', expected, received, remedy });
}
