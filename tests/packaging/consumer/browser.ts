// A consumer's program without Node: it compiles where neither Node's types nor Node's modules are known.
import { type Model, type normalizePixels, renderScene } from 'hmsa';
import type { Session } from 'hmsa/engine';
import type { loadModel, WebModel } from 'hmsa/web';

/** What the package exports keeps its types: with `any` in their place this would not compile. */
type IsAny<T> = 0 extends 1 & T ? true : false;
export const typed: [IsAny<Model>, IsAny<Session>, IsAny<typeof normalizePixels>] = [false, false, false];
export const typedWeb: [IsAny<WebModel>, IsAny<typeof loadModel>] = [false, false];

export const { label } = renderScene({ seed: 1, index: 0, width: 64, height: 32 });
