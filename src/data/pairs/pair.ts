import { canonical, type Fault, type FolderReader, few, folderOf, stemOf } from '../files/index.js';
import type { Item } from './tree.js';

/** The common part of the paths of a photograph and its label; undefined for a file that is neither. */
export interface SharedName {
  readonly image: (path: string) => string | undefined;
  readonly label: (path: string) => string | undefined;
}

export interface PairOptions {
  readonly split: string;
  /** Paths below the root. */
  readonly images: readonly string[];
  readonly labels: readonly string[];
  /** In this order. Each pairs only what those before it have left. */
  readonly shared: readonly SharedName[];
  readonly group: (path: string) => string;
  /** Photographs without labels are expected. */
  readonly unlabelled?: boolean;
}

/**
 * Pairs photographs and labels, in the order of the photographs, and notes files without a counterpart. If one name
 * fits several files, none is guessed: the photographs are left out, and the candidates noted.
 */
export function pairFiles(reader: FolderReader, options: PairOptions): { items: Item[]; faults: Fault[] } {
  const { split, images, unlabelled = false } = options;
  const { labelOf, ambiguous, orphans } = match(options);
  const faults: Fault[] = [...ambiguous];
  const leftOut = new Set(ambiguous.map(({ file }) => file));
  const isAnyLabelled = labelOf.size > 0;
  const stems = countStems(images);
  const items: Item[] = [];
  for (const path of images) {
    if (leftOut.has(path)) continue;
    const label = labelOf.get(path);
    if (label === undefined && isAnyLabelled && !unlabelled) {
      faults.push({ kind: 'missing label', file: path, split, detail: 'no label for this photograph' });
    }
    items.push({
      // If there are a.jpg and a.png, the stem would name both.
      id: stems.get(stemOf(path)) === 1 ? stemOf(path) : path,
      image: reader.absolute(path),
      group: options.group(path),
      ...(label !== undefined && !unlabelled && { label: reader.absolute(label) }),
    });
  }
  if (!isAnyLabelled && !unlabelled && items.length > 0) faults.push(noLabelAtAll(split, images));
  for (const path of orphans) {
    faults.push({ kind: 'missing image', file: path, split, detail: 'no photograph for this label' });
  }
  return { items, faults };
}

/** @param images paths of a split's photographs, none of which has a label */
export function noLabelAtAll(split: string, images: readonly string[]): Fault {
  const file = images.length === 1 ? images[0]! : folderOf(images[0]!);
  const count = images.length === 1 ? 'its only photograph' : `none of its ${images.length} photographs`;
  const detail = `the split ${split} cannot be trained or scored on: ${count} has ${images.length === 1 ? 'no' : 'a'} label`;
  return { kind: 'missing label', file, split, detail };
}

function match({ split, images, labels, shared }: PairOptions) {
  const labelOf = new Map<string, string>();
  const ambiguous: Fault[] = [];
  let left = { images: [...images], labels: [...labels] };
  for (const { image, label } of shared) {
    const byKey = group(left.labels, label);
    const settled = new Set<string>();
    for (const [key, photographs] of group(left.images, image)) {
      const candidates = byKey.get(key);
      if (candidates === undefined) continue;
      for (const path of [...photographs, ...candidates]) settled.add(path);
      if (photographs.length === 1 && candidates.length === 1) {
        labelOf.set(photographs[0]!, candidates[0]!);
        continue;
      }
      const detail =
        `left out: of ${few(photographs)} and the label${candidates.length === 1 ? '' : 's'} ${few(candidates)} ` +
        'it is not clear which belong together; rename or remove the others';
      for (const file of photographs) ambiguous.push({ kind: 'ambiguous name', file, split, detail });
    }
    left = {
      images: left.images.filter((path) => !settled.has(path)),
      labels: left.labels.filter((path) => !settled.has(path)),
    };
  }
  const isForeign = (path: string, side: keyof SharedName) =>
    shared.every((name) => name[side](path) === undefined);
  const foreign = [
    ...left.images.filter((path) => isForeign(path, 'image')),
    ...left.labels.filter((path) => isForeign(path, 'label')),
  ];
  for (const file of foreign) {
    ambiguous.push({ kind: 'wrong name', file, split, detail: 'not a name of this layout' });
  }
  const orphans = left.labels.filter((path) => !isForeign(path, 'label'));
  return { labelOf, ambiguous, orphans };
}

function group(paths: readonly string[], keyOf: (path: string) => string | undefined): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const path of paths) {
    const key = keyOf(path);
    if (key === undefined) continue;
    const known = found.get(canonical(key));
    if (known === undefined) found.set(canonical(key), [path]);
    else known.push(path);
  }
  return found;
}

function countStems(paths: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(stemOf(path), (counts.get(stemOf(path)) ?? 0) + 1);
  return counts;
}
