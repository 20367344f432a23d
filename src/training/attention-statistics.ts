/** How much a scale is listened to: shares of 0 … 1. */
export interface AttentionStatistics {
  readonly scale: number;
  /** The mean of α. */
  readonly mean: number;
  /** The share of the places where α is below 0.05 or above 0.95. Where it is, one scale learns almost nothing. */
  readonly saturated: number;
}

/** The statistics of the attention among the metrics of a step, for each scale that has an attention, highest first. */
export function attentionStatistics(metrics: Readonly<Record<string, number>>): AttentionStatistics[] {
  return Object.entries(metrics).flatMap(([name, mean]) => {
    const scale = /^attentionMean@(.+)$/.exec(name)?.[1];
    if (scale === undefined) return [];
    const [below, above] = [metrics[`attentionBelow0.05@${scale}`], metrics[`attentionAbove0.95@${scale}`]];
    return [{ scale: Number(scale), mean, saturated: (below ?? 0) + (above ?? 0) }];
  });
}
