/** A number with its noun: `1 tensor`, `2 tensors`, `1,200 classes`. @param plural where it is more than the noun and an s */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`;
}
