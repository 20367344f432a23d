import type { Activity } from './activity.js';
import { Camera } from './camera.js';
import { element } from './dom.js';
import type { Labelling } from './labelling.js';
import { isModelFile, photoOf, scene } from './photo.js';

/** The ways in which pictures and models come in: chosen, dropped, pasted, taken by the camera, or rendered. */
export class Opening {
  readonly #labelling: Labelling;
  readonly #activity: Activity;
  #scenes = 0;

  constructor(labelling: Labelling, activity: Activity) {
    this.#labelling = labelling;
    this.#activity = activity;
    for (const id of ['open', 'open-model']) {
      const input = element<HTMLInputElement>(id);
      input.addEventListener('change', async () => {
        const files = [...(input.files ?? [])];
        // The same file can be chosen again.
        input.value = '';
        await this.#openFiles(files);
      });
    }
    element('sample').addEventListener('click', () => {
      const index = this.#scenes++;
      void labelling.openPhoto('Rendering a street', () => scene(index));
    });
    element('paste').addEventListener('click', () => void this.#paste());
    document.addEventListener('paste', (event) => {
      void this.#openFiles([...(event.clipboardData?.files ?? [])]);
    });
    new Camera(activity, (photo) => void labelling.openPhoto('Taking the picture', async () => photo));
    this.#acceptDrops();
  }

  #acceptDrops(): void {
    const frame = element('frame');
    document.body.addEventListener('dragover', (event) => {
      event.preventDefault();
      frame.classList.add('over');
    });
    document.body.addEventListener('dragleave', () => frame.classList.remove('over'));
    document.body.addEventListener('drop', (event) => {
      event.preventDefault();
      frame.classList.remove('over');
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) void this.#openFiles(files);
      else
        this.#activity.say('Only files can be dropped here. Save the picture first, or copy and paste it.');
    });
  }

  /** Opens a model, a picture, or one of each. */
  async #openFiles(files: readonly File[]): Promise<void> {
    const models: File[] = [];
    const pictures: File[] = [];
    for (const file of files) ((await isModelFile(file)) ? models : pictures).push(file);
    const [model, picture] = [models[0], pictures[0]];
    if (model !== undefined) await this.#labelling.openModel(model);
    if (picture !== undefined)
      await this.#labelling.openPhoto('Opening the picture', () => photoOf(picture, picture.name));
    const most = Math.max(models.length, pictures.length);
    if (most > 1) this.#activity.note(`${most} files were given; ${(picture ?? model)!.name} was opened.`);
  }

  async #paste(): Promise<void> {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((one) => one.startsWith('image/'));
        if (type === undefined) continue;
        const blob = await item.getType(type);
        return this.#labelling.openPhoto('Opening the picture', () => photoOf(blob, 'pasted'));
      }
      this.#activity.say('There is no picture in the clipboard.');
    } catch {
      this.#activity.say('This browser shows the clipboard only when you press Ctrl+V (⌘V) here.');
    }
  }
}
