import type { TrainEvent } from '../node/index.js';
import { type PhaseKind, type PlannedPhase, planPhases, stepCost } from '../training/index.js';

type Step = Pick<Extract<TrainEvent, { kind: 'step' }>, 'phase' | 'step'>;
type Planned = Pick<Extract<TrainEvent, { kind: 'planned' }>, 'config' | 'stepsPerEpoch' | 'ends'>;

/** The pace is the mean of this many steps. */
const RECENT = 30;

/**
 * Estimates how long the rest of a run takes. Each kind of phase has its own pace. A kind that has not run yet is
 * estimated from the current one by the ratio of their work, see {@link stepCost}. Validations and saving are not
 * included.
 */
export class TimeLeft {
  readonly #plan: Planned | undefined;
  #phases: readonly PlannedPhase[] = [];
  /** Seconds of the latest steps of each kind. */
  readonly #recent = new Map<PhaseKind, number[]>();

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

  /** Records a step that is typical of its kind. */
  took(kind: PhaseKind, seconds: number): void {
    this.#recent.set(kind, [...(this.#recent.get(kind) ?? []), seconds].slice(-RECENT));
  }

  /** Seconds of a step; undefined if no step of the kind has run. */
  pace(kind: PhaseKind): number | undefined {
    const recent = this.#recent.get(kind);
    return recent && recent.reduce((sum, seconds) => sum + seconds, 0) / recent.length;
  }

  /**
   * The time left after a step, and whether part of it is estimated from the amount of work; undefined while there is
   * no pace.
   */
  after({ phase, step }: Step): { readonly seconds: number; readonly isGuess: boolean } | undefined {
    const { kind } = phase;
    const pace = this.pace(kind);
    if (pace === undefined || this.#plan === undefined) return undefined;
    const { config } = this.#plan;
    let seconds = (phase.to - step - 1) * pace;
    let isGuess = false;
    for (const later of this.#phases.slice(phase.index + 1)) {
      const known = this.pace(later.kind);
      isGuess ||= known === undefined;
      const each = known ?? (pace * stepCost(later.kind, config)) / stepCost(kind, config);
      seconds += (later.to - later.from) * each;
    }
    return { seconds, isGuess };
  }
}
