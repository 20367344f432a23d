import { HmsaError } from '../base/errors/index.js';
import type { Weights } from './initial-weights.js';

/** What a part of a network has from a file. */
export interface Taken {
  readonly part: string;
  /** Numbers that came from the file, and those that the part has. */
  readonly taken: number;
  readonly all: number;
  /** Names of the layers that start anew. */
  readonly anew: readonly string[];
}

/** Of the trunk's numbers; below it, a file is of another network and fits by chance. */
const LEAST_SHARE = 0.5;

/** Compares the weights before a transfer with those after it, part by part: trunk, head, attention. */
export function takenOf(fresh: Weights, weights: ReadonlyMap<string, unknown>): Taken[] {
  const parts = new Map<string, { taken: number; all: number; anew: Set<string> }>();
  for (const [name, before] of fresh) {
    const [, scale = '', part = ''] = /^(scale[\d.]+\.(?=[a-z]))?([^.]+)/.exec(name) ?? [];
    const entry = parts.get(part) ?? { taken: 0, all: 0, anew: new Set() };
    entry.all += before.data.length;
    if (weights.get(name) === before) entry.anew.add(name.slice(scale.length, name.lastIndexOf('.')));
    else entry.taken += before.data.length;
    parts.set(part, entry);
  }
  return [...parts].map(([part, { taken, all, anew }]) => ({ part, taken, all, anew: [...anew] }));
}

/** @throws HmsaError when less than half of the trunk is from the file */
export function requireEnough(parts: readonly Taken[], source: string): void {
  const trunk = parts.find(({ part }) => part === 'trunk');
  if (trunk === undefined || trunk.taken >= LEAST_SHARE * trunk.all) return;
  throw new HmsaError({
    operation: `--init ${source}`,
    expected: 'weights that fit at least half of the trunk',
    received: parts.map(({ part, taken, all }) => `${percent(taken / all)} of the ${part}`).join(', '),
    remedy:
      'Train with the configuration of that file (model.trunk.width, model.weights), or take what fits with --partial-init.',
  });
}

/** The parts as lines of a short table. */
export function takenTable(parts: readonly Taken[]): string[] {
  const width = Math.max(...parts.map(({ part }) => part.length));
  return parts.map(({ part, taken, all, anew }) => {
    const shown = anew.length === 0 || taken === 0 ? '' : anew.slice(0, 3).join(', ');
    const more = anew.length > 3 && taken > 0 ? ` and ${anew.length - 3} more` : '';
    const rest = taken === 0 ? '; starts anew' : shown === '' ? '' : `; anew: ${shown}${more}`;
    return `  ${part.padEnd(width)}  ${percent(taken / all).padStart(6)} of ${all.toLocaleString('en')} numbers taken${rest}`;
  });
}

function percent(share: number): string {
  // What is not all is never called all, nor what is something nothing.
  const rounded = Math.min(share === 1 ? 100 : 99.9, Math.max(share === 0 ? 0 : 0.1, 100 * share));
  return `${rounded === 100 || rounded === 0 ? rounded : rounded.toFixed(1)}%`;
}
