import { nameOfData } from '../../training/run/index.js';
import { describeModel } from '../info.js';
import { version } from '../version.js';
import type { NodeRunRecord } from './read-run.js';

type Fact = readonly [name: string, value: string];

/** Where a run came from: data, seed, versions, machine, times. */
export function runFacts(record: NodeRunRecord): Fact[] {
  const {
    data,
    moreData = [],
    dataOptions,
    validationSplit,
    init,
    config,
    versions,
    processor,
    parts,
  } = record;
  const { fingerprints, images, stepsPerEpoch, peakMemoryBytes, loader } = record;
  const split = dataOptions?.split ?? 'train';
  const more = moreData.map((one) =>
    typeof one.data === 'string' ? one.data : `${one.data.module} ${one.data.export}`,
  );
  const first = parts[0]?.started;
  const seconds = parts.reduce((sum, part) => sum + part.seconds, 0);
  return [
    [
      'training data',
      `${nameOfData(data)}, split ${split}: ${images} images, ${stepsPerEpoch} steps in an epoch`,
    ],
    ...more.map((one): Fact => ['further training data', one]),
    ['scored on', validationSplit === 'none' ? 'nothing' : `split ${validationSplit ?? 'val'}`],
    ['began from', init ?? 'random weights'],
    ['seed', String(config.seed)],
    ...Object.entries(fingerprints).flatMap(([name, value]): Fact[] =>
      value === undefined ? [] : [[`fingerprint of ${name}`, value]],
    ),
    [
      'versions',
      Object.entries(versions)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ],
    ['processor', `${processor.model}, ${processor.cores} cores`],
    ...(first === undefined
      ? []
      : [
          [
            'trained',
            `from ${first}, ${seconds.toFixed(0)} s in ${parts.length === 1 ? 'one part' : `${parts.length} parts`}`,
          ] as const,
        ]),
    ...(peakMemoryBytes === undefined
      ? []
      : [['memory', `${(peakMemoryBytes / 1e9).toFixed(2)} GB at most`] as const]),
    ...(loader === undefined ? [] : [['images left out', String(loader.skipped.length)] as const]),
  ];
}

/** Which model was looked at. @throws HmsaError when the file is damaged */
export async function modelFacts(file: string | undefined): Promise<Fact[]> {
  const report = await describeModel(file);
  const { config, sha256, parameters } = report;
  return [
    ['model', file ?? 'the shipped model'],
    ['SHA-256 of the model', sha256],
    [
      'network',
      `${config.trunk.name}, ${config.head.name}, attention ${config.attention.name}, scales ${config.scales.join(', ')}, ${parameters.toLocaleString('en')} parameters`,
    ],
  ];
}

/** When and by what a report was written. */
export function reportFacts(now = new Date()): Fact[] {
  return [
    [
      'report',
      `${now.toISOString().slice(0, 19)}Z, hmsa ${version}, node ${process.version}, ${process.platform} ${process.arch}`,
    ],
  ];
}
