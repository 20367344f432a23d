import { element } from './dom.js';
import type { Photo } from './photo.js';

/** What the stage draws. */
export interface Layers {
  readonly photo: Photo;
  /** The labels or the heat map, of the photo's size. */
  readonly overlay: ImageData | undefined;
  /** 0 … 1 */
  readonly opacity: number;
  /** The share of the width, from the left, that shows the photograph alone; 0 … 1. */
  readonly divider: number;
  readonly strokes: ImageData | undefined;
}

export interface StageEvents {
  /** The cursor is at a pixel, by pointer or by keys; undefined when it has left. */
  onPoint(point: readonly [x: number, y: number] | undefined): void;
  /** A stroke begins, goes on, or has ended. Only while painting is on. */
  onStroke(kind: 'begin' | 'move' | 'end', point: readonly [x: number, y: number]): void;
  /** The divider was dragged to a share of the width, 0 … 1. */
  onDivide(share: number): void;
}

/** How near to the divider it can be taken, in pixels of the page. */
const GRIP = 12;

/** The canvas with the picture: it draws the layers, and tells where the cursor is. */
export class Stage {
  readonly #canvas = element<HTMLCanvasElement>('canvas');
  readonly #overlay = new OffscreenCanvas(1, 1);
  readonly #strokes = new OffscreenCanvas(1, 1);
  readonly #events: StageEvents;
  #layers: Layers | undefined;
  #shown: { overlay?: ImageData | undefined; strokes?: ImageData | undefined } = {};
  #cursor: [number, number] | undefined;
  #isCursorShown = false;
  #isPainting = false;
  /** What moves the pen, or the divider. */
  #pen: 'pointer' | 'keys' | 'divider' | undefined;

  constructor(events: StageEvents) {
    this.#events = events;
    const canvas = this.#canvas;
    canvas.addEventListener('pointermove', (event) => this.#pointer(event));
    canvas.addEventListener('pointerdown', (event) => this.#down(event));
    canvas.addEventListener('pointerup', () => this.#pen !== 'keys' && this.#lift());
    canvas.addEventListener('pointercancel', () => this.#pen !== 'keys' && this.#lift());
    canvas.addEventListener('pointerleave', () => this.#events.onPoint(undefined));
    canvas.addEventListener('keydown', (event) => this.#key(event));
    canvas.addEventListener('blur', () => {
      if (this.#pen === 'keys') this.#lift();
      this.#isCursorShown = false;
      this.#paint();
    });
  }

  set painting(isOn: boolean) {
    this.#lift();
    this.#isPainting = isOn;
    this.#canvas.classList.toggle('painting', isOn);
  }

  draw(layers: Layers, description: string): void {
    const { width, height } = layers.photo;
    const canvas = this.#canvas;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    canvas.hidden = false;
    canvas.setAttribute('aria-label', description);
    this.#layers = layers;
    this.#paint();
  }

  /** The picture as it is shown, without the cursor. */
  async png(): Promise<Blob> {
    this.#isCursorShown = false;
    this.#paint();
    return new Promise((resolve, reject) =>
      this.#canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('No picture to save.')))),
    );
  }

  #paint(): void {
    if (this.#layers === undefined) return;
    const { photo, overlay, opacity, divider, strokes } = this.#layers;
    const { width, height } = photo;
    const context = this.#canvas.getContext('2d')!;
    context.globalAlpha = 1;
    context.drawImage(photo.bitmap, 0, 0);
    const left = Math.round(divider * width);
    if (overlay !== undefined && left < width) {
      if (this.#shown.overlay !== overlay) copy(overlay, this.#overlay);
      context.globalAlpha = opacity;
      context.drawImage(this.#overlay, left, 0, width - left, height, left, 0, width - left, height);
      context.globalAlpha = 1;
    }
    if (strokes !== undefined) {
      if (this.#shown.strokes !== strokes) copy(strokes, this.#strokes);
      context.drawImage(this.#strokes, 0, 0);
    }
    this.#shown = { overlay, strokes };
    const line = Math.max(1, Math.round(width / 400));
    if (left > 0 && left < width) {
      context.fillStyle = '#fff';
      context.fillRect(left - line, 0, 2 * line, height);
      context.fillStyle = '#000';
      context.fillRect(left - line / 2, 0, line, height);
    }
    if (this.#isCursorShown && this.#cursor !== undefined) crosshair(context, this.#cursor, 6 * line, line);
  }

  #point({ clientX, clientY }: PointerEvent): [number, number] {
    const box = this.#canvas.getBoundingClientRect();
    const { width, height } = this.#canvas;
    const at = (value: number, side: number) => Math.min(side - 1, Math.max(0, Math.floor(value)));
    return [
      at(((clientX - box.left) / box.width) * width, width),
      at(((clientY - box.top) / box.height) * height, height),
    ];
  }

  #pointer(event: PointerEvent): void {
    const point = this.#point(event);
    if (this.#pen === 'divider') {
      const { left, width } = this.#canvas.getBoundingClientRect();
      this.#events.onDivide(Math.min(1, Math.max(0, (event.clientX - left) / width)));
      return;
    }
    this.#cursor = point;
    this.#events.onPoint(point);
    if (this.#pen === 'pointer') this.#events.onStroke('move', point);
    this.#canvas.classList.toggle('divided', this.#isAtDivider(event));
  }

  #isAtDivider({ clientX }: PointerEvent): boolean {
    if (this.#isPainting || this.#layers?.overlay === undefined) return false;
    const { left, width } = this.#canvas.getBoundingClientRect();
    return Math.abs(clientX - left - this.#layers.divider * width) <= GRIP;
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    if (this.#isAtDivider(event)) this.#pen = 'divider';
    this.#pointer(event);
    if (!this.#isPainting && this.#pen === undefined) return;
    this.#canvas.setPointerCapture(event.pointerId);
    if (!this.#isPainting) return;
    this.#lift();
    this.#pen = 'pointer';
    this.#events.onStroke('begin', this.#point(event));
  }

  /** Ends what is being drawn or dragged. */
  #lift(): void {
    const pen = this.#pen;
    this.#pen = undefined;
    if (pen === 'pointer' || pen === 'keys') this.#events.onStroke('end', this.#cursor!);
  }

  #key(event: KeyboardEvent): void {
    const { width, height } = this.#canvas;
    const step = event.shiftKey ? 10 : 1;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
      ' ': [0, 0],
      Escape: [0, 0],
    };
    const move = moves[event.key];
    if (move === undefined || (event.key === 'Escape' && this.#pen !== 'keys')) return;
    event.preventDefault();
    const [x, y] = this.#cursor ?? [Math.floor(width / 2), Math.floor(height / 2)];
    const point: [number, number] = [
      Math.min(width - 1, Math.max(0, x + move[0])),
      Math.min(height - 1, Math.max(0, y + move[1])),
    ];
    this.#cursor = point;
    this.#isCursorShown = true;
    if (this.#pen === 'keys') {
      if (event.key === ' ' || event.key === 'Escape') this.#lift();
      else this.#events.onStroke('move', point);
    } else if (event.key === ' ' && this.#isPainting && this.#pen === undefined) {
      this.#pen = 'keys';
      this.#events.onStroke('begin', point);
    }
    this.#events.onPoint(point);
    this.#paint();
  }
}

function copy(picture: ImageData, canvas: OffscreenCanvas): void {
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext('2d')!.putImageData(picture, 0, 0);
}

/** White on black, so that it shows on everything. */
function crosshair(
  context: CanvasRenderingContext2D,
  [x, y]: readonly [number, number],
  size: number,
  line: number,
): void {
  for (const [color, extra] of [
    ['#000', line],
    ['#fff', 0],
  ] as const) {
    context.fillStyle = color;
    const half = line / 2 + extra;
    context.fillRect(x - size - extra, y - half, 2 * (size + extra), 2 * half);
    context.fillRect(x - half, y - size - extra, 2 * half, 2 * (size + extra));
  }
}
