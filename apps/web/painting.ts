import type { Rgb } from '../../dist/web/index.js';
import type { Desk } from './desk.js';
import { element, make } from './dom.js';
import { Scribbles } from './scribbles.js';
import { coloredLabels } from './views.js';

/** The strokes on the picture, and the tools that make them: class, brush, eraser, classes of one's own. */
export class Painting {
  readonly #desk: Desk;
  readonly #say: (text: string) => void;
  readonly #onPaint: () => void;
  readonly #class = element<HTMLSelectElement>('paint-class');
  readonly #brush = element<HTMLInputElement>('brush');
  readonly #erase = element<HTMLButtonElement>('erase');
  readonly #toggle = element<HTMLButtonElement>('painting');
  #scribbles: Scribbles | undefined;
  #picture: ImageData | undefined;
  #last: readonly [number, number] | undefined;

  constructor(parts: {
    readonly desk: Desk;
    readonly say: (text: string) => void;
    /** Painting was begun or ended. */
    readonly onToggle: (isOn: boolean) => void;
    /** There is another stroke, or one less. */
    readonly onPaint: () => void;
  }) {
    this.#desk = parts.desk;
    this.#say = parts.say;
    this.#onPaint = parts.onPaint;
    const { desk } = parts;
    for (const change of ['model', 'photo'] as const) desk.on(change, () => this.#begin());
    desk.on('classes', () => this.#offerClasses());
    this.#toggle.addEventListener('click', () => {
      const isOn = pressed(this.#toggle);
      element('tools').hidden = !isOn;
      parts.onToggle(isOn);
    });
    this.#erase.addEventListener('click', () => pressed(this.#erase));
    element('undo-stroke').addEventListener('click', () => this.#change((scribbles) => scribbles.undo()));
    element('clear').addEventListener('click', () => this.#change((scribbles) => scribbles.clear()));
    element('own').addEventListener('submit', (event) => this.#addOwn(event));
  }

  get scribbles(): Scribbles | undefined {
    return this.#scribbles;
  }

  /** The strokes in the colours of their classes. */
  get picture(): ImageData | undefined {
    return this.#picture;
  }

  /** Whether a stroke is under way. */
  get isPenDown(): boolean {
    return this.#last !== undefined;
  }

  /** Nothing is painted for another picture or model. */
  #begin(): void {
    const { photo, model } = this.#desk;
    this.#scribbles = photo && new Scribbles(photo.width, photo.height);
    this.#picture = undefined;
    this.#toggle.disabled = model?.isOpen === false;
    if (this.#toggle.disabled && this.#toggle.getAttribute('aria-pressed') === 'true') this.#toggle.click();
  }

  stroke(kind: 'begin' | 'move' | 'end', point: readonly [number, number]): void {
    const { photo } = this.#desk;
    if (this.#scribbles === undefined || photo === undefined) return;
    const isErasing = this.#erase.getAttribute('aria-pressed') === 'true';
    const label = isErasing ? undefined : Number(this.#class.value);
    if (kind === 'begin') this.#scribbles.begin();
    const shown = element<HTMLCanvasElement>('canvas').getBoundingClientRect().width;
    const radius = ((Number(this.#brush.value) / 2) * photo.width) / Math.max(1, shown);
    this.#scribbles.line(this.#last ?? point, point, radius, label);
    this.#last = kind === 'end' ? undefined : point;
    this.#show();
  }

  #change(change: (scribbles: Scribbles) => void): void {
    if (this.#scribbles === undefined) return;
    change(this.#scribbles);
    this.#show();
  }

  #show(): void {
    const { labels, width, height } = this.#scribbles!;
    this.#picture = coloredLabels(labels, width, height, this.#desk.classes.colors);
    this.#onPaint();
  }

  #offerClasses(): void {
    const before = this.#class.value;
    const { names } = this.#desk.classes;
    this.#class.replaceChildren(...names.map((name, id) => make('option', { value: String(id) }, name)));
    if (before !== '' && Number(before) < names.length) this.#class.value = before;
  }

  #addOwn(event: Event): void {
    event.preventDefault();
    const input = element<HTMLInputElement>('own-name');
    const name = input.value.trim();
    const color = element<HTMLInputElement>('own-color').value;
    if (name === '') {
      input.focus();
      return;
    }
    if (this.#desk.classes.names.includes(name)) {
      this.#say(`There is a class ${name} already.`);
      return;
    }
    const rgb = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)) as unknown as Rgb;
    input.value = '';
    this.#desk.addClass(name, rgb);
    this.#class.value = String(this.#desk.classes.names.length - 1);
    this.#say(`${name} is a class now. Paint it, and train.`);
  }
}

/** Turns a button over. @returns whether it is pressed now */
function pressed(button: HTMLButtonElement): boolean {
  const isOn = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', String(isOn));
  return isOn;
}
