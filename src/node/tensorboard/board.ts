import type { Pixels } from '../../base/pixels.js';
import type { ClassMap } from '../../data/index.js';
import { colorize, heatmap, overlay } from '../../report/pictures/index.js';
import { attentionStatistics } from '../../training/index.js';
import type { Example, TrainEvent } from '../../training/run/index.js';
import { encodePng, reducedTo } from '../images/index.js';
import { type Entry, EventFile, type Shown } from './event-file.js';

/** Steps between two entries of the curves of training. */
const EVERY = 10;
/** Photographs of the validation data whose prediction and attention are shown. */
export const EXAMPLES = 4;
/** Pixels of the longer side of a picture. */
const LONGER_SIDE = 512;

/**
 * Writes the events of a training run for TensorBoard. A step is the number of steps taken, so that a validation stands
 * beside the last step before it. A resumed run begins a new file, which says that what earlier files tell of steps after
 * its beginning is void.
 */
export class Board {
  readonly #folder: string;
  readonly #warn: (what: string) => unknown;
  #file: EventFile | undefined;

  /** @param warn told once if events cannot be written any more, on a full disk for example: the run goes on without them */
  constructor(folder: string, warn: (what: string) => unknown) {
    this.#folder = folder;
    this.#warn = warn;
  }

  async take(event: TrainEvent): Promise<void> {
    switch (event.kind) {
      case 'planned': {
        this.#file ??= await EventFile.create(this.#folder);
        const restart: Entry[] = event.from === 0 ? [] : [{ kind: 'restart', step: event.from + 1 }];
        const text = indented(JSON.stringify(event.config, null, 2));
        const configuration: Shown = { kind: 'text', tag: 'configuration', text };
        return this.#write([...restart, { kind: 'shown', step: event.from, values: [configuration] }]);
      }
      case 'step':
        if ((event.step + 1) % EVERY !== 0 && event.step > 0) return;
        return this.#show(event.step + 1, curvesOf(event));
      case 'validation':
        return this.#show(event.step, [...scoresOf(event), ...(await picturesOf(event))]);
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    // Everything is written; some file systems tell of a full disk only here.
    await file?.close().catch(() => {});
  }

  async #show(step: number, values: readonly Shown[]): Promise<void> {
    await this.#write([{ kind: 'shown', step, values }]);
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    const file = this.#file;
    try {
      await file?.write(entries);
    } catch (error) {
      this.#file = undefined;
      await file?.close().catch(() => {});
      const why = error instanceof Error ? error.message : String(error);
      await this.#warn(
        `no more events for TensorBoard in ${this.#folder}, the run goes on without them: ${why}`,
      );
    }
  }
}

type Event<Kind extends TrainEvent['kind']> = Extract<TrainEvent, { readonly kind: Kind }>;

const scalar = (tag: string, value: number): Shown => ({ kind: 'scalar', tag, value });

function curvesOf({ loss, learningRate, gradientNorm, metrics }: Event<'step'>): Shown[] {
  const attention = attentionStatistics(metrics).flatMap(({ scale, mean, saturated }) => [
    scalar(`attention/mean@${scale}`, mean),
    scalar(`attention/saturated@${scale}`, saturated),
  ]);
  const others = Object.entries(metrics).filter(([name]) => !name.startsWith('attention'));
  return [
    scalar('training/loss', loss),
    scalar('training/learningRate', learningRate),
    scalar('training/gradientNorm', gradientNorm),
    ...others.map(([name, value]) => scalar(`training/${name}`, value)),
    ...attention,
  ];
}

/** A class that is not in the validation data has no IoU. */
function scoresOf({ score }: Event<'validation'>): Shown[] {
  const { meanIoU, meanAccuracy, pixelAccuracy, perClass } = score;
  const all = [
    scalar('validation/meanIoU', meanIoU),
    scalar('validation/meanAccuracy', meanAccuracy),
    scalar('validation/pixelAccuracy', pixelAccuracy),
    ...perClass.map(({ name, iou }) => scalar(`IoU/${name}`, iou)),
  ];
  return all.filter((one) => one.kind !== 'scalar' || Number.isFinite(one.value));
}

async function picturesOf({ examples = [], classes }: Event<'validation'>): Promise<Shown[]> {
  const pictures = examples.flatMap((example, i) => picturesOfExample(example, i, classes));
  return Promise.all(
    pictures.map(async ({ tag, pixels }) => {
      const { data, width, height } = await reducedTo(LONGER_SIDE, pixels);
      return { kind: 'image', tag, width, height, png: await encodePng({ data, width, height }) } as const;
    }),
  );
}

function picturesOfExample({ photo, label, segmentation }: Example, i: number, classes: ClassMap) {
  const { width, height } = photo;
  const painted = (labels: Uint8Array) => overlay(photo, colorize(labels, width, height, classes), 0.6);
  const pictures: { readonly tag: string; readonly pixels: Pixels }[] = [
    { tag: `prediction/${i}`, pixels: painted(segmentation.labels) },
    { tag: `truth/${i}`, pixels: painted(label) },
  ];
  for (const { scale, attention } of segmentation.scales ?? []) {
    if (attention === undefined) continue;
    pictures.push({ tag: `attention@${scale}/${i}`, pixels: heatmap(attention, width, height) });
  }
  return pictures;
}

/** Four spaces make a block of code in Markdown. */
function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}
