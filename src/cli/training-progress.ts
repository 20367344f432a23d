import type { TrainEvent, TrainHooks } from '../node/index.js';
import { TrainingLine } from './training-line.js';

/** Hooks that show a training run on stderr, and a function that ends that. */
export function showingProgress(quiet: boolean, signal: AbortSignal): TrainHooks & { end(): void } {
  const line = new TrainingLine(quiet);
  return {
    signal,
    end: () => line.end(),
    onEvent(event: TrainEvent): void {
      switch (event.kind) {
        case 'planned':
          line.planned(event);
          break;
        case 'step':
          line.step(event);
          break;
        case 'preparing':
          line.say(event.what);
          break;
        case 'warning':
          line.warn(event.what);
          break;
        case 'saved':
          line.saved(event.step);
          break;
        case 'endedEarly':
          line.endedEarly(event);
          break;
        case 'validation': {
          const { meanIoU, pixelAccuracy } = event.score;
          const percent = (value: number) => `${(100 * value).toFixed(1)}%`;
          line.say(
            `epoch ${event.epoch + 1}: mean IoU ${percent(meanIoU)}, pixel accuracy ${percent(pixelAccuracy)}${event.isBest ? ', the best so far' : ''}`,
          );
          break;
        }
      }
    },
  };
}
