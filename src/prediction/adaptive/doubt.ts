import type { Gate } from '../../model/file/index.js';
import type { MapPart } from '../scale-feeds.js';

/** The maps of one whole scale that a gate reads. */
export interface KnownMaps {
  readonly logits: MapPart;
  /** Missing where the attention reads more than this scale. */
  readonly weight?: MapPart;
}

/**
 * What is known of the label of each cell before a finer scale is computed. All arrays are row-major on the grid of the finest
 * known logits.
 */
export interface Known {
  readonly width: number;
  readonly height: number;
  /** The class that leads. */
  readonly top: Uint8Array;
  /** By how much the known part of the combined logits leads: its largest minus its second. */
  readonly lead: Float32Array;
  /** The weight of what is not known yet, 0 … 1: for two scales 1 − attention. 1 where attention is not known. */
  readonly open: Float32Array;
  /** Of the labels that would come without finer scales: entropy in nats … */
  readonly entropy: Float32Array;
  /** … and the largest logit minus the second. */
  readonly margin: Float32Array;
}

/**
 * What scales from the lowest up to one say of each cell. The combined logits are Σ weight · logits, where each scale's weight
 * is its attention times what the lower ones leave open.
 *
 * @param scales lowest first
 */
export function knownOf(scales: readonly KnownMaps[]): Known {
  const finest = scales.at(-1)!;
  const [height, width] = [finest.logits.rows.length, finest.logits.columns.length];
  const { channels } = finest.logits;
  const cells = height * width;
  const isWeighed = scales.every(({ weight }) => weight !== undefined);
  const sums = new Float32Array(channels * cells);
  const open = new Float32Array(cells).fill(1);
  const own = onGrid(finest.logits, height, width);
  if (isWeighed) {
    for (const { logits, weight } of scales) {
      const [values, weights] = [onGrid(logits, height, width), onGrid(weight!, height, width)];
      for (let i = 0; i < cells; i++) {
        const share = open[i]! * weights[i]!;
        for (let c = 0, at = i; c < channels; c++, at += cells) sums[at]! += share * values[at]!;
        open[i]! -= share;
      }
    }
  }
  const known = {
    width,
    height,
    open,
    top: new Uint8Array(cells),
    lead: new Float32Array(cells),
    entropy: new Float32Array(cells),
    margin: new Float32Array(cells),
  };
  const scores = new Float64Array(channels);
  for (let i = 0; i < cells; i++) {
    const rest = open[i]!;
    for (let c = 0, at = i; c < channels; c++, at += cells) scores[c] = sums[at]!;
    known.lead[i] = isWeighed ? twoLargest(scores).lead : 0;
    for (let c = 0, at = i; c < channels; c++, at += cells) scores[c]! += rest * own[at]!;
    const { top, lead } = twoLargest(scores);
    known.top[i] = top;
    known.margin[i] = lead;
    known.entropy[i] = entropyOf(scores);
  }
  return known;
}

/** Whether, or how likely, a finer scale changes the label of each cell, and how much that is worth. */
export function doubtOf(known: Known, gate: Gate): Float32Array {
  const { open, lead, top } = known;
  if (gate.kind === 'margin') {
    return open.map((rest, i) => (lead[i]! > rest * gate.delta ? 0 : 1));
  }
  return open.map((_, i) => {
    const [a, b, c] = featuresOf(known, i);
    const chance = 1 / (1 + Math.exp(-(gate.bias + gate.open * a + gate.entropy * b + gate.margin * c)));
    return chance * (gate.worth[top[i]!] ?? 1);
  });
}

/** What a fitted gate reads of a cell. */
export function featuresOf({ open, entropy, margin }: Known, cell: number): [number, number, number] {
  return [open[cell]!, entropy[cell]!, Math.log1p(margin[cell]!)];
}

function twoLargest(scores: Float64Array): { top: number; lead: number } {
  let [top, first, second] = [0, scores[0]!, Number.NEGATIVE_INFINITY];
  for (let c = 1; c < scores.length; c++) {
    const score = scores[c]!;
    if (score > first) [top, first, second] = [c, score, first];
    else if (score > second) second = score;
  }
  return { top, lead: scores.length === 1 ? 0 : first - second };
}

function entropyOf(scores: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > most) most = score;
  let [total, moment] = [0, 0];
  for (const score of scores) {
    const p = Math.exp(score - most);
    total += p;
    moment += p * (score - most);
  }
  return Math.log(total) - moment / total;
}

/** A whole map, resized to a grid by bilinear interpolation; its own data if it has the size. */
export function onGrid(map: MapPart, height: number, width: number): Float32Array {
  const { data, channels } = map;
  const [rows, columns] = [map.rows.length, map.columns.length];
  if (rows === height && columns === width) return data;
  const down = positions(rows, height);
  const across = positions(columns, width);
  const result = new Float32Array(channels * height * width);
  for (let c = 0, at = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const [above, below, v] = [down.before[y]!, down.after[y]!, down.share[y]!];
      const [upper, lower] = [(c * rows + above) * columns, (c * rows + below) * columns];
      for (let x = 0; x < width; x++, at++) {
        const [left, right, u] = [across.before[x]!, across.after[x]!, across.share[x]!];
        const a = data[upper + left]! * (1 - u) + data[upper + right]! * u;
        const b = data[lower + left]! * (1 - u) + data[lower + right]! * u;
        result[at] = a * (1 - v) + b * v;
      }
    }
  }
  return result;
}

function positions(from: number, to: number) {
  const [before, after, share] = [new Int32Array(to), new Int32Array(to), new Float32Array(to)];
  for (let i = 0; i < to; i++) {
    const place = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    before[i] = Math.floor(place);
    after[i] = Math.min(before[i]! + 1, from - 1);
    share[i] = place - before[i]!;
  }
  return { before, after, share };
}
