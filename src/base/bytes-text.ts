/** An amount of memory in words, rounded up, so that it is enough: `512 MB`, `4.0 GB`, `1.03 GB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1e9) return `${Math.ceil(bytes / 1e6)} MB`;
  return `${(Math.ceil(bytes / 1e7) / 100).toFixed(2).replace(/0$/, '')} GB`;
}
