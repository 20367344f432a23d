/**
 * Kinds of faults that would break training or evaluation. Names alone show some of them, the others show when files
 * are read.
 */
export type FaultKind =
  | 'unreadable image'
  | 'unreadable label'
  | 'size mismatch'
  | 'unknown label'
  | 'void label'
  | 'too small'
  | 'missing label'
  | 'missing image'
  | 'missing split'
  | 'near-duplicate'
  | 'ambiguous name'
  | 'wrong name'
  | 'left out'
  | 'repeated link'
  | 'outside link';

export interface Fault {
  readonly kind: FaultKind;
  /** Path below the root. */
  readonly file: string;
  readonly split?: string;
  readonly detail: string;
}
