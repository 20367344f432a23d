const VOID = 255;
/** Strokes that can be undone. */
const REMEMBERED = 30;

/** What is painted on a picture: the number of a class at each pixel, 255 where nothing is. */
export class Scribbles {
  readonly width: number;
  readonly height: number;
  #labels: Uint8Array;
  readonly #before: Uint8Array[] = [];

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#labels = new Uint8Array(width * height).fill(VOID);
  }

  get labels(): Uint8Array {
    return this.#labels;
  }

  /** How many classes are painted. */
  get classes(): number {
    return new Set(this.#labels).size - (this.#labels.includes(VOID) ? 1 : 0);
  }

  /** Begins a stroke, which {@link undo} takes back. */
  begin(): void {
    this.#before.push(this.#labels.slice());
    if (this.#before.length > REMEMBERED) this.#before.shift();
  }

  /** A round dot of a class, or of nothing. */
  dot(x: number, y: number, radius: number, label: number | undefined): void {
    const value = label ?? VOID;
    for (let row = Math.ceil(y - radius); row <= y + radius; row++) {
      if (row < 0 || row >= this.height) continue;
      const half = Math.sqrt(Math.max(0, radius ** 2 - (row - y) ** 2));
      const from = Math.max(0, Math.ceil(x - half));
      const to = Math.min(this.width - 1, Math.floor(x + half));
      if (from <= to) this.#labels.fill(value, row * this.width + from, row * this.width + to + 1);
    }
  }

  /** Dots along a line, close enough to leave no gaps. */
  line(
    from: readonly [number, number],
    to: readonly [number, number],
    radius: number,
    label: number | undefined,
  ) {
    const distance = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const steps = Math.max(1, Math.ceil(distance / Math.max(1, radius / 2)));
    for (let i = 0; i <= steps; i++) {
      const at = i / steps;
      this.dot(from[0] + (to[0] - from[0]) * at, from[1] + (to[1] - from[1]) * at, radius, label);
    }
  }

  undo(): void {
    this.#labels = this.#before.pop() ?? this.#labels;
  }

  clear(): void {
    this.begin();
    this.#labels = new Uint8Array(this.#labels.length).fill(VOID);
  }
}
