/** A piece of a region, taken or free. */
interface Piece {
  readonly region: Region;
  at: number;
  size: number;
  isFree: boolean;
}

interface Region {
  /** In the order of their places; together they are the region. */
  readonly pieces: Piece[];
  /** Which pages have been written to: the others take no memory. */
  readonly pages: Uint8Array;
}

/** ONNX Runtime's numbers (`BFCArena`), in bytes. */
const FIRST_REGION = 2 ** 20;
const LARGEST_DOUBLED = 2 ** 30;
const UNIT = 256;
/** A free piece is taken whole unless it is twice as large as what is needed, or this much larger. */
const MOST_WASTE = 2 ** 27;

const PAGE = 2 ** 16;

/**
 * How much memory ONNX Runtime's CPU takes for tensors that are made and freed one after the other. It takes regions, each as large
 * as all before, puts a tensor into the smallest free piece that holds it, and joins what becomes free with its neighbours. So what it
 * takes is more than what is alive at once, by a third to two, up and down with the sizes: it is computed by doing the same.
 */
export class Arena {
  readonly #regions: Region[] = [];
  #next = FIRST_REGION;
  #pages = 0;

  /** Bytes that have been in use, rounded up to whole pages. */
  get bytes(): number {
    return this.#pages * PAGE;
  }

  take(bytes: number): Piece {
    const size = Math.max(UNIT, Math.ceil(bytes / UNIT) * UNIT);
    const piece = this.#smallest(size) ?? this.#newRegion(size);
    const { region } = piece;
    if (piece.size >= 2 * size || piece.size - size >= MOST_WASTE) {
      const rest = { region, at: piece.at + size, size: piece.size - size, isFree: true };
      region.pieces.splice(region.pieces.indexOf(piece) + 1, 0, rest);
      piece.size = size;
    }
    piece.isFree = false;
    const end = Math.ceil((piece.at + bytes) / PAGE);
    for (let page = Math.floor(piece.at / PAGE); page < end; page++) {
      if (region.pages[page] === 0) this.#pages++;
      region.pages[page] = 1;
    }
    return piece;
  }

  give(piece: Piece): void {
    const { pieces } = piece.region;
    piece.isFree = true;
    const place = pieces.indexOf(piece);
    const [before, after] = [pieces[place - 1], pieces[place + 1]];
    if (after?.isFree) {
      piece.size += after.size;
      pieces.splice(place + 1, 1);
    }
    if (before?.isFree) {
      before.size += piece.size;
      pieces.splice(place, 1);
    }
  }

  #smallest(size: number): Piece | undefined {
    let best: Piece | undefined;
    for (const { pieces } of this.#regions) {
      for (const piece of pieces)
        if (piece.isFree && piece.size >= size && piece.size < (best?.size ?? Number.POSITIVE_INFINITY))
          best = piece;
    }
    return best;
  }

  #newRegion(size: number): Piece {
    const isLarge = size > this.#next;
    while (size > this.#next) this.#next *= 2;
    const length = this.#next;
    if (!isLarge && this.#next < LARGEST_DOUBLED) this.#next *= 2;
    const region: Region = { pieces: [], pages: new Uint8Array(Math.ceil(length / PAGE)) };
    const piece = { region, at: 0, size: length, isFree: true };
    region.pieces.push(piece);
    this.#regions.push(region);
    return piece;
  }
}
