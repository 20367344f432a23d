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
import { type Photo, photoOf, scene } from './photo.js';
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
let scribbles: Scribbles | undefined;
let tuner: Tuner | undefined;
let training: AbortController | undefined;
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
  const loaded = await activity.run('Loading the model', async (signal, onProgress) =>
    loadModel(source, { signal, onProgress, assets: new URL('./web/', import.meta.url) }),
  );
  if (loaded === undefined) return false;
  training?.abort();
  model?.dispose();
  model = loaded;
  tuner = undefined;
  own = [];
  hidden.clear();
  scales = [...loaded.scales];
  result = undefined;
  overlay = undefined;
  if (photo !== undefined) scribbles = new Scribbles(photo.width, photo.height);
  strokes = undefined;
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
  const opened = await activity.run(text, open);
  if (opened === undefined) return;
  training?.abort();
  photo?.bitmap.close();
  photo = opened;
  result = undefined;
  overlay = undefined;
  strokes = undefined;
  scribbles = new Scribbles(opened.width, opened.height);
  void tuner?.dispose();
  tuner = undefined;
  control.undoTraining.disabled = true;
  element('empty').hidden = true;
  redraw();
  await label();
}

/** Labels the picture with the scales that are chosen. */
async function label(): Promise<void> {
  if (model === undefined || photo === undefined) return;
  const [used, shown] = [model, photo];
  const choice = used.isOpen ? { scales: [...scales], combine: control.combine.value as Combine } : {};
  const started = performance.now();
  const found = await activity.run('Labelling', (signal, onProgress) =>
    used.segment(shown.bitmap, { ...choice, details: true, confidence: true, signal, onProgress }),
  );
  if (found === undefined || photo !== shown) return;
  result = found;
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
  const before = of.value;
  const view = chosenView();
  const own = (result?.scales ?? []).map(({ scale }) =>
    make('option', { value: String(scale) }, `scale ${scale}`),
  );
  const isWhole = view === 'labels' || own.length === 0;
  of.replaceChildren(...(isWhole ? [make('option', { value: '' }, 'all scales together')] : []), ...own);
  of.disabled = view === 'confidence' || view === 'won';
  if ([...of.options].some(({ value }) => value === before)) of.value = before;
  else if (!isWhole) of.selectedIndex = own.length - 1;
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
  const [used, shown, painted] = [model, photo, scribbles];
  const controller = new AbortController();
  training = controller;
  control.train.textContent = 'Stop';
  const chart = element<SVGElement>('chart');
  const line = chart.querySelector('polyline')!;
  const losses: number[] = [];
  const isDone = await activity.run('Preparing the training', async (signal, onProgress) => {
    signal.addEventListener('abort', () => controller.abort(), { once: true });
    const wanted = classes();
    if (tuner === undefined || String(tuner.classes.names) !== String(wanted.names))
      tuner = await used.tune(shown.bitmap, { classes: wanted, signal, onProgress });
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
    return true;
  });
  training = undefined;
  control.train.textContent = 'Train';
  // What went wrong stays to be read; what was stopped or cancelled has taught something.
  if (!isDone && !controller.signal.aborted) return;
  if (tuner === undefined || losses.length === 0 || photo !== shown) return;
  await adopt(tuner);
  control.undoTraining.disabled = false;
  control.saveModel.disabled = false;
}

/** Makes what was learned the model's, and labels the picture with it. */
async function adopt(taught: Tuner): Promise<void> {
  await activity.run('Labelling with what it has learned', () => taught.apply());
  showPaintClasses();
  await label();
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
  if (/\.(safetensors|onnx)$/i.test(file.name)) await openModel(file);
  else await openPhoto('Opening the picture', () => photoOf(file, file.name));
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
    combine: model!.isOpen ? control.combine.value : 'as exported',
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
  const [file] = event.clipboardData?.files ?? [];
  if (file !== undefined) void openFile(file);
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
  const [file] = event.dataTransfer?.files ?? [];
  if (file !== undefined) void openFile(file);
});
for (const radio of document.querySelectorAll('input[name="view"]'))
  radio.addEventListener('change', () => {
    showOf();
    refresh();
  });
control.of.addEventListener('change', refresh);
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
  const isUndone = await activity.run('Undoing', () => tuner!.undo());
  if (isUndone) await adopt(tuner);
  else control.undoTraining.disabled = true;
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
  for (const address of asked === null ? MODELS : [asked]) if (await openModel(address)) return;
}

void start();
