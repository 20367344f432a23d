/** An amount of memory in words, rounded up: `512 MB`, `4.01 GB`. */
export function bytesText(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(Math.ceil(bytes / 1e7) / 100).toFixed(2)} GB`;
}
