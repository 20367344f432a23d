import { z } from 'zod';
import { type Generator, generator } from '../base/random/index.js';
import { checkNamed, flag, type Shape, text } from '../base/schema/index.js';
import type { Sample } from '../data/contracts.js';
import type { Camera } from './camera.js';
import { SKY } from './classes.js';
import { developColor, developLabels, type Lens } from './finish.js';
import { castShadows, type Item } from './items.js';
import { drawLight } from './light.js';
import { type LabelledPolygon, Painter } from './painter.js';
import { planFrontage } from './plan-frontage.js';
import { planFurniture } from './plan-furniture.js';
import { planPeople, planTraffic } from './plan-traffic.js';
import { createRaster } from './raster.js';
import { planStreet, type Street } from './street.js';
import { drawSkyline, paintSky } from './things/backdrop.js';
import { drawGround } from './things/ground.js';

/** Which scene to draw, and how large. */
export interface SceneOptions {
  readonly seed: number;
  readonly index: number;
  /** Scenes of different splits come from disjoint streams. Default `train`. */
  readonly split?: string;
  /** In pixels, 8 … 8192 each. */
  readonly width: number;
  readonly height: number;
  /** Whether to return the outlines as well; default false. */
  readonly outlines?: boolean;
}

const side = z.int().min(8).max(8192);

const shape: Shape<SceneOptions> = {
  seed: z.int(),
  index: z.int(),
  split: text,
  width: side,
  height: side,
  outlines: flag,
};

/** A street scene with the exact class of every pixel. */
export interface Scene extends Sample {
  readonly label: Uint8Array;
  /**
   * Outlines, if requested, from far to near. Filled in this order they give nearly the label map, which resolves depth for each
   * pixel.
   */
  readonly polygons: readonly LabelledPolygon[];
}

/** Raster pixels for each pixel of the picture, along each side. */
const SUPERSAMPLING = 2;

/**
 * Renders one labelled street scene in Cityscapes' 19 classes. It is a pure function of its options: the same on every
 * machine, in any order, in Node and in a browser.
 *
 * @throws HmsaError that names the option that is out of range
 */
export function renderScene(options: SceneOptions): Scene {
  checkNamed(shape, options, 'renderScene');
  const { seed, index, split = 'train', width, height } = options;
  const stream = (part: string) => generator(seed, 'scene', split, index, part);
  const light = drawLight(stream('light'));
  const street = planStreet(stream('street'));
  const camera = drawCamera(stream('camera'), street, width * SUPERSAMPLING, height * SUPERSAMPLING);
  const raster = createRaster(width * SUPERSAMPLING, height * SUPERSAMPLING);
  const painter = new Painter(raster, camera, light, SKY, options.outlines ? SUPERSAMPLING : undefined);

  paintSky(painter, stream('sky'));
  drawGround(painter, stream('ground'), street);
  const lastGround = painter.labels.length - 1;
  const items = planItems(stream, street, camera.x);
  castShadows(painter, items, lastGround);
  drawSkyline(painter, stream('skyline'));
  // The depth buffer resolves what hides what. The order matters only for see-through fences and for the outlines.
  const order = items.map((item, i) => ({ item, i })).sort((a, b) => b.item.z[1] - a.item.z[1] || a.i - b.i);
  for (const { item, i } of order) item.draw(painter, generator(seed, 'scene', split, index, 'item', i));

  const lens = drawLens(stream('lens'));
  return {
    id: sceneId(split, index),
    width,
    height,
    image: developColor(raster, light, lens, SUPERSAMPLING, lastGround),
    label: developLabels(raster, painter.labels, SUPERSAMPLING),
    polygons: painter.polygons,
  };
}

/** The name of a scene within its data set, such as `train_000012`. */
function sceneId(split: string, index: number): string {
  return `${split}_${String(index).padStart(6, '0')}`;
}

function planItems(stream: (part: string) => Generator, street: Street, cameraX: number): Item[] {
  const items = planTraffic(stream('traffic'), street, cameraX);
  items.push(...planPeople(stream('people'), street));
  for (const side of street.sides) {
    const name = side.sign < 0 ? 'left' : 'right';
    items.push(...planFrontage(stream(`frontage ${name}`), street, side));
    items.push(...planFurniture(stream(`furniture ${name}`), street, side));
  }
  return items;
}

function drawCamera(random: Generator, street: Street, width: number, height: number): Camera {
  const lane = random.int(street.lanes);
  return {
    focal: height * random.uniform(1.25, 1.65),
    centerX: width * random.uniform(0.4, 0.6),
    horizon: height * random.uniform(0.4, 0.52),
    x: street.lane * (lane + 0.5) + random.uniform(-0.4, 0.4),
    height: random.uniform(1.3, 2),
    bend: random.chance(0.4) ? random.uniform(-0.0016, 0.0016) : random.uniform(-0.0002, 0.0002),
  };
}

function drawLens(random: Generator): Lens {
  return {
    blur: random.uniform(0, 0.7),
    noise: random.uniform(1, 6),
    gain: random.uniform(0.85, 1.12),
    vignette: random.uniform(0, 0.3),
    noiseSeed: random.word(),
  };
}
