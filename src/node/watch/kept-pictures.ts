import { join } from 'node:path';
import { z } from 'zod';
import { checkText } from '../../base/errors/index.js';
import { parseJson } from '../../base/json.js';
import { checkSchema } from '../../base/schema/index.js';
import { parseColor } from '../../data/index.js';
import type { LivePictures } from '../../report/views/index.js';
import { checkHooks, type TrainEvent, type TrainHooks } from '../../training/run/index.js';
import { readIfThere, writeFileAtomic, writeJsonAtomic } from '../files/index.js';
import { encoded, picturesOf } from '../report/pictures.js';

/** Photographs of the validation data whose pictures are kept. */
const EXAMPLES = 3;
const WIDTH = 400;

/** The folder of the pictures in that of the run, and the list of them. */
const FOLDER = 'examples';
const LIST = 'examples.json';

/** The name of a picture; nothing else is served. */
const pictureName = /^\d+-\d+\.(jpeg|png)$/;

const channel = z.int().min(0).max(255);
const listSchema = z.object({
  epoch: z.int().min(0),
  step: z.int().min(0),
  classes: z.object({ names: z.array(z.string()), colors: z.array(z.tuple([channel, channel, channel])) }),
  images: z.array(
    z.object({
      id: z.string(),
      pictures: z.array(z.object({ title: z.string(), address: z.string().regex(pictureName) })),
    }),
  ),
});

/**
 * Hooks that also keep pictures of each validation in the folder of the run, those of the last one alone.
 *
 * @throws HmsaError that names the wrong argument
 */
export function keepingPictures(folder: string, hooks: TrainHooks): TrainHooks {
  checkText(folder, 'keepingPictures', 'the folder of a training run');
  checkHooks(hooks);
  const { onEvent, examples = 0 } = hooks;
  let isBroken = false;
  return {
    ...hooks,
    examples: Math.max(examples, EXAMPLES),
    async onEvent(event) {
      await onEvent?.(event);
      if (event.kind !== 'validation' || isBroken) return;
      try {
        await keep(folder, event);
      } catch (error) {
        // A full disk under pictures must not end a long run.
        isBroken = true;
        const why = error instanceof Error ? error.message : String(error);
        await onEvent?.({ kind: 'warning', what: `no more pictures in ${join(folder, FOLDER)}: ${why}` });
      }
    },
  };
}

async function keep(
  folder: string,
  { epoch, step, classes, examples }: Extract<TrainEvent, { readonly kind: 'validation' }>,
): Promise<void> {
  const { scaleColor } = await import('../../report/plots/index.js');
  const images: LivePictures['images'][number][] = [];
  for (const [index, { id, photo, label, segmentation }] of examples.slice(0, EXAMPLES).entries()) {
    const scales = (segmentation.scales ?? []).map((_, i) => parseColor(scaleColor(i)));
    const colors = { classes: classes.colors, scales };
    const pictures: LivePictures['images'][number]['pictures'][number][] = [];
    const shown = picturesOf({ photo, label, found: segmentation }, classes, colors, true);
    for (const [place, picture] of shown.entries()) {
      const { type, bytes } = await encoded(picture, WIDTH);
      const address = `${index}-${place}.${type}`;
      await writeFileAtomic(join(folder, FOLDER, address), bytes);
      pictures.push({ title: picture.title, address });
    }
    images.push({ id, pictures });
  }
  const { names, colors } = classes;
  await writeJsonAtomic(join(folder, FOLDER, LIST), { epoch, step, classes: { names, colors }, images });
}

/** The pictures of the last validation; undefined if none were kept. @throws HmsaError when their list is damaged */
export async function readPictures(folder: string): Promise<LivePictures | undefined> {
  const path = join(folder, FOLDER, LIST);
  const bytes = await readIfThere(path, { limit: 2 ** 24 });
  if (bytes === undefined) return undefined;
  return checkSchema(listSchema, parseJson(new TextDecoder().decode(bytes), path), path);
}

/** The bytes of a kept picture; undefined for any other name. */
export async function readPicture(folder: string, name: string): Promise<Uint8Array | undefined> {
  return pictureName.test(name) ? readIfThere(join(folder, FOLDER, name), { limit: 2 ** 24 }) : undefined;
}
