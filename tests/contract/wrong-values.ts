/** What JavaScript, `any` and a mistaken caller hand over. */
export const wrongValues: readonly unknown[] = [
  undefined,
  null,
  'x',
  Number.NaN,
  -1,
  1e9,
  true,
  {},
  [],
  [undefined],
  [Number.NaN],
  { a: 1 },
  new Map(),
  () => {},
  Symbol('s'),
  Object.create(null),
];
