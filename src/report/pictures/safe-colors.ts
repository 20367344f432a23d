import { checkArgument } from '../../base/errors/index.js';
import type { Rgb } from '../../data/index.js';

/** Okabe and Ito 2008, in an order in which the first ones differ most. */
const few: readonly Rgb[] = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [240, 228, 66],
  [213, 94, 0],
  [86, 180, 233],
  [160, 160, 160],
];

/**
 * How people see who lack one kind of cone, in linear RGB (Machado et al. 2009, doi 10.1109/TVCG.2009.113, severity 1):
 * protanopia, deuteranopia, tritanopia.
 */
const visions = [
  [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
] as const;

/**
 * Colours that people with any colour vision tell apart, as far as so many can be: those of Okabe and Ito for up to eight, beyond
 * them each the colour that differs most from all before, in the vision in which it differs least (CIELAB). Black is left out,
 * because it marks pixels without a class.
 *
 * @param count 1 … 255
 */
export function safeColors(count: number): Rgb[] {
  const isCount = Number.isInteger(count) && count >= 1 && count <= 255;
  checkArgument(isCount, 'safeColors', 'a number of classes, 1 … 255', count);
  const colors = few.slice(0, count);
  if (count <= few.length) return colors;
  const candidates = grid();
  const seen = candidates.map(appearances);
  const distances = candidates.map((_, i) =>
    Math.min(...[...few, [0, 0, 0] as Rgb].map((color) => distance(seen[i]!, appearances(color)))),
  );
  while (colors.length < count) {
    const best = distances.reduce((a, value, i) => (value > distances[a]! ? i : a), 0);
    colors.push(candidates[best]!);
    seen.forEach((one, i) => {
      distances[i] = Math.min(distances[i]!, distance(one, seen[best]!));
    });
  }
  return colors;
}

function grid(): Rgb[] {
  const steps = Array.from({ length: 8 }, (_, i) => Math.round((i * 255) / 7));
  return steps.flatMap((r) => steps.flatMap((g) => steps.map((b): Rgb => [r, g, b])));
}

type Lab = readonly [l: number, a: number, b: number];

function appearances(color: Rgb): Lab[] {
  const linear = color.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return [labOf(linear), ...visions.map((matrix) => labOf(times(matrix, linear)))];
}

function distance(a: readonly Lab[], b: readonly Lab[]): number {
  return Math.min(...a.map((one, i) => Math.hypot(...one.map((part, c) => part - b[i]![c]!))));
}

function times(matrix: readonly number[], [x, y, z]: readonly [number, number, number]) {
  const row = (at: number) => matrix[at]! * x + matrix[at + 1]! * y + matrix[at + 2]! * z;
  return [row(0), row(3), row(6)] as [number, number, number];
}

/** CIELAB under D65 of linear sRGB. */
function labOf(linear: readonly [number, number, number]): Lab {
  const matrix = [0.4124, 0.3576, 0.1805, 0.2126, 0.7152, 0.0722, 0.0193, 0.1192, 0.9505];
  const [x, y, z] = times(matrix, linear.map((part) => Math.min(1, Math.max(0, part))) as never);
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const [fx, fy, fz] = [f(x / 0.95047), f(y), f(z / 1.08883)];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}
