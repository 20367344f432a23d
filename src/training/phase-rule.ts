import { z } from 'zod';
import { HmsaError, nearName } from '../base/errors/index.js';
import type { Shape } from '../base/schema/index.js';
import { declareVariables, type ModelConfig } from '../model/index.js';
import {
  batchNormSchema,
  type PhaseConfig,
  type PhaseKind,
  phaseKindSchema,
  type TrainConfig,
} from './config.js';

/** What decides which variables a phase changes. */
export type PhaseRule = Pick<PhaseConfig, 'kind' | 'batchNorm'> & {
  /** Patterns of the whole configuration and of the phase. */
  readonly freeze?: readonly string[];
};

export const phaseRuleShape = {
  kind: phaseKindSchema,
  batchNorm: batchNormSchema.optional(),
  freeze: z.array(z.string()).optional(),
} satisfies Shape<PhaseRule>;

/** The rule of a phase within its configuration. */
export function phaseRule(training: Pick<TrainConfig, 'freeze'>, phase: PhaseConfig): PhaseRule {
  const { kind, batchNorm } = phase;
  return {
    kind,
    ...(batchNorm === undefined ? {} : { batchNorm }),
    freeze: [...(training.freeze ?? []), ...(phase.freeze ?? [])],
  };
}

/**
 * How the batch norms of a phase behave. The refinement keeps their statistics, because batch statistics would shift the
 * features that the frozen attention was trained on.
 */
export function batchNormOf({ kind, batchNorm }: PhaseRule): NonNullable<PhaseRule['batchNorm']> {
  return batchNorm ?? (kind === 'refinement' ? 'fixedStatistics' : 'trained');
}

/**
 * Which parameters a phase trains, by name. All others are frozen: they have no gradient, and their layers run in the
 * inference form.
 */
export function trainedIn(model: ModelConfig, rule: PhaseRule): (name: string) => boolean {
  const { kind, freeze = [] } = rule;
  const isFrozen = matcher(freeze);
  const norms = batchNormOf(rule) === 'frozen' ? new Set(normsOf(model)) : new Set<string>();
  return (name) =>
    trainsPart(kind, name) && !isFrozen(name) && !norms.has(name.slice(0, name.lastIndexOf('.')));
}

function trainsPart(kind: PhaseKind, name: string): boolean {
  const isAttention = isOfAttention(name);
  switch (kind) {
    case 'scales':
    case 'refinement':
      return !isAttention;
    case 'attention':
      return isAttention;
    case 'joint':
      return true;
  }
}

export function isOfAttention(name: string): boolean {
  return /(^|\.)attention\./.test(name);
}

/** Paths of the batch norms of a model. */
export function normsOf(model: ModelConfig): string[] {
  const end = '.running_mean';
  return [...declareVariables(model).keys()]
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length));
}

/**
 * Whether one of the patterns fits a name. `*` stands for any text. A pattern also fits everything below the path that it
 * names, and the networks of all scales: `trunk` fits `scale0.5.trunk.features.0.0.weight`.
 */
export function matcher(patterns: readonly string[]): (name: string) => boolean {
  const globs = patterns.flatMap((pattern) => [pattern.split('*'), `${pattern}.*`.split('*')]);
  return (name) => {
    const names = [name, name.replace(/^scale[\d.]+\./, '')];
    return globs.some((parts) => names.some((text) => fits(parts, text)));
  };
}

/**
 * Whether a text is these parts in their order, with any text between them. The leftmost place of each part leaves the most for
 * those after it, so that nothing is tried twice: a regular expression would take exponential time with many `*`.
 */
function fits(parts: readonly string[], text: string): boolean {
  const [first, last] = [parts[0]!, parts.at(-1)!];
  if (parts.length === 1) return text === first;
  const end = text.length - last.length;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= end;
}

/**
 * Checks the patterns of a configuration, and that every step of every phase trains something.
 *
 * @throws HmsaError that names a pattern which fits nothing, and near names; or a phase without anything to train
 */
export function checkFreezing(model: ModelConfig, training: TrainConfig): void {
  const parameters = [...declareVariables(model).values()]
    .map(({ variable }) => variable.attributes)
    .filter(({ role }) => role === 'parameter')
    .map(({ name }) => name);
  const lists = [
    ['freeze', training.freeze ?? []],
    ...training.phases.map(({ freeze = [] }, i) => [`phases[${i}].freeze`, freeze] as const),
  ] as const;
  for (const [key, patterns] of lists) {
    for (const pattern of patterns) {
      if (!parameters.some(matcher([pattern]))) throw fitsNothing(key, pattern, parameters);
    }
  }
  for (const [i, phase] of training.phases.entries()) {
    const trains = trainedIn(model, phaseRule(training, phase));
    const isApart = phase.kind === 'scales' && model.weights === 'perScale';
    for (const network of isApart ? model.scales.map((scale) => `scale${scale}.`) : ['']) {
      if (parameters.some((name) => name.startsWith(network) && trains(name))) continue;
      throw new HmsaError({
        operation: `config, phases[${i}]`,
        expected: 'something to train',
        received: `phase ${phase.kind} with everything frozen${network === '' ? '' : ` of ${network.slice(0, -1)}`}`,
        remedy: 'Freeze less, or leave the phase out.',
      });
    }
  }
}

function fitsNothing(key: string, pattern: string, parameters: readonly string[]): HmsaError {
  const paths = new Set<string>();
  for (const name of parameters) {
    const parts = name.split('.');
    // Scales with a dot, such as scale0.5, are cut here too, which only adds candidates.
    for (let length = 1; length <= parts.length; length++) paths.add(parts.slice(0, length).join('.'));
  }
  const bare = pattern.replace(/\.?\*+$/, '');
  const near = nearName(bare, [...paths]);
  const roots = [...new Set(parameters.map((name) => name.replace(/^(scale[\d.]+\.)?([^.]*).*$/, '$1$2')))];
  const suffix = pattern.slice(bare.length);
  return new HmsaError({
    operation: `config, ${key}`,
    expected: 'patterns of names of parameters',
    received: `${pattern}, which fits none`,
    remedy:
      near === undefined
        ? `Names begin with ${roots.join(', ')}.`
        : `Did you mean ${near}${suffix}? Names begin with ${roots.join(', ')}.`,
  });
}
