import { HmsaError } from '../../../base/errors/index.js';
import type { PhaseConfig, TrainConfig } from '../../../training/index.js';
import { batchNormOf } from '../../../training/phase-rule.js';

/** Parts of an ablation that can be chosen. */
export const ablationParts = ['single', 'perScale', 'shared', 'explicit'] as const;
export type AblationPart = (typeof ablationParts)[number];

/** One training run of an ablation: a folder below that of the ablation. */
export interface Arm {
  /** With `/`. */
  readonly path: string;
  readonly config: TrainConfig;
  /** What it starts from: the path of an arm, or of a file that joins several. */
  readonly from?: string;
  /** Epochs in all, those of the arms that it starts from among them. */
  readonly epochs: number;
}

/** A model made of the networks of several arms, each trained at one scale. */
export interface Join {
  /** Of the model file, with `/`. */
  readonly path: string;
  readonly arms: readonly string[];
}

/** A row group of the comparison at the end. Its models differ in their seed. */
export interface PlannedContender {
  readonly name: string;
  readonly reference?: string;
  readonly models: readonly {
    /** Of an arm or a joined file. */
    readonly path: string;
    /** The arms of which it is known how long they took: one for each scale, or one for all. */
    readonly arms: readonly { readonly scale?: number; readonly path: string }[];
  }[];
}

export interface AblationPlan {
  /** Arms and joins, in an order in which each can be made. */
  readonly tasks: readonly (Arm | Join)[];
  readonly contenders: readonly PlannedContender[];
}

export interface AblationChoices {
  /** Sets of scales to combine; default: the scales of the configuration. */
  readonly scales?: readonly (readonly number[])[];
  /** Default: all. */
  readonly parts?: readonly AblationPart[];
  /** Each arm is trained with this many seeds, from that of the configuration on; default 1. */
  readonly seeds?: number;
}

/**
 * The runs that show what attention is worth, from one configuration of several phases. Its leading phases `scales` are step 1.
 * Those after it are the further steps. For each set of scales, and for each seed:
 *
 * - a network for each scale after step 1, and trained on for as many images as the further steps see, with the schedule of the
 *   last of them;
 * - the hierarchy over these networks, after each further step;
 * - one network for all scales, after step 1, trained on, and with the hierarchy after each further step;
 * - the same with attention over all scales at once.
 *
 * @throws HmsaError when the configuration has no phase that trains attention, or phases that may end early
 */
export function planAblation(config: TrainConfig, choices: AblationChoices = {}): AblationPlan {
  const { parts = ablationParts, seeds = 1, scales: sets = [config.model.scales] } = choices;
  const steps = stepsOf(config, sets);
  const tasks = new Map<string, Arm | Join>();
  const contenders = new Map<string, PlannedContender>();
  for (let i = 0; i < seeds; i++) {
    const seeded = { ...config, seed: config.seed + i };
    const plan = new SeedPlan(seeded, steps, `seed-${seeded.seed}`, tasks, contenders);
    for (const scales of sets) {
      if (parts.includes('single') || parts.includes('perScale')) plan.singles(scales);
      if (parts.includes('perScale')) plan.perScale(scales);
      if (parts.includes('shared') || parts.includes('explicit')) plan.shared(scales);
      if (parts.includes('shared')) plan.attention(scales, 'shared', config.model.attention);
      if (parts.includes('explicit')) plan.attention(scales, 'explicit', explicitOf(config));
    }
  }
  return { tasks: [...tasks.values()], contenders: [...contenders.values()] };
}

/** The phases of step 1, and those after it. */
interface Steps {
  readonly first: readonly PhaseConfig[];
  readonly further: readonly PhaseConfig[];
  /**
   * The phase that trains networks on for as many epochs as the further steps take. It has the schedule and the batch norms of the
   * last of them: where crops are small, kept statistics alone can gain more than attention does (docs/experiments.md).
   */
  readonly more: PhaseConfig;
}

function stepsOf({ phases, model, earlyStop }: TrainConfig, sets: readonly (readonly number[])[]): Steps {
  const split = phases.findIndex(({ kind }) => kind !== 'scales');
  const first = split < 0 ? phases : phases.slice(0, split);
  const further = split < 0 ? [] : phases.slice(split);
  const isTaught = further.some(({ kind }) => kind === 'attention' || kind === 'joint');
  const refuse = (expected: string, received: string, remedy: string): never => {
    throw new HmsaError({ operation: '--ablation', expected, received, remedy });
  };
  if (!isTaught || model.attention.name === 'none') {
    refuse(
      'a configuration with attention and a phase that trains it',
      `the attention ${model.attention.name}, phases ${phases.map(({ kind }) => kind).join(', ')}`,
      'Choose a preset such as replication-2scale.',
    );
  }
  if ([earlyStop, ...phases.map((phase) => phase.earlyStop)].some((rule) => rule)) {
    refuse(
      'phases that run to their end, so that all arms are trained for equally long',
      'earlyStop',
      'Leave --early-stop and earlyStop out.',
    );
  }
  for (const set of sets) {
    if (set.length > 1 && set.includes(1) && new Set(set).size === set.length) continue;
    refuse('sets of two scales or more, 1 among them', `[${set.join(', ')}]`, 'Give sets such as 0.5,1.');
  }
  const last = further.at(-1)!;
  return {
    first,
    further,
    more: {
      kind: 'scales',
      epochs: epochsOf(further),
      schedule: last.schedule,
      batchNorm: batchNormOf(last),
      ...(last.recalibrate !== undefined && { recalibrate: last.recalibrate }),
    },
  };
}

class SeedPlan {
  constructor(
    readonly config: TrainConfig,
    readonly steps: Steps,
    readonly folder: string,
    readonly tasks: Map<string, Arm | Join>,
    readonly contenders: Map<string, PlannedContender>,
  ) {}

  /** A network for each scale: after step 1, and trained on. */
  singles(scales: readonly number[]): void {
    for (const [name, stage] of this.#stages()) {
      const arms = scales.map((scale) => {
        const model = {
          ...this.config.model,
          scales: [scale],
          weights: 'shared',
          attention: { name: 'none' },
        } as const;
        return { scale, path: this.#stage(`single-${scale}`, model, stage) };
      });
      const path = `${this.folder}/joined-${idOf(scales)}/${stage}.safetensors`;
      this.#add({ path, arms: arms.map((arm) => arm.path) });
      this.#contend(`single-scale networks ${setOf(scales)}, ${name}`, path, arms);
    }
  }

  /** The hierarchy over the networks of {@link singles}. */
  perScale(scales: readonly number[]): void {
    const model = { ...this.config.model, scales, weights: 'perScale' } as const;
    const start =
      this.steps.first.length === 0 ? undefined : `${this.folder}/joined-${idOf(scales)}/step1.safetensors`;
    this.#further(`per-scale-${idOf(scales)}`, `per-scale weights ${setOf(scales)}`, model, start, {
      reference: `single-scale networks ${setOf(scales)}, equally trained`,
    });
  }

  /** One network for all scales, without attention: after step 1, and trained on. */
  shared(scales: readonly number[]): void {
    const model = { ...this.config.model, scales, weights: 'shared' } as const;
    for (const [name, stage] of this.#stages()) {
      const path = this.#stage(`shared-${idOf(scales)}`, model, stage);
      this.#contend(`shared weights ${setOf(scales)}, ${name}`, path, [{ path }]);
    }
  }

  /** An attention over the network of {@link shared}. */
  attention(
    scales: readonly number[],
    kind: 'shared' | 'explicit',
    attention: TrainConfig['model']['attention'],
  ): void {
    const model = { ...this.config.model, scales, weights: 'shared', attention } as const;
    const start = this.steps.first.length === 0 ? undefined : `${this.folder}/shared-${idOf(scales)}/step1`;
    const [folder, name] =
      kind === 'shared' ? ['shared', 'shared weights'] : ['explicit', 'explicit attention'];
    this.#further(`${folder}-${idOf(scales)}`, `${name} ${setOf(scales)}`, model, start, {
      reference: `shared weights ${setOf(scales)}, equally trained`,
    });
  }

  #stages(): [name: string, stage: 'step1' | 'equal'][] {
    return [
      ...(this.steps.first.length === 0 ? [] : [['step 1', 'step1'] as [string, 'step1']]),
      ['equally trained', 'equal'],
    ];
  }

  /** A network without attention, after step 1 or trained on. */
  #stage(folder: string, model: TrainConfig['model'], stage: 'step1' | 'equal'): string {
    const { first, more } = this.steps;
    const path = `${this.folder}/${folder}/${stage}`;
    const epochs = epochsOf(first);
    this.#add(
      stage === 'step1'
        ? { path, config: { ...this.config, model, phases: first }, epochs }
        : {
            path,
            config: { ...this.config, model, phases: [more] },
            ...(first.length > 0 && { from: `${this.folder}/${folder}/step1` }),
            epochs: epochs + more.epochs,
          },
    );
    return path;
  }

  /** A run for each further step, each from the one before it. */
  #further(
    folder: string,
    name: string,
    model: TrainConfig['model'],
    start: string | undefined,
    { reference }: { reference: string },
  ): void {
    let from = start;
    let epochs = epochsOf(this.steps.first);
    this.steps.further.forEach((phase, i) => {
      const path = `${this.folder}/${folder}/step${i + (this.steps.first.length === 0 ? 1 : 2)}-${phase.kind}`;
      epochs += phase.epochs;
      this.#add({
        path,
        config: { ...this.config, model, phases: [phase] },
        ...(from !== undefined && { from }),
        epochs,
      });
      this.#contend(`${name}, after ${phase.kind}`, path, [{ path }], reference);
      from = path;
    });
  }

  #add(task: Arm | Join): void {
    if (!this.tasks.has(task.path)) this.tasks.set(task.path, task);
  }

  #contend(
    name: string,
    path: string,
    arms: readonly { scale?: number; path: string }[],
    reference?: string,
  ): void {
    const known = this.contenders.get(name)?.models ?? [];
    const models = [...known, { path, arms }];
    this.contenders.set(name, { name, ...(reference !== undefined && { reference }), models });
  }
}

function epochsOf(phases: readonly PhaseConfig[]): number {
  return phases.reduce((sum, { epochs }) => sum + epochs, 0);
}

const idOf = (scales: readonly number[]) => scales.join('-');
const setOf = (scales: readonly number[]) => `{${scales.join(', ')}}`;

/** Attention over all scales at once, with as many channels as the head has. */
function explicitOf({ model: { head } }: TrainConfig): TrainConfig['model']['attention'] {
  const channels = 'channels' in head && typeof head.channels === 'number' ? head.channels : 256;
  return { name: 'explicit', channels };
}
