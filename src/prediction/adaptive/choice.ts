import { HmsaError, program } from '../../base/errors/index.js';
import {
  ADAPTIVE_VERSION,
  type AdaptivePoint,
  type AdaptiveWay,
  type Model,
} from '../../model/file/index.js';

/** What was calibrated for a list of scales, and the threshold for the loss that is allowed. */
export interface AdaptiveChoice {
  readonly way: AdaptiveWay;
  readonly threshold: number;
}

/**
 * @param scales checked, highest first
 * @param loss points of mean IoU that may be lost; true: those that the model was calibrated for
 * @param modelFlag how a command takes this model; empty for that of the package
 * @throws HmsaError when the model is not calibrated for these scales
 */
export function adaptiveChoice(
  { adaptive }: Model,
  scales: readonly number[],
  combine: string,
  loss: number | true,
  modelFlag = ' --model FILE',
): AdaptiveChoice {
  const how = combine === 'hierarchical' ? '' : ` --combine ${combine}`;
  const command = `${program} calibrate${modelFlag} --scales ${scales.join(',')}${how} --data KIND:PATH`;
  if (adaptive !== undefined && adaptive.version !== ADAPTIVE_VERSION)
    refuseVersion(adaptive.version, command);
  const ways = adaptive?.ways ?? [];
  const way = ways.find((each) => each.combine === combine && String(each.scales) === String(scales));
  if (way !== undefined)
    return { way, threshold: pointFor(way.curve, loss === true ? way.loss : loss).threshold };
  const known = ways.map((each) => `${each.scales.join(',')} by ${each.combine}`).join('; ');
  throw new HmsaError({
    operation: 'adaptive',
    expected: `a model that was calibrated for the scales ${scales.join(', ')}, combined by ${combine}`,
    received: known === '' ? 'one without calibration' : `one that was calibrated for ${known}`,
    remedy: `Calibrate it with: ${command}`,
  });
}

/** @throws HmsaError always */
function refuseVersion(version: number, command: string): never {
  throw new HmsaError({
    operation: 'adaptive',
    expected: `a calibration of version ${ADAPTIVE_VERSION}`,
    received: `one of version ${version}, which ${version > ADAPTIVE_VERSION ? 'a newer' : 'an earlier'} hmsa has written`,
    remedy: `Calibrate the model again with: ${command}`,
  });
}

/**
 * The point of a curve with the least work among those up to the first that loses too much: loss is measured, so it may fall
 * again by chance.
 *
 * @param curve from threshold 0 upwards
 */
export function pointFor(curve: readonly AdaptivePoint[], loss: number): AdaptivePoint {
  const tooMuch = curve.findIndex((point) => point.threshold > 0 && (loss === 0 || point.loss > loss));
  const allowed = tooMuch < 0 ? curve : curve.slice(0, tooMuch);
  return allowed.reduce((best, point) => (point.work < best.work ? point : best));
}
