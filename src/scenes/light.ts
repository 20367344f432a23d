import type { Generator } from '../base/random/index.js';
import type { Rgb } from '../data/contracts.js';
import type { Point } from './camera.js';
import { blend, vary } from './paint.js';

/** The time of day and the weather, as they colour a scene. */
export interface Light {
  /** Direction towards the sun, of length 1. */
  readonly sun: Point;
  /** Share of the light that comes from the whole sky and reaches every face, 0 … 1. */
  readonly ambient: number;
  /** Factor by which a cast shadow multiplies the ground's brightness; 1 without direct sun. */
  readonly shadow: number;
  /** Multiplies every colour: brightness and tint of the hour. */
  readonly tint: Rgb;
  readonly skyTop: Rgb;
  readonly skyHorizon: Rgb;
  /** Share of the sky covered with clouds, 0 … 1. */
  readonly clouds: number;
  /** Haze per metre. */
  readonly haze: number;
  /** Whether lamps and windows are lit. */
  readonly lampsOn: boolean;
}

type Hour = 'noon' | 'overcast' | 'golden' | 'dusk';

const HOURS: readonly Hour[] = ['noon', 'noon', 'overcast', 'overcast', 'golden', 'dusk'];

/** Draws an hour and a weather. */
export function drawLight(random: Generator): Light {
  const hour = random.pick(HOURS);
  const azimuth = random.uniform(0, 2 * Math.PI);
  const elevation = hour === 'golden' ? random.uniform(0.35, 0.55) : random.uniform(0.6, 1.2);
  const sun: Point = [
    Math.cos(azimuth) * Math.cos(elevation),
    Math.sin(elevation),
    Math.sin(azimuth) * Math.cos(elevation),
  ];
  const haze = random.uniform(0.0005, 0.005);
  const common = { sun, haze, lampsOn: hour === 'dusk' };
  const tint = (color: Rgb): Rgb => blend([1, 1, 1], color, random.uniform(0.6, 1));
  switch (hour) {
    case 'noon':
      return {
        ...common,
        ambient: random.uniform(0.5, 0.65),
        shadow: random.uniform(0.45, 0.65),
        tint: tint([1.08, 1.05, 1]),
        skyTop: vary(random, [96, 150, 215], 18),
        skyHorizon: vary(random, [190, 212, 232], 12),
        clouds: random.uniform(0, 0.6),
      };
    case 'overcast':
      return {
        ...common,
        ambient: random.uniform(0.82, 0.95),
        shadow: random.uniform(0.86, 1),
        tint: tint([0.86, 0.88, 0.9]),
        skyTop: vary(random, [176, 182, 190], 22, 3),
        skyHorizon: vary(random, [212, 214, 216], 14, 3),
        clouds: random.uniform(0.4, 1),
      };
    case 'golden':
      return {
        ...common,
        ambient: random.uniform(0.45, 0.6),
        shadow: random.uniform(0.45, 0.6),
        tint: tint([1.12, 0.96, 0.76]),
        skyTop: vary(random, [120, 150, 196], 16),
        skyHorizon: vary(random, [246, 208, 158], 12),
        clouds: random.uniform(0, 0.7),
      };
    case 'dusk':
      return {
        ...common,
        ambient: random.uniform(0.8, 0.9),
        shadow: random.uniform(0.85, 1),
        tint: tint([0.5, 0.54, 0.68]),
        skyTop: vary(random, [62, 76, 116], 14),
        skyHorizon: vary(random, [186, 150, 148], 18),
        clouds: random.uniform(0, 0.8),
      };
  }
}

/** Brightness of a flat face under this light. The normal points towards the camera and may have any length. */
export function faceBrightness(light: Light, [x, y, z]: Point): number {
  const length = Math.hypot(x, y, z);
  if (length === 0) return 1;
  const [sx, sy, sz] = light.sun;
  const direct = Math.max(0, (x * sx + y * sy + z * sz) / length);
  const sky = 0.82 + 0.18 * (y / length);
  return light.ambient * sky + (1 - light.ambient) * (0.25 + direct);
}
