/** Several files with the same fault. */
export interface FaultGroup<T> {
  readonly faults: readonly [T, ...T[]];
  /** The fault, without details that differ from file to file. */
  readonly detail: string;
}

/** The number of pixels with a fault, which differs between files. */
const amounts = / \(\d+ px, [^)]*\)/g;

/** Groups faults that differ only in the file and the number of pixels, in the order of their first occurrence. */
export function groupFaults<T extends { readonly kind: string }>(
  faults: readonly T[],
  detailOf: (fault: T) => string,
): FaultGroup<T>[] {
  const groups = new Map<string, { faults: [T, ...T[]]; detail: string }>();
  for (const fault of faults) {
    const detail = detailOf(fault).replace(amounts, '');
    const key = `${fault.kind}\n${detail}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { faults: [fault], detail });
    else group.faults.push(fault);
  }
  return [...groups.values()];
}
