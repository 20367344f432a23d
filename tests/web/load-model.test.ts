import { expect, test } from 'vitest';
import { HmsaError, loadModel } from '../../dist/web/index.js';
import { wrongValues } from '../contract/wrong-values.js';

test('what is no model is refused before a worker is started', async () => {
  for (const value of wrongValues) await expect(loadModel(value as never)).rejects.toThrow(HmsaError);
});

test.each<[object, RegExp]>([
  [{ device: 'cuda' }, /^loadModel: device: expected one of auto, webgpu, wasm, received "cuda"/],
  [{ threads: 0 }, /^loadModel: threads: expected a whole number from 1 to 64, received 0/],
  [{ memoryLimit: -1 }, /^loadModel: memoryLimit: expected a number of bytes above 0/],
  [{ signal: 1 }, /^loadModel: signal: expected an AbortSignal/],
  [{ devise: 'wasm' }, /^loadModel: options: .*received "devise"\. Did you mean device\?/],
])('%o is refused', async (options, message) => {
  await expect(loadModel(Uint8Array.of(1), options as never)).rejects.toThrow(message);
});

test('outside of a browser it says where to go', async () => {
  await expect(loadModel(Uint8Array.of(1))).rejects.toThrow(
    /^hmsa\/web: expected a browser, .* In Node, import loadModel from hmsa\/node\.$/,
  );
});
