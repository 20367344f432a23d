import { classColor } from '../classes/index.js';
import { formatColor, type Label, type LabelRule, labelSetOf, parseColor, type Rgb, VOID } from '../index.js';
import {
  describeKey,
  describeShare,
  type FileCensus,
  isBlackAndWhite,
  OTHER_KEYS,
  shownColorOf,
  storedValueOf,
  type Total,
  totals,
} from './label-census.js';
import {
  describeConflict,
  describeTotals,
  dividedBy255,
  type LabelMeaning,
  type Labels,
  NAME_THEM,
  paletteConflict,
  refused,
} from './label-meaning.js';

/** Files with more colours contain no classes, but photographs or smoothed edges. */
const MOST_CLASSES = 254;
/** A value with fewer pixels, at least half of them isolated or on a smoothed edge, is not a class. */
const MOST_SCATTERED = 0.1;
/** Next to black and white, a value with a smaller share of the pixels is an exception. */
const STRAY_SHARE = 0.05;
const RARE_SHARE = 0.002;
/** Values between black and white with a larger share of the pixels are not noise. */
const MOST_RINGING = 0.2;

/**
 * Detects the classes from the label files themselves: every value or colour that occurs is a class, in ascending
 * order, and 255 is void. Black and white alone are background and foreground, in any depth. Values at equal distances
 * up to 255, such as 0, 127 and 255, are a class each. Values of a few scattered pixels are not classes, but faults of
 * their files.
 *
 * @throws HmsaError when this is not safe: smoothed or compressed masks, 255 that may be void or a class, palettes or
 *   depths that differ between files
 */
export function detectClasses(labels: Labels): LabelMeaning {
  return labels.files.some(({ kind }) => kind === 'color') ? fromColors(labels) : fromValues(labels);
}

function fromColors(labels: Labels): LabelMeaning {
  const { files, short } = labels;
  const colored = totals(
    files.filter(({ kind }) => kind !== 'grey'),
    shownColorOf,
  );
  const known = new Set(colored.map(({ key }) => key));
  for (const file of files) {
    const value = [...file.counts.keys()].find((stored) => !known.has(shownColorOf(file, stored) ?? -2));
    if (file.kind !== 'grey' || value === undefined) continue;
    const other = files.find(({ kind }) => kind === 'color')!.path;
    throw refused(
      labels,
      'label files of one kind',
      `colours in ${short(other)} and numbers in ${short(file.path)} (${value}), which is none of the colours`,
      'Export all masks in one form, or name the classes and their colours in a classes.json.',
    );
  }
  const { kept, strays } = withoutStrays(labels, totals(files, shownColorOf), 'color');
  const list = kept.map(
    ({ key }, id): Label => ({ id, name: describeKey(key, 'color'), color: rgbOf(key), trainId: id }),
  );
  return meaning(labels, 'color', list, strays);
}

function fromValues(labels: Labels): LabelMeaning {
  const { files } = labels;
  const conflict = paletteConflict(files);
  if (conflict !== undefined) {
    throw refused(
      labels,
      'one meaning for each index of the palette images',
      describeConflict(conflict, labels),
      'Name the classes and their colours in a classes.json, so that the palettes are read by colour.',
    );
  }
  if (files.length > 0 && files.every(isBlackAndWhite)) {
    const isWhite = files.some(({ counts, white }) => counts.has(white));
    if (isWhite) {
      const is8Bit = files.every(({ white, counts }) => white === VOID || !counts.has(white));
      return meaning(labels, is8Bit ? 'value' : 'color', blackAndWhite, []);
    }
  }
  checkDepths(labels);
  const { kept, strays } = withoutStrays(labels, totals(files, storedValueOf), 'value');
  check65535(labels, kept);
  const reading = kept.some(({ key }) => key === VOID) ? reading255(labels, kept, strays) : 'class';
  if (reading === 'foreground') {
    const others = kept.filter(({ key }) => key !== 0 && key !== VOID);
    return meaning(labels, 'value', blackAndWhite, [...others, ...strays]);
  }
  const values = kept.map(({ key }) => key).filter((value) => reading === 'class' || value !== VOID);
  const colors = new Map(files.flatMap((file) => (file.kind === 'palette' ? [...file.colors] : [])));
  const voids = kept.filter(({ key }) => key === VOID && reading !== 'class');
  const list = values.map((id, trainId): Label => {
    const color = colors.get(id);
    return {
      id,
      name: `class ${id}`,
      color: color === undefined ? classColor(trainId) : rgbOf(color),
      trainId,
    };
  });
  return meaning(labels, 'value', list, strays, voids);
}

const blackAndWhite: readonly Label[] = [
  { id: 0, name: 'background', color: [0, 0, 0], trainId: 0 },
  { id: 255, name: 'foreground', color: [255, 255, 255], trainId: 1 },
];

/** In 16 bits −1 is 65535, as it is 255 in 8 bits, and some tools use it for void. */
function check65535(labels: Labels, kept: readonly Total[]): void {
  const numbers = kept.map(({ key }) => key).filter((key) => key !== WHITE_16);
  if (numbers.length === kept.length || !areNumbers(numbers)) return;
  throw refused(
    labels,
    'values that can be read in one way',
    `${describeTotals(kept, labels.pixels, 'value')}, of which 65535 may be void or a class`,
    NAME_THEM.replace('255', '65535'),
  );
}

const WHITE_16 = 65_535;

/** Numbers of classes are close together. Levels of grey are spread up to white. */
const areNumbers = (numbers: readonly number[]) =>
  numbers.length > 0 && Math.max(...numbers) < 12 * numbers.length + 8;

/** The meaning of 255 beside the other values. @throws HmsaError when it may be void as well as a class */
function reading255(
  labels: Labels,
  kept: readonly Total[],
  strays: readonly Total[],
): 'void' | 'class' | 'foreground' {
  const { pixels, files, short } = labels;
  const shareOf = (value: number) => (kept.find(({ key }) => key === value)?.pixels ?? 0) / pixels;
  const [black, white] = [shareOf(0), shareOf(VOID)];
  const others = [...kept, ...strays].filter(({ key }) => key !== 0 && key !== VOID);
  const rest = others.reduce((sum, total) => sum + total.pixels, 0) / pixels;
  const numbers = kept.map(({ key }) => key).filter((key) => key !== VOID);
  if (numbers.length === 1 && black > 0) return 'foreground';
  const isNumbered = areNumbers(numbers);
  if (!isNumbered && areLevels(kept, pixels)) return 'class';
  const outweighs = black > 0 && white > 4 * rest;
  const isNoise = rest < STRAY_SHARE || (others.length >= 8 && rest < MOST_RINGING);
  if (black > 0 && white > rest && isNoise && (!isNumbered || outweighs)) return 'foreground';
  if (!isNumbered || outweighs) {
    const values = describeTotals(kept, pixels, 'value');
    throw refused(
      labels,
      'values that can be read in one way',
      `${values}, of which 255 may be void or a class`,
      NAME_THEM,
    );
  }
  const divided = white >= 0.005 ? dividedBy255(files) : undefined;
  if (divided === undefined) return 'void';
  const [a, b] = divided.map(short);
  throw refused(
    labels,
    'label files of one kind',
    `0 and 255 in ${a} and other numbers in ${b}: 255 may be void, or what is 1 there`,
    'Export all masks in one form, or name the classes in a classes.json, with 255 among them or under "void".',
  );
}

/** 0, 127, 255; 0, 85, 170, 255; and so on: black, white and greys between them, each of them frequent. */
function areLevels(kept: readonly Total[], pixels: number): boolean {
  const step = 255 / (kept.length - 1);
  const isFrequent = kept.every((total) => total.pixels / pixels >= 0.005);
  return kept.length <= 18 && isFrequent && kept.every(({ key }, i) => Math.abs(key - i * step) <= 2);
}

/**
 * Most tools stretch numbers of 1 … 4 bits, and some those of 16 bits. Together with files of 8 bits they are not ids.
 */
function checkDepths(labels: Labels): void {
  const { files, short } = labels;
  const grey = files.filter(({ kind, counts }) => kind === 'grey' && (counts.size > 1 || !counts.has(0)));
  const odd = grey.find(
    ({ white, counts }) => white < VOID || (white > VOID && [...counts.keys()].some((value) => value > VOID)),
  );
  const other = odd && grey.find(({ white }) => white !== odd.white);
  if (odd === undefined || other === undefined) return;
  const depth = ({ white }: FileCensus) => `depth ${Math.log2(white + 1)} in `;
  throw refused(
    labels,
    'label files of one depth',
    `${depth(odd)}${short(odd.path)} and ${depth(other)}${short(other.path)}, whose numbers do not mean the same`,
    'Export all masks with 8 bits a pixel.',
  );
}

/**
 * Separates classes from values that occur only in scattered pixels, which come from smoothed edges, JPEG and slips of
 * the pen.
 *
 * @throws HmsaError when most values are of this kind
 */
function withoutStrays(labels: Labels, found: readonly Total[], by: 'value' | 'color') {
  const { pixels, short } = labels;
  // Void borders may be very thin.
  const isStray = ({ key, pixels: own, alone, between }: Total) =>
    key === OTHER_KEYS ||
    (!(by === 'value' && key === VOID) &&
      own < MOST_SCATTERED * pixels &&
      Math.max(alone, between) >= own / 2);
  const strays = found.filter(isStray);
  const kept = found.filter((total) => !isStray(total));
  // Black and white with some ringing are recognised as such.
  const isBinary = kept.length === 2 && [0, VOID].every((value) => kept.some(({ key }) => key === value));
  const ringing = strays.reduce((sum, total) => sum + total.pixels, 0) / pixels;
  const isNoise = strays.length > 8 && 2 * strays.length > found.length;
  const isTold = by === 'value' && isBinary && ringing < MOST_RINGING;
  if ((!isNoise || isTold) && kept.length <= MOST_CLASSES) return { kept, strays };
  const rare = found.filter((total) => isStray(total) || total.pixels < RARE_SHARE * pixels);
  const share = (own: number) => describeShare(own, pixels);
  const most = share(Math.max(...rare.map((total) => total.pixels)));
  const together = share(rare.reduce((sum, total) => sum + total.pixels, 0));
  const example = rare[0] ?? kept[0]!;
  const thing = by === 'value' ? 'value' : 'colour';
  const count = found.some(({ key }) => key === OTHER_KEYS) ? `more than ${found.length}` : `${found.length}`;
  throw refused(
    labels,
    found.length > MOST_CLASSES
      ? `label files of at most ${MOST_CLASSES} classes`
      : `label files with one ${thing} for each class`,
    `${count} ${thing}s, of which ${rare.length} have at most ${most} of the pixels each (together ${together}), such as ` +
      `${describeKey(example.key, by)} in ${short(example.file)}: smoothed edges or JPEG`,
    'Export masks as PNG without smoothing, resized by the nearest pixel; or name the classes in a classes.json, so that the files with other values are named.',
  );
}

function meaning(
  labels: Labels,
  by: LabelRule['by'],
  list: readonly Label[],
  strays: readonly Total[],
  voids: readonly Total[] = [],
): LabelMeaning {
  const set = labelSetOf(list);
  const shown = list.slice(0, 8).map((label) => (by === 'value' ? `${label.id}` : formatColor(label.color)));
  const things = by === 'value' ? 'values' : 'colours';
  const source =
    list.length === 0
      ? 'No label file says which classes there are.'
      : `Classes were taken from the ${things} in the label files: ${shown.join(', ')}${list.length > 8 ? ', …' : ''} ` +
        `(${list.length}). Put a classes.json into the folder to name them.`;
  const notes = [
    ...voids.map((total) => voidNote(labels, total)),
    ...(strays.length > 0 ? [strayNote(labels, by, strays)] : []),
    ...(list.length === 1 ? ['All labels are of this one class, so there is nothing to distinguish.'] : []),
  ];
  return { labels: set, rule: by === 'value' ? set.byValue : set.byColor, source, notes, faults: [] };
}

function voidNote({ pixels, short }: Labels, total: Total): string {
  return (
    `255 was taken for void, which is not scored: ${describeShare(total.pixels, pixels)} of the pixels, ` +
    `first in ${short(total.file)}.`
  );
}

function strayNote(labels: Labels, by: LabelRule['by'], strays: readonly Total[]): string {
  const first = strays[0]!;
  return (
    `Rare ${by === 'value' ? 'values' : 'colours'} were taken for faults, not for classes: ` +
    `${describeTotals(strays, labels.pixels, by)}, first in ${labels.short(first.file)}. ` +
    'They come from smoothed edges, JPEG or slips of the pen. Export those masks again as PNG without smoothing or, if they are classes, name them in a classes.json.'
  );
}

function rgbOf(color: number): Rgb {
  return parseColor(describeKey(color, 'color'));
}
