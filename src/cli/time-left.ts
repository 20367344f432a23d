import type { TrainEvent } from '../node/index.js';
import { type PlannedPhase, planPhases, stepCost } from '../training/index.js';

type Step = Pick<Extract<TrainEvent, { kind: 'step' }>, 'phase' | 'step'>;
type Planned = Pick<Extract<TrainEvent, { kind: 'planned' }>, 'config' | 'stepsPerEpoch' | 'ends'>;

/** The pace is the mean of this many steps. */
const RECENT = 30;

/**
 * A step that finds its features kept takes this part of one that computes them, until it is measured. docs/memory.md has
 * 0.16 to 0.77, by attention and scales.
 */
const KEPT_COST = 0.5;

/** Steps of one pace: of a kind of phase, and whether they find their features kept (`views`). */
interface Stretch {
  readonly pace: string;
  readonly steps: number;
  readonly cost: number;
}

/**
 * Estimates how long the rest of a run takes. Each kind of phase has its own pace, and where a phase keeps features, its first
 * epochs have another than those after. What has not run yet is estimated from the current pace by the ratio of their
 * work, see {@link stepCost}. Validations and saving are not included.
 */
export class TimeLeft {
  readonly #plan: Planned | undefined;
  #phases: readonly PlannedPhase[] = [];
  /** Seconds of the latest steps of each pace. */
  readonly #recent = new Map<string, number[]>();

  /** @param plan without it there is no estimate */
  constructor(plan?: Planned) {
    this.#plan = plan;
    if (plan !== undefined) this.endedEarly(plan.ends);
  }

  /** Takes account of phases that ended early. */
  endedEarly(ends: Planned['ends']): void {
    if (this.#plan === undefined) return;
    this.#phases = planPhases(this.#plan.config, this.#plan.stepsPerEpoch, ends);
  }

  /** Records how long a step took that is typical of its pace. */
  took(step: Step, seconds: number): void {
    const name = this.#paceOf(step);
    this.#recent.set(name, [...(this.#recent.get(name) ?? []), seconds].slice(-RECENT));
  }

  /** Seconds of a step like this one; undefined if none has run. */
  pace(step: Step): number | undefined {
    return this.#known(this.#paceOf(step));
  }

  /**
   * The time left after a step, and whether part of it is estimated from the amount of work; undefined while there is
   * no pace.
   */
  after({ phase, step }: Step): { readonly seconds: number; readonly isGuess: boolean } | undefined {
    const pace = this.pace({ phase, step });
    if (pace === undefined || this.#plan === undefined) return undefined;
    const { config } = this.#plan;
    const own = stepCost(phase.kind, config) * (this.#keptFrom(phase) <= step ? KEPT_COST : 1);
    let seconds = 0;
    let isGuess = false;
    const stretches = [
      ...this.#stretches(phase, step + 1),
      ...this.#phases.slice(phase.index + 1).flatMap((later) => this.#stretches(later, later.from)),
    ];
    for (const { pace: name, steps, cost } of stretches) {
      const known = this.#known(name);
      isGuess ||= known === undefined;
      seconds += steps * (known ?? (pace * cost) / own);
    }
    return { seconds, isGuess };
  }

  #known(name: string): number | undefined {
    const recent = this.#recent.get(name);
    return recent && recent.reduce((sum, seconds) => sum + seconds, 0) / recent.length;
  }

  #paceOf({ phase, step }: Step): string {
    return step < this.#keptFrom(phase) ? phase.kind : `${phase.kind} with kept features`;
  }

  /** The first step of a phase that finds its features kept. */
  #keptFrom({ views, from, to }: PlannedPhase): number {
    return views === undefined ? to : Math.min(to, from + views * (this.#plan?.stepsPerEpoch ?? 0));
  }

  /** The steps of a phase from one on, by their pace. */
  #stretches(phase: PlannedPhase, from: number): Stretch[] {
    const kept = Math.max(from, this.#keptFrom(phase));
    const cost = stepCost(phase.kind, this.#plan!.config);
    return [
      { pace: this.#paceOf({ phase, step: phase.from }), steps: kept - from, cost },
      {
        pace: this.#paceOf({ phase, step: phase.to }),
        steps: phase.to - kept,
        cost: KEPT_COST * cost,
      },
    ].filter(({ steps }) => steps > 0);
  }
}
