import { HmsaError } from '../../base/errors/index.js';

/** Ends the reading of a file with an error that names it. */
export type Refuse = (expected: string, received: string, remedy?: string) => never;

const REMEDY = 'Get the file again; it is damaged or was made to deceive.';

/** @param source what errors call the file */
export function refuser(source: string): Refuse {
  return (expected, received, remedy = REMEDY) => {
    throw new HmsaError({ operation: source, expected, received, remedy });
  };
}
