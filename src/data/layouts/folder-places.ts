import { HmsaError } from '../../base/errors/index.js';
import { byName, type FolderReader, few, isJpegName, joinPath, pathBelow, stemOf } from '../files/index.js';
import { isTestSplit, pairFiles, type SharedName, splitWords, usualSplitName } from '../pairs/index.js';

export interface FolderRole {
  /** By its usual name. */
  readonly split?: string;
  readonly role?: 'image' | 'label';
}

const imageWord =
  /^(images?|imgs?|image_?dir|img_?dir|photos?|pictures?|rgb|JPEGImages|leftImg8bit|image_2|inputs?|originals?|x)$/i;
const labelWord =
  /^(masks?|mask_?dir|masks?_machine|labels?|label_?(dir|images?|maps?)|ann|annotations?|annots?|ann_?dir|gt|gtFine|ground_?truths?|targets?|segs?|segmentations?|seg(mentation)?_?(masks?|labels?|maps?)|semantic(s|_?masks?|_?labels?)?|SegmentationClass(PNG|Raw|Aug)?|png_?masks?|y)$/i;
const splitWord = `(${splitWords})`;
const splitFirst = new RegExp(`^${splitWord}[ ._-]?(.*)$`, 'i');
const splitLast = new RegExp(`^(.+?)[ ._-]${splitWord}$`, 'i');
/** `ISIC2018_Task1_Training_GroundTruth` */
const splitInside = new RegExp(`^.+[ ._-]${splitWord}[ ._-](.+)$`, 'i');

/** Folders of photographs and of labels, as errors name them. */
export const usualFolders = {
  images: 'images, imgs, img_dir, JPEGImages, …',
  labels: 'masks, labels, annotations, ann_dir, masks_machine, SegmentationClass, …',
};

/** The role of a folder, from its name: `train`, `images`, `train_masks`, `labels-val`, `train2017`. */
export function roleOf(name: string): FolderRole {
  const role = wordRole(name);
  if (role !== undefined) return { role };
  const [, split = '', rest = ''] = splitFirst.exec(name) ?? [];
  if (split !== '' && /^\d*$/.test(rest)) return { split: usualSplitName(split) };
  const [, word = rest, last = split] = splitLast.exec(name) ?? [];
  const ofSplit = wordRole(word);
  if (ofSplit !== undefined) return { split: usualSplitName(last), role: ofSplit };
  const [, inside = '', after = ''] = splitInside.exec(name) ?? [];
  const ofInside = wordRole(after);
  return ofInside === undefined ? {} : { split: usualSplitName(inside), role: ofInside };
}

function wordRole(word: string): FolderRole['role'] {
  return imageWord.test(word) ? 'image' : labelWord.test(word) ? 'label' : undefined;
}

/** The folders of a split's photographs and labels. */
export interface Place {
  readonly split: string;
  readonly images: readonly string[];
  readonly labels: readonly string[];
  /** The folders below which the paths of a photograph and its label are equal. */
  readonly below: Below;
  /** The folder that may contain lists of splits. */
  readonly base: string;
  /** The choice that was made, if there were several. */
  readonly note?: string;
}

interface Below {
  readonly images: string;
  readonly labels: string;
}

/** The name of a set that is not divided into splits. */
export const WHOLE = 'all';

/** A set may lie this many folders below the root: `VOCdevkit/VOC2012`. */
const DEEPEST = 2;

/** Suffixes that tools add to the name of a photograph to name its mask. */
const maskSuffix =
  /[._-](masks?|labels?|gt|seg|segmentation|annot|L|P|labelIds|labelTrainIds|gtFine_labelIds|gtFine_labelTrainIds)$/i;
/** Suffixes that some tools add to the name of the photograph. */
const photoSuffix = /[._-](sat|img|image|rgb|photo|leftImg8bit)$/i;

/** The same as prefixes: `img_1.jpg` and `mask_1.png`. */
const maskPrefix = /(^|\/)(?:masks?|labels?|gt|seg)[._-]?(?=[^/]*$)/;
const photoPrefix = /(^|\/)(?:images?|img|photo|rgb)[._-]?(?=[^/]*$)/;

/**
 * Equal names come first, because `0001_L.jpg` may be the whole name of a photograph. `a.jpg.png` is the label of
 * `a.jpg`.
 */
export function sharedNames({ images, labels }: Below): SharedName[] {
  const image = (path: string) => pathBelow(images, path);
  const label = (path: string) => stemOf(pathBelow(labels, path));
  const bare = (path: string) => label(path).replace(maskSuffix, '');
  const bareImage = (path: string) => stemOf(image(path)).replace(photoSuffix, '');
  const alike = (path: string) => path.toLowerCase();
  return [
    { image, label },
    { image: (path) => stemOf(image(path)), label },
    { image: (path) => stemOf(image(path)), label: bare },
    { image: bareImage, label: bare },
    { image: (path) => alike(bareImage(path)), label: (path) => alike(bare(path)) },
    {
      image: (path) => alike(bareImage(path)).replace(photoPrefix, '$1'),
      label: (path) => alike(bare(path)).replace(maskPrefix, '$1'),
    },
  ];
}

/**
 * Finds photographs and labels below the root by the names and the content of folders. A folder is one of labels only
 * if it contains images.
 *
 * @throws HmsaError when two folders of labels fit the same photographs equally well
 */
export async function findPlaces(reader: FolderReader): Promise<Place[]> {
  const found = await new PlaceFinder(reader).find('', undefined, DEEPEST);
  return found.length > 0 ? found : [await sideBySide(reader, '', WHOLE, '')];
}

interface Folder extends FolderRole {
  readonly path: string;
}

interface Choice {
  readonly place: Place;
  readonly pairs: number;
}

class PlaceFinder {
  constructor(readonly reader: FolderReader) {}

  /** Places in and below a folder; none if there are only files side by side, where that is not allowed. */
  async find(folder: string, split: string | undefined, depth: number): Promise<Place[]> {
    const folders = await this.#folders(folder);
    const [images, labels] = [ofRole(folders, 'image'), ofRole(folders, 'label')];
    if (split === undefined) {
      const divided = await this.#divided(folder, folders, images, labels);
      // images/ and masks/ beside test/ are for training.
      if (divided.some((place) => !isTestSplit(place.split))) return divided;
      if (divided.length > 0) {
        const rest = await this.#choose(WHOLE, paths(images), paths(labels), folder);
        return rest === undefined ? divided : [rest, ...divided];
      }
    }
    const whole = await this.#choose(split ?? WHOLE, paths(images), paths(labels), folder);
    if (whole !== undefined) return [whole];
    if (depth === 0 || (await this.#holdsImages(folder))) return [];
    const below: Place[] = [];
    for (const { path } of folders) below.push(...(await this.find(path, split, depth - 1)));
    return below;
  }

  /** train/ and val/ with folders in them, beside train_masks/ and val_masks/, or below images/ and masks/. */
  async #divided(
    base: string,
    folders: readonly Folder[],
    images: readonly Folder[],
    labels: readonly Folder[],
  ) {
    const outer = folders.filter(({ split }) => split !== undefined);
    const innerImages = await this.#splitsIn(images);
    const innerLabels = await this.#splitsIn(labels);
    const names = new Set(
      [...outer.filter(({ role }) => role !== 'label'), ...innerImages].map(({ split }) => split!),
    );
    const places: Place[] = [];
    for (const split of names) {
      const own = outer.filter((folder) => folder.split === split);
      const plain = own.filter(({ role }) => role === undefined);
      const inside: Place[] = [];
      for (const { path } of plain) inside.push(...(await this.find(path, split, DEEPEST - 1)));
      if (inside.length > 0) {
        places.push(...inside.map((place) => ({ ...place, base })));
        continue;
      }
      const ofSplit = innerLabels.filter((folder) => folder.split === split);
      const photographs = [
        ...paths(ofRole(own, 'image')),
        ...paths(innerImages.filter((folder) => folder.split === split)),
        ...paths(plain),
      ];
      const masks = [...own.filter(({ role }) => role === 'label'), ...ofSplit];
      const candidates = paths(masks.length > 0 ? masks : labels);
      const place = await this.#choose(split, photographs, candidates, base);
      if (place !== undefined) places.push(place);
      else for (const path of photographs) places.push(await sideBySide(this.reader, path, split, base));
    }
    return places;
  }

  /** The pair of folders with the most matching names; undefined if no folder holds labels. */
  async #choose(
    split: string,
    imageFolders: readonly string[],
    labelFolders: readonly string[],
    base: string,
  ): Promise<Place | undefined> {
    const images = await this.#filled(imageFolders);
    const labels = withoutPhotographs(await this.#filled(labelFolders));
    const places = images.flatMap((image) =>
      labels.map((label): Place => {
        const below = { images: image.path, labels: label.path };
        return { split, images: image.files, labels: label.files, below, base };
      }),
    );
    if (places.length < 2) return places[0];
    const choices = places.map((place) => ({ place, pairs: pairsOf(this.reader, place) }));
    const [first, second] = choices.sort((a, b) => b.pairs - a.pairs) as [Choice, Choice];
    if (second.pairs === first.pairs && first.pairs > 0)
      throw unclear(this.reader, first.place, second.place);
    const { below } = first.place;
    return {
      ...first.place,
      note: `Of the folders whose names fit, ${below.images}/ and ${below.labels}/ share most names and are read.`,
    };
  }

  async #filled(folders: readonly string[]): Promise<{ path: string; files: string[] }[]> {
    const listed: { path: string; files: string[] }[] = [];
    for (const path of folders) listed.push({ path, files: await this.reader.images(path) });
    return listed.filter(({ files }) => files.length > 0);
  }

  async #splitsIn(folders: readonly Folder[]): Promise<Folder[]> {
    const inner: Folder[] = [];
    for (const { path } of folders) {
      for (const folder of await this.#folders(path)) {
        if (folder.split !== undefined) inner.push(folder);
      }
    }
    return inner;
  }

  async #folders(path: string): Promise<Folder[]> {
    const names = await this.reader.folders(path);
    return names.map((name) => ({ path: joinPath(path, name), ...roleOf(name) }));
  }

  async #holdsImages(path: string): Promise<boolean> {
    const files = await this.reader.list(path, { deep: false });
    return files.some((file) => stemOf(file) !== file);
  }
}

function ofRole(folders: readonly Folder[], wanted: FolderRole['role']): Folder[] {
  return folders.filter(({ role }) => role === wanted);
}

function paths(folders: readonly Folder[]): string[] {
  return folders.map(({ path }) => path);
}

/** JPEG files are pictures of labels. They count only if there are no other files, so that the error names them. */
function withoutPhotographs<T extends { files: readonly string[] }>(folders: readonly T[]): T[] {
  const lossless = folders.filter(({ files }) => !files.every(isJpegName));
  return lossless.length > 0 ? lossless : [...folders];
}

function pairsOf(reader: FolderReader, place: Place): number {
  const { items } = pairFiles(reader, { ...place, shared: sharedNames(place.below), group: () => '' });
  return items.filter(({ label }) => label !== undefined).length;
}

function unclear(reader: FolderReader, first: Place, second: Place): HmsaError {
  const side = first.below.labels === second.below.labels ? 'images' : 'labels';
  return new HmsaError({
    operation: `folder:${reader.root}`,
    expected: `one folder of ${side === 'images' ? 'photographs' : 'labels'} for each split`,
    received: `${few([first.below[side], second.below[side]].map((path) => `${path}/`).sort(byName))}, whose names fit equally well`,
    remedy: 'Rename the one that is not meant, or list the pairs in a text file and use list:FILE.',
  });
}

/** In one folder, a mask is a file that is not JPEG and has the suffix of a mask, or the name of a JPEG beside it. */
async function sideBySide(reader: FolderReader, folder: string, split: string, base: string): Promise<Place> {
  const files = await reader.images(folder);
  const stems = new Set(files.map(stemOf));
  const jpegs = new Set(files.filter(isJpegName).map(stemOf));
  const whole = new Set(files);
  const isMask = (file: string) => {
    if (isJpegName(file)) return false;
    const stem = stemOf(file);
    if (jpegs.has(stem) || whole.has(stem)) return true;
    const bare = stem.replace(maskSuffix, '');
    return (
      bare !== stem &&
      (stems.has(bare) || ['sat', 'img', 'image', 'rgb'].some((photo) => stems.has(`${bare}_${photo}`)))
    );
  };
  return {
    split: usualSplitName(split),
    images: files.filter((file) => !isMask(file)),
    labels: files.filter(isMask),
    below: { images: folder, labels: folder },
    base,
  };
}
