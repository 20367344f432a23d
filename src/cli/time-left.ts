import type { TrainEvent } from '../node/index.js';
import { type PhaseKind, type PlannedPhase, planPhases, stepCost } from '../training/index.js';

type Step = Pick<Extract<TrainEvent, { kind: 'step' }>, 'phase' | 'step'>;
type Planned = Pick<Extract<TrainEvent, { kind: 'planned' }>, 'config' | 'stepsPerEpoch'>;

/** Steps whose mean is the pace. */
const RECENT = 30;

/**
 * How long the rest of a run takes. Each kind of phase has a pace of its own; one that has not been seen yet is taken to
 * differ from the present one as their work does, see {@link stepCost}. Validations and saving are not in it.
 */
export class TimeLeft {
  readonly #plan: Planned | undefined;
  readonly #phases: readonly PlannedPhase[];
  /** Seconds of the latest steps of each kind. */
  readonly #recent = new Map<PhaseKind, number[]>();

  /** @param plan without it no time is told */
  constructor(plan?: Planned) {
    this.#plan = plan;
    this.#phases = plan === undefined ? [] : planPhases(plan.config, plan.stepsPerEpoch);
  }

  /** Takes note of a step that was as others of its kind will be. */
  took(kind: PhaseKind, seconds: number): void {
    this.#recent.set(kind, [...(this.#recent.get(kind) ?? []), seconds].slice(-RECENT));
  }

  /** Seconds of a step, or undefined where none has been seen. */
  pace(kind: PhaseKind): number | undefined {
    const recent = this.#recent.get(kind);
    return recent && recent.reduce((sum, seconds) => sum + seconds, 0) / recent.length;
  }

  /** The time left after a step, and whether some of it is reckoned by work alone; undefined before there is a pace. */
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
