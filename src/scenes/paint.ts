import type { Generator } from '../base/random/index.js';
import type { Rgb } from '../data/contracts.js';

/** How a surface looks in white light. */
export interface Paint {
  readonly color: Rgb;
  /** Strength of its random texture, 0 … 1. */
  readonly grain?: number;
  /** Size of the texture's cells in metres. */
  readonly cell?: number;
  /** Whether the texture lies on the ground and shrinks with distance; otherwise it faces the viewer. */
  readonly ground?: boolean;
  /** Opacity: 0 shows what is behind, 1 hides it. The label behind is covered in either case. */
  readonly alpha?: number;
  /** Whether it emits light, like lamps and lit windows. */
  readonly glow?: boolean;
}

/** A plain paint. */
export function paint(color: Rgb, rest: Omit<Paint, 'color'> = {}): Paint {
  return { color, ...rest };
}

/** The colour times a factor. */
export function shade(color: Rgb, factor: number): Rgb {
  return [color[0] * factor, color[1] * factor, color[2] * factor];
}

/** From `a` (t = 0) to `b` (t = 1). */
export function blend(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])];
}

/** The colour with random lightness (shared by the channels) and hue (each channel alone). */
export function vary(random: Generator, color: Rgb, lightness: number, hue = lightness / 3): Rgb {
  const all = random.uniform(-lightness, lightness);
  const channel = (value: number) => Math.max(0, Math.min(255, value + all + random.uniform(-hue, hue)));
  return [channel(color[0]), channel(color[1]), channel(color[2])];
}

/** A grey of the given lightness, barely tinted. */
export function grey(random: Generator, low: number, high: number): Rgb {
  const value = random.uniform(low, high);
  const warmth = random.uniform(-8, 8);
  return [value + warmth, value, value - warmth];
}
