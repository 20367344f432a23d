import type { Variable } from '../../engine/graph/index.js';

/** Settings for a group of parameters. */
export interface ParameterGroup {
  /** Which parameters belong to it: those whose name matches a pattern anywhere, or those that a function chooses. */
  readonly match: RegExp | ((parameter: Variable) => boolean);
  /** Multiplies the learning rate; default 1. */
  readonly learningRate?: number;
  /** Replaces the optimiser's weight decay. */
  readonly weightDecay?: number;
}

/**
 * Biases and the scales and shifts of batch norm, which are the parameters of rank 1. Weight decay is meant for the
 * weights of linear maps and is usually not applied to these.
 */
export const noDecayOfVectors: ParameterGroup = {
  match: ({ attributes }) => attributes.shape.length <= 1,
  weightDecay: 0,
};

/**
 * The settings of one parameter. Each setting comes from the first group that matches the parameter and has this
 * setting.
 */
export function settingsOf(
  parameter: Variable,
  groups: readonly ParameterGroup[],
  weightDecay: number,
): { readonly learningRate: number; readonly weightDecay: number } {
  const mine = groups.filter(({ match }) =>
    match instanceof RegExp ? parameter.attributes.name.search(match) >= 0 : match(parameter),
  );
  const first = (setting: 'learningRate' | 'weightDecay') =>
    mine.find((group) => group[setting] !== undefined)?.[setting];
  return { learningRate: first('learningRate') ?? 1, weightDecay: first('weightDecay') ?? weightDecay };
}
