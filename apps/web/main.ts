/** The app: one model, one picture, what the model says of it, and what it is taught. */
import { Activity } from './activity.js';
import { Desk } from './desk.js';
import { element } from './dom.js';
import { Labelling } from './labelling.js';
import { Legend } from './legend.js';
import { Opening } from './opening.js';
import { Painting } from './painting.js';
import { PictureView } from './picture-view.js';
import { Saving } from './saving.js';
import { ScaleChips } from './scale-chips.js';
import { Stage } from './stage.js';
import { Teaching } from './teaching.js';
import { followTheme } from './theme.js';

/** Where models are looked for, one after the other: that of `hmsa serve`, and the one of the package. */
const MODELS = ['models/served.safetensors', 'models/shipped.safetensors'];

const desk = new Desk();
const activity = new Activity();
const say = (text: string) => activity.say(text);

const stage = new Stage({
  onPoint: (point) => view.showPoint(point),
  onDivide: (share) => view.divide(share),
  onStroke: (kind, point) => {
    painting.stroke(kind, point);
    if (kind === 'end') teaching.prepare();
  },
});
const painting: Painting = new Painting({
  desk,
  say,
  onToggle: (isOn) => {
    stage.painting = isOn;
  },
  onPaint: () => view.redraw(),
});
const legend = new Legend(desk, () => view.refresh());
const view: PictureView = new PictureView({ desk, stage, painting, hidden: () => legend.hidden });
const labelling: Labelling = new Labelling({
  desk,
  activity,
  chips: () => chips,
  endTraining: () => teaching.end(),
});
const chips: ScaleChips = new ScaleChips(desk, say, () => void labelling.label());
const teaching: Teaching = new Teaching({
  desk,
  activity,
  painting,
  label: () => labelling.label(),
  onLabels: (labels) => {
    if (desk.result === undefined) return;
    // There is no attention or confidence of these.
    const { scales: _, confidence: __, ...rest } = desk.result;
    view.showLabels();
    desk.showResult({ ...rest, labels });
  },
});
new Saving(desk, activity, stage);
new Opening(labelling, activity);
followTheme();

desk.on('model', () => {
  const { name, isOpen } = desk.model!;
  element('model-name').textContent = isOpen ? name : `${name} (exported: its scales are fixed)`;
});
desk.on('photo', () => {
  element('empty').hidden = true;
});

async function start(): Promise<void> {
  const asked = new URLSearchParams(location.search).get('model');
  for (const address of asked === null ? MODELS : [asked])
    if ((await labelling.openModel(address)) !== false) return;
}

void start();
