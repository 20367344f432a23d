import type { ClassMap, Rgb, Segmentation, WebModel } from '../../dist/web/index.js';
import type { Photo } from './photo.js';

/** How the scales are combined, as the user chooses it. */
export type Combine = 'hierarchical' | 'average' | 'max';

/** What has changed: another model, another picture, other labels of it, or other classes. */
type Change = 'model' | 'photo' | 'result' | 'classes';

/** What the page works on. Each part of the page shows something of it, and hears when that changes. */
export class Desk {
  readonly #listeners: [change: Change, listener: () => void][] = [];
  #model: WebModel | undefined;
  #photo: Photo | undefined;
  #result: Segmentation | undefined;
  #combined: Combine = 'hierarchical';
  /** Classes of the user's own, which the model learns when it is trained. */
  #own: { readonly name: string; readonly color: Rgb }[] = [];

  on(change: Change, listener: () => void): void {
    this.#listeners.push([change, listener]);
  }

  #tell(change: Change): void {
    for (const [wanted, listener] of this.#listeners) if (wanted === change) listener();
  }

  get model(): WebModel | undefined {
    return this.#model;
  }

  /** Another model: nothing is known of the picture any more. */
  useModel(model: WebModel): void {
    this.#model?.dispose();
    this.#model = model;
    this.#result = undefined;
    this.#own = [];
    this.#tell('model');
    this.#tell('classes');
    this.#tell('result');
  }

  get photo(): Photo | undefined {
    return this.#photo;
  }

  usePhoto(photo: Photo): void {
    this.#photo?.bitmap.close();
    this.#photo = photo;
    this.#result = undefined;
    this.#tell('photo');
    this.#tell('result');
  }

  get result(): Segmentation | undefined {
    return this.#result;
  }

  /** How the result was combined. */
  get combined(): Combine {
    return this.#combined;
  }

  showResult(result: Segmentation, combined = this.#combined): void {
    this.#result = result;
    this.#combined = combined;
    this.#tell('result');
  }

  /** All classes: the model's, then those of the user that it does not know yet. */
  get classes(): ClassMap {
    const known = this.#model?.classes ?? { names: [], colors: [], ignore: 255 };
    const more = this.#own.filter(({ name }) => !known.names.includes(name));
    if (more.length === 0) return known;
    const { ids: _, ...rest } = known;
    return {
      ...rest,
      names: [...known.names, ...more.map(({ name }) => name)],
      colors: [...known.colors, ...more.map(({ color }) => color)],
    };
  }

  addClass(name: string, color: Rgb): void {
    this.#own.push({ name, color });
    this.#tell('classes');
  }

  /** The classes, that of the most pixels first. */
  get shares(): { readonly id: number; readonly share: number }[] {
    const { names } = this.classes;
    const labels = this.#result?.labels;
    if (labels === undefined) return names.map((_, id) => ({ id, share: 0 }));
    const counts = new Float64Array(256);
    for (const label of labels) counts[label]!++;
    return names
      .map((_, id) => ({ id, share: counts[id]! / labels.length }))
      .sort((a, b) => b.share - a.share);
  }
}
