/** The nearest whole number, and the even one of two that are equally near, as ONNX has it. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const part = value - below;
  if (part !== 0.5) return part < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
