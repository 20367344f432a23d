import { generator } from '../../base/random/index.js';
import { type Size, VOID } from '../../data/index.js';

/** Painted pixels of each class in a step, drawn anew each time, so that a long stroke does not outweigh a short one. */
const PIXELS_PER_CLASS = 400;
/** The same of each class that is to stay where nothing is painted. */
const KEPT_PER_CLASS = 150;
/**
 * Around a stroke, as a share of the longer side, nothing of a class stays that was painted over: what is wrong under the stroke
 * is probably wrong beside it. Farther away it stays. Without that a class which was corrected in one place is forgotten
 * everywhere.
 */
const REACH = 0.04;

/** What a training step on one picture learns: the painted pixels and, where nothing is painted, what the model was sure of. */
export class Lesson {
  readonly #size: Size;
  readonly #known: Uint8Array;
  #painted: Uint8Array;
  #places: ReadonlyMap<number, readonly number[]> = new Map();
  #kept: ReadonlyMap<number, readonly number[]> = new Map();

  /** @param known what the model said before, at pixels that it was sure of; {@link VOID} elsewhere */
  constructor(size: Size, known: Uint8Array) {
    this.#size = size;
    this.#known = known;
    this.#painted = new Uint8Array(known.length).fill(VOID);
  }

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  /** The painted pixels of each class. */
  get places(): ReadonlyMap<number, readonly number[]> {
    return this.#places;
  }

  /**
   * Takes what is painted: train ids of a picture of any size, {@link VOID} where nothing is. Every painted pixel counts, so
   * that a thin stroke is not lost where the image is reduced.
   *
   * @param classes labels from here on are left out
   * @returns whether something else is painted than before
   */
  paint(labels: Uint8Array, { width, height }: Size, classes: number): boolean {
    const { width: columns, height: rows } = this.#size;
    const painted = new Uint8Array(columns * rows).fill(VOID);
    for (let y = 0, i = 0; y < height; y++) {
      const row = Math.floor((y * rows) / height) * columns;
      for (let x = 0; x < width; x++, i++)
        if (labels[i]! < classes) painted[row + Math.floor((x * columns) / width)] = labels[i]!;
    }
    const isNew = painted.some((label, place) => label !== this.#painted[place]);
    this.#painted = painted;
    this.#places = placesOf(painted);
    this.#kept = placesOf(this.#stays());
    return isNew;
  }

  /** The labels of one step. */
  drawn(step: number): Uint8Array {
    const labels = new Uint8Array(this.#painted.length).fill(VOID);
    const random = generator(0, 'scribbles', step);
    const draw = (pixels: ReadonlyMap<number, readonly number[]>, most: number) => {
      for (const [label, places] of pixels) {
        if (places.length <= most) for (const place of places) labels[place] = label;
        else
          for (let i = 0; i < most; i++)
            labels[places[Math.floor(random.uniform() * places.length)]!] = label;
      }
    };
    draw(this.#kept, KEPT_PER_CLASS);
    draw(this.#places, PIXELS_PER_CLASS);
    return labels;
  }

  /** What is known, but for what is painted, and what is near to a stroke over it. */
  #stays(): Uint8Array {
    const { width, height } = this.#size;
    const reach = REACH * Math.max(width, height);
    const stays = this.#known.slice();
    for (const [wrong, places] of placesOf(this.#known, (place) => this.#isOver(place))) {
      const near = within(places, reach, this.#size);
      for (let place = 0; place < stays.length; place++)
        if (near[place] === 1 && stays[place] === wrong) stays[place] = VOID;
    }
    for (let place = 0; place < stays.length; place++) if (this.#painted[place] !== VOID) stays[place] = VOID;
    return stays;
  }

  #isOver(place: number): boolean {
    return this.#painted[place] !== VOID && this.#painted[place] !== this.#known[place];
  }
}

/** The places of each label but void. */
function placesOf(labels: Uint8Array, isWanted = (_: number) => true): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const [place, label] of labels.entries()) {
    if (label === VOID || !isWanted(place)) continue;
    const places = found.get(label);
    if (places === undefined) found.set(label, [place]);
    else places.push(place);
  }
  return found;
}

/** 1 at every pixel that is within a distance of a place, or nearly so. */
function within(places: readonly number[], distance: number, { width, height }: Size): Uint8Array {
  const near = new Uint8Array(width * height);
  // Neighbours reach nearly the same.
  const step = Math.max(1, Math.floor(distance / 4));
  const seen = new Set<number>();
  for (const place of places) {
    const [x, y] = [place % width, Math.floor(place / width)];
    const cell = Math.floor(y / step) * width + Math.floor(x / step);
    if (seen.has(cell)) continue;
    seen.add(cell);
    for (let row = Math.ceil(y - distance); row <= y + distance; row++) {
      if (row < 0 || row >= height) continue;
      const half = Math.sqrt(Math.max(0, distance ** 2 - (row - y) ** 2));
      const from = Math.max(0, Math.ceil(x - half));
      const to = Math.min(width - 1, Math.floor(x + half));
      near.fill(1, row * width + from, row * width + to + 1);
    }
  }
  return near;
}
