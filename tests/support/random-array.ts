/** Numbers in −1 … 1 from a linear congruential generator: the same for the same seed, on every machine. */
export function randomArray(length: number, seed: number): Float64Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const numbers = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    numbers[i] = (state / 2 ** 32) * 2 - 1;
  }
  return numbers;
}
