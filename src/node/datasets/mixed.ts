import { checkArgument, isRecord } from '../../base/errors/index.js';
import {
  type Dataset,
  type DatasetModule,
  MixedDataset,
  type MixedPart,
  type MixOptions,
  partsOfMix,
} from '../../data/index.js';
import { openDatasetModule } from './dataset-module.js';

/** A mixture as plain data, for worker threads. */
interface MixtureSource extends MixOptions {
  readonly parts: readonly {
    readonly source: DatasetModule;
    readonly share: number;
    readonly table: readonly number[];
  }[];
}

/**
 * Several data sets as one, for `train` and `openLoader`. The classes are those of the first; those of the others are related
 * to them by their names, and the rest is void. An epoch has as many samples as the first set, unless the options say
 * otherwise, and draws from each set with its probability.
 *
 * @throws HmsaError when the shares leave nothing for a set, or a set has no class in common with the first one
 */
export function mixDatasets(parts: readonly MixedPart[], options: MixOptions = {}): Dataset {
  checkArgument(isRecord(options), 'mix', 'an object of options', options);
  return withSource(new MixedDataset(partsOfMix(parts), options));
}

/**
 * Worker threads find this function by its name.
 *
 * @public
 */
export async function openMixture({ parts, ...options }: MixtureSource): Promise<Dataset> {
  const opened = [];
  for (const { source, share, table } of parts)
    opened.push({ dataset: await openDatasetModule(source), share, table: Uint8Array.from(table) });
  return withSource(new MixedDataset(opened, options));
}

/** Only if worker threads can open every set. */
function withSource(mixed: MixedDataset): Dataset {
  const sources = mixed.parts.map(({ dataset: { source } }) => source);
  if (sources.some((source) => source === undefined)) return mixed;
  const options: MixtureSource = {
    samplesPerEpoch: mixed.mixture.samples,
    parts: mixed.parts.map(({ share, table }, i) => ({ source: sources[i]!, share, table: [...table] })),
  };
  return Object.assign(mixed, { source: { module: import.meta.url, export: openMixture.name, options } });
}
