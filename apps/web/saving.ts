import type { Activity } from './activity.js';
import type { Desk } from './desk.js';
import { download, element } from './dom.js';
import { labelsPng, polygonsJson, resultJson } from './downloads.js';
import type { Stage } from './stage.js';

/** The buttons that save the picture, the labels and the model. */
export class Saving {
  readonly #desk: Desk;
  readonly #activity: Activity;

  constructor(desk: Desk, activity: Activity, stage: Stage) {
    this.#desk = desk;
    this.#activity = activity;
    const buttons = ['save-picture', 'save-labels', 'save-json', 'save-polygons'];
    desk.on('result', () => {
      for (const id of buttons) element<HTMLButtonElement>(id).disabled = desk.result === undefined;
    });
    const on = (id: string, save: () => Promise<void> | void) =>
      element(id).addEventListener('click', () => void save());
    const name = () => desk.photo!.name;
    on('save-picture', async () => download(await stage.png(), `${name()}.png`));
    on('save-labels', async () => download(await labelsPng(desk.result!), `${name()}.labels.png`));
    on('save-polygons', () =>
      download(polygonsJson(desk.photo!, desk.result!, desk.classes), `${name()}.polygons.json`),
    );
    on('save-json', () => this.#saveJson());
    on('save-model', () => this.#saveModel());
  }

  #saveJson(): void {
    const { photo, result, classes, model, combined } = this.#desk;
    const made = {
      model: model!.name,
      device: model!.device,
      scales: (result!.scales ?? []).map(({ scale }) => scale),
      combine: model!.isOpen ? combined : 'as exported',
    };
    const text = resultJson(photo!, result!, classes, made);
    download(new Blob([text], { type: 'application/json' }), `${photo!.name}.json`);
  }

  async #saveModel(): Promise<void> {
    const model = this.#desk.model!;
    const bytes = await this.#activity.run('Saving the model', () => model.encode());
    if (bytes === undefined) return;
    const name = `${model.name.replace(/\.[^.]*$/, '')}-taught.safetensors`;
    download(new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
    this.#activity.say(`${name}: hmsa segment --model ${name} uses it too.`);
  }
}
