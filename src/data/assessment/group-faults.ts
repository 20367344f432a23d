/** What is wrong in the same way with several files. */
export interface FaultGroup<T> {
  readonly faults: readonly [T, ...T[]];
  /** What is wrong with each, without what differs from file to file. */
  readonly detail: string;
}

/** How many pixels of a file have a fault: of files with equal faults it is what differs. */
const amounts = / \(\d+ px, [^)]*\)/g;

/** Faults that are equal but for the file and the number of pixels, together, in the order of their first. */
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
