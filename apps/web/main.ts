/** The app: one model, one picture, what the model says of it, and what it is taught. */
import {
  type ClassMap,
  HmsaError,
  loadModel,
  type Rgb,
  type Segmentation,
  type Tuner,
  type WebModel,
} from '../../dist/web/index.js';
import { Activity } from './activity.js';
import { download, element, make, swatch } from './dom.js';
import { labelsPng, polygonsJson, resultJson } from './downloads.js';
import { isModelFile, type Photo, photoOf, scene } from './photo.js';
import { Scribbles } from './scribbles.js';
import { Stage } from './stage.js';
import { coloredLabels, overlayOf, scaleColors, sharesOf, type View } from './views.js';

/** Where models are looked for, one after the other: that of `hmsa serve`, and the one of the package. */
const MODELS = ['models/served.safetensors', 'models/shipped.safetensors'];
const OFFERED_SCALES = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];
/** Seconds between two looks at the labels while training. */
const LOOK_EVERY = 2;

type Combine = 'hierarchical' | 'average' | 'max';

const activity = new Activity();
const stage = new Stage({ onPoint: showPoint, onStroke: stroke });

let model: WebModel | undefined;
/** Classes of the user's own, which the model learns when it is trained. */
let own: { readonly name: string; readonly color: Rgb }[] = [];
let photo: Photo | undefined;
let result: Segmentation | undefined;
/** How the result was combined. */
let combined: Combine = 'hierarchical';
let scribbles: Scribbles | undefined;
let tuner: Tuner | undefined;
let training: AbortController | undefined;
/** The training that is under way, or was last; it never rejects. */
let taught: Promise<boolean> = Promise.resolve(false);
let scales: number[] = [];
let sceneIndex = 0;
let overlay: ImageData | undefined;
let strokes: ImageData | undefined;
let lastStroke: readonly [number, number] | undefined;
const hidden = new Set<number>();

const control = {
  of: element<HTMLSelectElement>('of'),
  opacity: element<HTMLInputElement>('opacity'),
  divider: element<HTMLInputElement>('divider'),
  combine: element<HTMLSelectElement>('combine'),
  brush: element<HTMLInputElement>('brush'),
  paintClass: element<HTMLSelectElement>('paint-class'),
  painting: element<HTMLButtonElement>('painting'),
  erase: element<HTMLButtonElement>('erase'),
  train: element<HTMLButtonElement>('train'),
  undoTraining: element<HTMLButtonElement>('undo-training'),
  saveModel: element<HTMLButtonElement>('save-model'),
  readout: element<HTMLOutputElement>('readout'),
};
/** The scale whose labels or attention are shown, chosen for each of these views; nothing for all scales together. */
const chosenScale = { labels: '', attention: '' };
const saves = ['save-picture', 'save-labels', 'save-json', 'save-polygons'].map((id) =>
  element<HTMLButtonElement>(id),
);

/** All classes: the model's, then those of the user that it does not know yet. */
function classes(): ClassMap {
  const known = model?.classes ?? { names: [], colors: [], ignore: 255 };
  const more = own.filter(({ name }) => !known.names.includes(name));
  if (more.length === 0) return known;
  const { ids: _, ...rest } = known;
  return {
    ...rest,
    names: [...known.names, ...more.map(({ name }) => name)],
    colors: [...known.colors, ...more.map(({ color }) => color)],
  };
}

// ---- the model

async function openModel(source: string | File): Promise<boolean> {
  await endTraining();
  const loaded = await activity.run('Loading the model', async (signal, onProgress) =>
    loadModel(source, { signal, onProgress, assets: new URL('./web/', import.meta.url) }),
  );
  if (loaded === undefined) return false;
  model?.dispose();
  model = loaded;
  tuner = undefined;
  own = [];
  hidden.clear();
  scales = [...loaded.scales];
  forgetResult();
  activity.say('The model is ready.');
  showModel();
  if (photo !== undefined) await label();
  return true;
}

function showModel(): void {
  const { name, isOpen, device, reason } = model!;
  element('model-name').textContent = isOpen ? name : `${name} (exported: its scales are fixed)`;
  element('device').textContent =
    `Computes on ${device === 'webgpu' ? 'the graphics card (WebGPU)' : 'the CPU (WebAssembly)'}: ${reason}.`;
  showScales();
  showOf();
  showLegend();
  showPaintClasses();
  control.combine.disabled = !isOpen;
  control.painting.disabled = !isOpen;
  control.saveModel.disabled = true;
  control.undoTraining.disabled = true;
}

// ---- the picture

async function openPhoto(text: string, open: () => Promise<Photo>): Promise<void> {
  await endTraining();
  const opened = await activity.run(text, open);
  if (opened === undefined) return;
  photo?.bitmap.close();
  photo = opened;
  forgetResult();
  void tuner?.dispose();
  tuner = undefined;
  control.undoTraining.disabled = true;
  element('empty').hidden = true;
  redraw();
  await label();
}

/** Another picture or model: nothing is known of it, and nothing painted for it. */
function forgetResult(): void {
  result = undefined;
  overlay = undefined;
  strokes = undefined;
  scribbles = photo && new Scribbles(photo.width, photo.height);
  for (const button of saves) button.disabled = true;
  if (model !== undefined) showLegend();
  showKey();
}

/** Labels the picture with the scales that are chosen. */
async function label(): Promise<void> {
  await endTraining();
  if (photo === undefined) return;
  if (model === undefined)
    return activity.say('There is no model yet: open one below, and it labels the picture.');
  const [used, shown] = [model, photo];
  const choice: { scales?: number[]; combine?: Combine } = used.isOpen
    ? { scales: [...scales], combine: control.combine.value as Combine }
    : {};
  const started = performance.now();
  const found = await activity.run('Labelling', (signal, onProgress) =>
    used.segment(shown.bitmap, { ...choice, details: true, confidence: true, signal, onProgress }),
  );
  if (photo !== shown) return;
  if (found === undefined) {
    if (!activity.isBusy) showChoiceOfResult();
    return;
  }
  result = found;
  combined = choice.combine ?? 'hierarchical';
  const { width, height, seen } = found;
  const sizes = [
    shown.from ? `reduced from ${shown.from.width}×${shown.from.height}` : '',
    seen.width === width ? '' : `seen by the network at ${seen.width}×${seen.height}`,
  ].filter(Boolean);
  activity.say(
    `${width}×${height} pixels${sizes.map((size) => `, ${size}`).join('')}, in ${((performance.now() - started) / 1000).toFixed(1)} s.`,
  );
  element('device').textContent = element('device').textContent!.replace(/: .*/, `: ${used.reason}.`);
  showResult();
}

/** What was cancelled or has failed leaves the picture as it is, so the chips say again how that was made. */
function showChoiceOfResult(): void {
  if (result?.scales === undefined || model?.isOpen !== true) return;
  scales = result.scales.map(({ scale }) => scale);
  control.combine.value = combined;
  for (const chip of element('scales').querySelectorAll('button'))
    chip.setAttribute('aria-pressed', String(scales.includes(Number(chip.textContent))));
}

function showResult(): void {
  showOf();
  showLegend();
  for (const button of saves) button.disabled = false;
  refresh();
}

// ---- what is drawn

function chosenView(): View {
  return document.querySelector<HTMLInputElement>('input[name="view"]:checked')!.value as View;
}

/** Makes the overlay anew, and draws. */
function refresh(): void {
  overlay = undefined;
  if (result !== undefined) {
    const of = control.of.value === '' ? undefined : Number(control.of.value);
    overlay = overlayOf(result, classes(), { view: chosenView(), of, hidden });
  }
  showKey();
  redraw();
}

function redraw(): void {
  if (photo === undefined) return;
  const opacity = Number(control.opacity.value) / 100;
  const divider = Number(control.divider.value) / 100;
  stage.draw({ photo, overlay, opacity, divider, strokes }, description());
}

function description(): string {
  if (result === undefined) return `${photo!.name}, not labelled yet`;
  const { names } = classes();
  const largest = sharesOfClasses()
    .slice(0, 4)
    .map(({ id, share }) => `${names[id]} ${Math.round(100 * share)}%`);
  return `${photo!.name}: ${largest.join(', ')}`;
}

function sharesOfClasses(): { readonly id: number; readonly share: number }[] {
  const counts = new Float64Array(256);
  for (const label of result!.labels) counts[label]!++;
  return classes()
    .names.map((_, id) => ({ id, share: counts[id]! / result!.labels.length }))
    .sort((a, b) => b.share - a.share);
}

function showOf(): void {
  const { of } = control;
  const view = chosenView();
  element('of-field').hidden = view === 'confidence' || view === 'won';
  if (view === 'confidence' || view === 'won') {
    showViews();
    return;
  }
  const own = (result?.scales ?? []).map(({ scale }) =>
    make('option', { value: String(scale) }, `scale ${scale}`),
  );
  const isWhole = view === 'labels' || own.length === 0;
  of.replaceChildren(...(isWhole ? [make('option', { value: '' }, 'all scales together')] : []), ...own);
  if ([...of.options].some(({ value }) => value === chosenScale[view])) of.value = chosenScale[view];
  else of.selectedIndex = isWhole ? 0 : own.length - 1;
  showViews();
}

/** Which views the result has something for. */
function showViews(): void {
  const hasAttention = result !== undefined && sharesOf(result) !== undefined;
  for (const name of ['attention', 'won']) {
    const radio = document.querySelector<HTMLInputElement>(`input[value="${name}"]`)!;
    radio.disabled = result !== undefined && !hasAttention;
    if (!radio.disabled || !radio.checked) continue;
    document.querySelector<HTMLInputElement>('input[value="labels"]')!.checked = true;
    showOf();
  }
  document.querySelector<HTMLInputElement>('input[value="confidence"]')!.disabled =
    result !== undefined && result.confidence === undefined;
}

/** What the colours of the view mean. */
function showKey(): void {
  const key = element('key');
  const view = chosenView();
  key.hidden = result === undefined || view === 'labels';
  if (key.hidden) return;
  if (view === 'won') {
    key.replaceChildren(
      ...(result!.scales ?? []).map(({ scale }, i) =>
        make('span', {}, swatch(scaleColors[i % scaleColors.length]!), `scale ${scale}`),
      ),
    );
    return;
  }
  const bar = make('canvas', { class: 'bar', width: '120', height: '1', 'aria-hidden': 'true' });
  const steps = { width: 120, height: 1, seen: { width: 120, height: 1 }, labels: new Uint8Array(120) };
  const confidence = Float32Array.from({ length: 120 }, (_, i) => i / 119);
  const colors = overlayOf({ ...steps, confidence }, classes(), {
    view: 'confidence',
    of: undefined,
    hidden,
  })!;
  bar.getContext('2d')!.putImageData(colors, 0, 0);
  key.replaceChildren(
    '0',
    bar,
    '1',
    make('span', {}, view === 'attention' ? 'share of this scale' : 'probability of the label'),
  );
}

function showLegend(): void {
  const { names, colors } = classes();
  const shares = result === undefined ? names.map((_, id) => ({ id, share: 0 })) : sharesOfClasses();
  const items = shares.map(({ id, share }) => {
    const button = make(
      'button',
      { type: 'button', 'aria-pressed': String(!hidden.has(id)), 'data-class': String(id) },
      swatch(colors[id]!),
      make('span', {}, names[id]!),
      make('span', {}, `${(100 * share).toFixed(1)}%`),
    );
    button.addEventListener('click', () => {
      if (!hidden.delete(id)) hidden.add(id);
      button.setAttribute('aria-pressed', String(!hidden.has(id)));
      refresh();
    });
    return make('li', {}, button);
  });
  element('legend').replaceChildren(...items);
}

function showPoint(point: readonly [number, number] | undefined): void {
  if (point === undefined || photo === undefined) {
    control.readout.value = '\u00a0';
    return;
  }
  const [x, y] = point;
  const parts = [`${x}, ${y}`];
  if (result !== undefined) {
    const at = y * result.width + x;
    const id = result.labels[at]!;
    const sure = result.confidence === undefined ? '' : ` ${(100 * result.confidence[at]!).toFixed(0)}%`;
    parts.push(`${classes().names[id] ?? 'no class'}${sure}`);
    for (const { scale, attention } of result.scales ?? [])
      if (attention !== undefined) parts.push(`attention of scale ${scale}: ${attention[at]!.toFixed(2)}`);
  }
  control.readout.value = parts.join('  ·  ');
}

function showScales(): void {
  const offered = model!.isOpen ? [...new Set([...OFFERED_SCALES, ...model!.scales])] : [...model!.scales];
  const chips = offered
    .sort((a, b) => a - b)
    .map((scale) => {
      const chip = make(
        'button',
        { type: 'button', 'aria-pressed': String(scales.includes(scale)) },
        String(scale),
      );
      chip.disabled = !model!.isOpen;
      chip.addEventListener('click', () => {
        const next = scales.includes(scale) ? scales.filter((one) => one !== scale) : [...scales, scale];
        if (next.length === 0) return activity.say('One scale at least is needed.');
        scales = next;
        chip.setAttribute('aria-pressed', String(scales.includes(scale)));
        void label();
      });
      return chip;
    });
  element('scales').replaceChildren(...chips);
}

// ---- teaching

function showPaintClasses(): void {
  const { paintClass } = control;
  const before = paintClass.value;
  const { names } = classes();
  paintClass.replaceChildren(...names.map((name, id) => make('option', { value: String(id) }, name)));
  if (before !== '' && Number(before) < names.length) paintClass.value = before;
}

function stroke(kind: 'begin' | 'move' | 'end', point: readonly [number, number]): void {
  if (scribbles === undefined || photo === undefined) return;
  const isErasing = control.erase.getAttribute('aria-pressed') === 'true';
  const label = isErasing ? undefined : Number(control.paintClass.value);
  if (kind === 'begin') {
    scribbles.begin();
    lastStroke = point;
  }
  const shown = element<HTMLCanvasElement>('canvas').getBoundingClientRect().width;
  const radius = ((Number(control.brush.value) / 2) * photo.width) / Math.max(1, shown);
  scribbles.line(lastStroke ?? point, point, radius, label);
  lastStroke = point;
  showStrokes();
}

function showStrokes(): void {
  const { labels, width, height } = scribbles!;
  strokes = coloredLabels(labels, width, height, classes().colors);
  redraw();
}

async function train(): Promise<void> {
  if (training !== undefined) return training.abort();
  if (model === undefined || photo === undefined || scribbles === undefined || result === undefined) {
    activity.fail(
      new HmsaError({
        operation: 'train',
        expected: 'a picture that is labelled',
        received: 'none',
        remedy: 'Open one first.',
      }),
    );
    return;
  }
  if (scribbles.classes === 0) {
    activity.fail(
      new HmsaError({
        operation: 'train',
        expected: 'painted strokes',
        received: 'none',
        remedy: 'Paint on the picture first, with two or more classes.',
      }),
    );
    return;
  }
  control.train.textContent = 'Stop';
  // What is taught is the model's only after it has stopped.
  const afterwards = [control.undoTraining, control.saveModel];
  const wereDisabled = afterwards.map(({ disabled }) => disabled);
  for (const button of afterwards) button.disabled = true;
  training = new AbortController();
  taught = teach(model, photo, scribbles, training);
  const hasLearned = await taught;
  training = undefined;
  control.train.textContent = 'Train';
  for (const [i, button] of afterwards.entries()) button.disabled = !hasLearned && wereDisabled[i]!;
  showPaintClasses();
  if (hasLearned && !activity.isBusy) await label();
}

/** Trains until it is stopped, and makes what was learned the model's. @returns whether there is anything */
async function teach(
  used: WebModel,
  shown: Photo,
  painted: Scribbles,
  controller: AbortController,
): Promise<boolean> {
  const chart = element<SVGElement>('chart');
  const line = chart.querySelector('polyline')!;
  const losses: number[] = [];
  await activity.run('Preparing the training', async (signal, onProgress) => {
    signal.addEventListener('abort', () => controller.abort(), { once: true });
    // Stop, too, ends the preparation.
    const either = AbortSignal.any([signal, controller.signal]);
    const wanted = classes();
    if (tuner === undefined || String(tuner.classes.names) !== String(wanted.names))
      tuner = await used.tune(shown.bitmap, { classes: wanted, signal: either, onProgress });
    const teaching = tuner;
    let looked = performance.now();
    activity.say('Training…');
    await teaching.train(painted.labels, {
      signal: controller.signal,
      onStep: async ({ step, loss, accuracy }) => {
        losses.push(loss);
        chart.removeAttribute('hidden');
        line.setAttribute('points', pointsOf(losses));
        element<HTMLOutputElement>('loss').value =
          `Step ${step}: loss ${loss.toFixed(3)}, ${Math.round(100 * accuracy)}% of its pixels right`;
        if (performance.now() - looked < 1000 * LOOK_EVERY || controller.signal.aborted) return;
        const { labels } = await teaching.labels();
        looked = performance.now();
        showLabels(labels);
      },
    });
  });
  // What went wrong stays to be read, and changes nothing.
  if (tuner === undefined || losses.length === 0 || !controller.signal.aborted) return false;
  return tuner.apply().then(
    () => true,
    (error: unknown) => {
      activity.fail(error);
      return false;
    },
  );
}

/** What is learned until now is kept, and the page is free for something else. */
async function endTraining(): Promise<void> {
  if (training === undefined) return;
  training.abort();
  activity.say('Ending the training…');
  await taught;
}

/** The labels as they are during training; there is no attention or confidence to show. */
function showLabels(labels: Uint8Array): void {
  if (result === undefined) return;
  const { scales: _, confidence: __, ...rest } = result;
  result = { ...rest, labels };
  document.querySelector<HTMLInputElement>('input[value="labels"]')!.checked = true;
  showOf();
  showLegend();
  refresh();
}

function pointsOf(losses: readonly number[]): string {
  const most = Math.max(...losses, 1e-6);
  const last = Math.max(1, losses.length - 1);
  return losses
    .map((loss, i) => `${((300 * i) / last).toFixed(1)},${(58 - (56 * loss) / most).toFixed(1)}`)
    .join(' ');
}

function addOwnClass(event: Event): void {
  event.preventDefault();
  const name = element<HTMLInputElement>('own-name');
  const text = name.value.trim();
  const color = element<HTMLInputElement>('own-color').value;
  if (text === '') {
    name.focus();
    return;
  }
  if (classes().names.includes(text)) {
    activity.say(`There is a class ${text} already.`);
    return;
  }
  const rgb = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)) as unknown as Rgb;
  own.push({ name: text, color: rgb });
  name.value = '';
  showPaintClasses();
  control.paintClass.value = String(classes().names.length - 1);
  showLegend();
  activity.say(`${text} is a class now. Paint it, and train.`);
}

// ---- files and devices

async function openFile(file: File): Promise<void> {
  if (await isModelFile(file)) await openModel(file);
  else await openPhoto('Opening the picture', () => photoOf(file, file.name));
}

/** Opens what was dropped or pasted: a model, a picture, or one of each. */
async function openFiles(files: readonly File[]): Promise<void> {
  const models: File[] = [];
  const pictures: File[] = [];
  for (const file of files) ((await isModelFile(file)) ? models : pictures).push(file);
  const [modelFile, picture] = [models[0], pictures[0]];
  if (modelFile !== undefined) await openModel(modelFile);
  if (picture !== undefined) await openFile(picture);
  const most = Math.max(models.length, pictures.length);
  if (most > 1) activity.note(`${most} files were given; ${(picture ?? modelFile)!.name} was opened.`);
}

async function paste(): Promise<void> {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((one) => one.startsWith('image/'));
      if (type === undefined) continue;
      const blob = await item.getType(type);
      return openPhoto('Opening the picture', () => photoOf(blob, 'pasted'));
    }
    activity.say('There is no picture in the clipboard.');
  } catch {
    activity.say('This browser shows the clipboard only when you press Ctrl+V (⌘V) here.');
  }
}

async function camera(): Promise<void> {
  const dialog = element<HTMLDialogElement>('camera-dialog');
  const video = element<HTMLVideoElement>('video');
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    video.srcObject = stream;
    dialog.addEventListener('close', () => stream.getTracks().map((track) => track.stop()), { once: true });
    dialog.showModal();
    await video.play();
  } catch (error) {
    const received = (error as Error).name === 'NotAllowedError' ? 'no permission for it' : 'none that works';
    activity.fail(
      new HmsaError({
        operation: 'camera',
        expected: 'a camera',
        received,
        remedy: 'Open an image instead.',
      }),
    );
  }
}

async function takePicture(): Promise<void> {
  const bitmap = await createImageBitmap(element<HTMLVideoElement>('video'));
  element<HTMLDialogElement>('camera-dialog').close();
  const { width, height } = bitmap;
  await openPhoto('Taking the picture', async () => ({ bitmap, width, height, name: 'camera' }));
}

async function saveModel(): Promise<void> {
  const bytes = await activity.run('Saving the model', () => model!.encode());
  if (bytes === undefined) return;
  const name = `${model!.name.replace(/\.[^.]*$/, '')}-taught.safetensors`;
  download(new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
  activity.say(`${name}: hmsa segment --model ${name} uses it too.`);
}

function saveJson(): void {
  const made = {
    model: model!.name,
    device: model!.device,
    scales: (result!.scales ?? []).map(({ scale }) => scale),
    combine: model!.isOpen ? combined : 'as exported',
  };
  download(
    new Blob([resultJson(photo!, result!, classes(), made)], { type: 'application/json' }),
    `${photo!.name}.json`,
  );
}

// ---- wiring

const on = (id: string, event: string, handler: (event: Event) => unknown) =>
  element(id).addEventListener(event, (given) => void handler(given));

for (const id of ['open', 'open-model']) {
  on(id, 'change', async ({ target }) => {
    const input = target as HTMLInputElement;
    const [file] = input.files ?? [];
    if (file !== undefined) await openFile(file);
    // The same file can be chosen again.
    input.value = '';
  });
}
on('sample', 'click', () => openPhoto('Rendering a street', () => scene(sceneIndex++)));
on('paste', 'click', paste);
on('camera', 'click', camera);
on('take', 'click', takePicture);
on('close-camera', 'click', () => element<HTMLDialogElement>('camera-dialog').close());
document.addEventListener('paste', (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length > 0) void openFiles(files);
});
const frame = document.body;
frame.addEventListener('dragover', (event) => {
  event.preventDefault();
  element('frame').classList.add('over');
});
frame.addEventListener('dragleave', () => element('frame').classList.remove('over'));
frame.addEventListener('drop', (event) => {
  event.preventDefault();
  element('frame').classList.remove('over');
  const files = [...(event.dataTransfer?.files ?? [])];
  if (files.length > 0) void openFiles(files);
  else activity.say('Only files can be dropped here. Save the picture first, or copy and paste it.');
});
for (const radio of document.querySelectorAll('input[name="view"]'))
  radio.addEventListener('change', () => {
    showOf();
    refresh();
  });
control.of.addEventListener('change', () => {
  const view = chosenView();
  if (view === 'labels' || view === 'attention') chosenScale[view] = control.of.value;
  refresh();
});
for (const slider of [control.opacity, control.divider]) slider.addEventListener('input', redraw);
on('combine', 'change', label);
control.painting.addEventListener('click', () => {
  const isOn = control.painting.getAttribute('aria-pressed') !== 'true';
  control.painting.setAttribute('aria-pressed', String(isOn));
  element('tools').hidden = !isOn;
  stage.painting = isOn;
});
control.erase.addEventListener('click', () => {
  control.erase.setAttribute('aria-pressed', String(control.erase.getAttribute('aria-pressed') !== 'true'));
});
on('undo-stroke', 'click', () => {
  scribbles?.undo();
  if (scribbles !== undefined) showStrokes();
});
on('clear', 'click', () => {
  scribbles?.clear();
  if (scribbles !== undefined) showStrokes();
});
on('own', 'submit', addOwnClass);
on('train', 'click', train);
on('undo-training', 'click', async () => {
  if (tuner === undefined) return;
  const undone = tuner;
  const isUndone = await activity.run('Undoing', async () => {
    const isDone = await undone.undo();
    if (isDone) await undone.apply();
    return isDone;
  });
  if (isUndone) await label();
  else if (isUndone === false) control.undoTraining.disabled = true;
});
on('save-model', 'click', saveModel);
on('save-picture', 'click', async () => download(await stage.png(), `${photo!.name}.png`));
on('save-labels', 'click', async () => download(await labelsPng(result!), `${photo!.name}.labels.png`));
on('save-json', 'click', saveJson);
on('save-polygons', 'click', () => {
  download(polygonsJson(photo!, result!, classes()), `${photo!.name}.polygons.json`);
});
on('theme', 'click', () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
  element('theme').textContent = isDark ? 'Dark' : 'Light';
});
if (matchMedia('(prefers-color-scheme: dark)').matches) element('theme').textContent = 'Light';

async function start(): Promise<void> {
  const asked = new URLSearchParams(location.search).get('model');
  for (const address of asked === null ? MODELS : [asked])
    if ((await openModel(address)) || activity.wasCancelled) return;
}

void start();
