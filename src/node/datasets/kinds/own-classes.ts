import type { ClassMap, LabelRule } from '../../../data/index.js';
import { decodeLabels } from '../../images/index.js';
import { readClassFile } from '../class-file.js';
import { detectClasses } from '../detect-classes.js';
import type { FolderReader } from '../folder-reader.js';
import type { Item, OpenOptions } from '../tree.js';

const usualNames = ['classes.json', 'class_dict.csv', 'classes.txt'];

export interface OwnClasses {
  readonly classes: ClassMap;
  readonly rule: LabelRule;
  readonly notes: readonly string[];
}

/** The classes of a data set that has no name: those of the given file, of one in its folder, or detected. */
export async function ownClasses(
  reader: FolderReader,
  items: readonly Item[],
  operation: string,
  options: OpenOptions,
): Promise<OwnClasses> {
  const file = options.classes ?? (await usualFile(reader));
  if (file === undefined) {
    const { labels, rule, note } = await detectClasses(items, operation);
    return { classes: labels.classes, rule, notes: [note] };
  }
  const labels = await readClassFile(file);
  const rule = (await areColors(items)) ? labels.byColor : labels.byValue;
  return { classes: labels.classes, rule, notes: [] };
}

async function usualFile(reader: FolderReader): Promise<string | undefined> {
  for (const name of usualNames) if (await reader.exists(name)) return reader.absolute(name);
  return undefined;
}

/** Whether the first label file that can be read holds colours. */
async function areColors(items: readonly Item[]): Promise<boolean> {
  for (const { label } of items) {
    if (label === undefined) continue;
    const image = await decodeLabels(label).catch(() => undefined);
    if (image === undefined) continue;
    if (image.kind === 'index') return false;
    return image.data.some((value, i) => value !== image.data[i - (i % 3)]);
  }
  return false;
}
