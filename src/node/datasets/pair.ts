import type { FolderReader } from './folder-reader.js';
import { stemOf } from './folder-reader.js';
import type { Fault, Item } from './tree.js';

export interface PairOptions {
  readonly split: string;
  /** Paths below the root. */
  readonly images: readonly string[];
  readonly labels: readonly string[];
  /** What a photograph and its label share; undefined for a file that is neither. */
  readonly imageKey: (path: string) => string | undefined;
  readonly labelKey: (path: string) => string | undefined;
  readonly group: (path: string) => string;
  /** Photographs without labels are as they should be. */
  readonly unlabelled?: boolean;
}

/** Brings photographs and labels together, in the photographs' order, and notes what has no counterpart. */
export function pairFiles(reader: FolderReader, options: PairOptions): { items: Item[]; faults: Fault[] } {
  const { split } = options;
  const faults: Fault[] = [];
  const labels = byKey(options.labels, options.labelKey, split, faults);
  const images = byKey(options.images, options.imageKey, split, faults);
  const items = [...images].map(([key, path]): Item => {
    const label = labels.get(key);
    if (label === undefined && !options.unlabelled) {
      faults.push({ kind: 'missing label', file: path, split, detail: 'no label for this photograph' });
    }
    return {
      id: stemOf(path),
      image: reader.absolute(path),
      group: options.group(path),
      ...(label !== undefined && !options.unlabelled && { label: reader.absolute(label) }),
    };
  });
  for (const [key, path] of labels) {
    if (images.has(key)) continue;
    faults.push({ kind: 'missing image', file: path, split, detail: 'no photograph for this label' });
  }
  return { items, faults };
}

function byKey(
  paths: readonly string[],
  keyOf: (path: string) => string | undefined,
  split: string,
  faults: Fault[],
): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of paths) {
    const key = keyOf(path);
    if (key === undefined) {
      faults.push({ kind: 'wrong name', file: path, split, detail: 'not a name of this layout' });
    } else if (found.has(key)) {
      const detail = `skipped: ${found.get(key)} has the same name`;
      faults.push({ kind: 'ambiguous name', file: path, split, detail });
    } else {
      found.set(key, path);
    }
  }
  return found;
}
