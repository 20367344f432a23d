import type { Variable } from '../../engine/graph/index.js';

/** How the parameters that a group chooses differ from the rest. */
export interface ParameterGroup {
  /** Chooses parameters: by a pattern anywhere in their name, or one by one. */
  readonly match: RegExp | ((parameter: Variable) => boolean);
  /** Multiplies the learning rate; 1 where left out. */
  readonly learningRate?: number;
  /** Replaces the optimiser's weight decay. */
  readonly weightDecay?: number;
}

/**
 * Biases and the scales and shifts of batch norm, which are the parameters of rank 1: weight decay is meant for
 * the weights of linear maps, and is usually left off these.
 */
export const noDecayOfVectors: ParameterGroup = {
  match: ({ attributes }) => attributes.shape.length <= 1,
  weightDecay: 0,
};

/** The settings of one parameter: for each, the first group that matches the parameter and sets it decides. */
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
