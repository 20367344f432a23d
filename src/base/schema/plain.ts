/**
 * The type that a schema infers, made deeply readonly. Optional keys are absent instead of undefined, as
 * `exactOptionalPropertyTypes` requires.
 */
export type Plain<T> = T extends object ? { readonly [K in keyof T]: Plain<Exclude<T[K], undefined>> } : T;
