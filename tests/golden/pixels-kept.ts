/** Where the pixels that a fixture keeps lie in [classes, H, W]: every few ones, down and across. */
export function pixelsKept(classes: number, height: number, width: number, step: number): number[] {
  const result: number[] = [];
  for (let c = 0; c < classes; c++) {
    for (let y = 0; y < height; y += step) {
      for (let x = 0; x < width; x += step) result.push((c * height + y) * width + x);
    }
  }
  return result;
}
