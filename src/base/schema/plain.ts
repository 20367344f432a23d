/**
 * What a schema infers, as its values are handed around: nothing in it is changed, and a key that may be left out is left
 * out instead of undefined.
 */
export type Plain<T> = T extends object ? { readonly [K in keyof T]: Plain<Exclude<T[K], undefined>> } : T;
