import { usualSplitName } from '../splits.js';

export interface FolderRole {
  /** Under the usual name. */
  readonly split?: string;
  readonly role?: 'image' | 'label';
}

const imageWord =
  /^(images?|imgs?|image_?dir|img_?dir|photos?|pictures?|rgb|JPEGImages|leftImg8bit|inputs?|originals?|x)$/i;
const labelWord =
  /^(masks?|mask_?dir|masks?_machine|labels?|label_?(dir|images?|maps?)|ann|annotations?|annots?|ann_?dir|gt|gtFine|ground_?truths?|targets?|segs?|segmentations?|seg(mentation)?_?(masks?|labels?|maps?)|SegmentationClass(PNG|Raw|Aug)?|png_?masks?|y)$/i;
const splitFirst = /^(train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?)[ ._-]?(.*)$/i;
const splitLast = /^(.+?)[ ._-](train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?)$/i;

/** Folders of photographs and of labels, as errors name them. */
export const usualFolders = {
  images: 'images, imgs, img_dir, JPEGImages, …',
  labels: 'masks, labels, annotations, ann_dir, masks_machine, SegmentationClass, …',
};

/** What a folder holds, by its name: `train`, `images`, `train_masks`, `labels-val`, `train2017`. */
export function roleOf(name: string): FolderRole {
  const role = wordRole(name);
  if (role !== undefined) return { role };
  const [, split = '', rest = ''] = splitFirst.exec(name) ?? [];
  if (split !== '' && /^\d*$/.test(rest)) return { split: usualSplitName(split) };
  const [, word = rest, last = split] = splitLast.exec(name) ?? [];
  const ofSplit = wordRole(word);
  return ofSplit === undefined ? {} : { split: usualSplitName(last), role: ofSplit };
}

function wordRole(word: string): FolderRole['role'] {
  return imageWord.test(word) ? 'image' : labelWord.test(word) ? 'label' : undefined;
}
