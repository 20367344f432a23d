import type { TrainEvent, TrainHooks } from '../node/index.js';
import { TrainingLine } from './training-line.js';

/** Hooks that show a training run on stderr. */
export function showingProgress(quiet: boolean, signal: AbortSignal): TrainHooks {
  const line = new TrainingLine(quiet);
  return {
    signal,
    onEvent(event: TrainEvent): void {
      switch (event.kind) {
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
          line.say(`saved after step ${event.step}`);
          break;
        case 'validation': {
          const { meanIoU, pixelAccuracy } = event.score;
          const percent = (value: number) => `${(100 * value).toFixed(1)}%`;
          line.say(
            `epoch ${event.epoch + 1}: mean IoU ${percent(meanIoU)}, pixel accuracy ${percent(pixelAccuracy)}`,
          );
        }
      }
    },
  };
}
