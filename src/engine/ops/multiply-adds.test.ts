import { expect, test } from 'vitest';
import { gradients } from '../autodiff.js';
import { input, symbol } from '../graph/index.js';
import { conv2d, convTranspose2d, matmul, multiplyAdds, sum } from './index.js';

test('a convolution and both of its gradients take the same number', () => {
  const x = input('x', [2, 6, 10, 8]);
  const w = input('w', [4, 3, 3, 3]);
  const y = conv2d(x, w, { groups: 2, padding: 1 });
  const forward = 2 * 4 * 10 * 8 * 3 * 9;
  expect(multiplyAdds([y])).toBe(forward);
  const found = gradients(sum(y), [x, w]);
  expect(multiplyAdds([y, ...found.values()])).toBe(3 * forward);
});

test('transposed convolutions, products and free sides', () => {
  const x = input('x', [1, 4, symbol('H'), 5]);
  const y = convTranspose2d(x, input('w', [4, 2, 4, 4]), { stride: 2, padding: 1 });
  expect(multiplyAdds([y], new Map([['H', 3]]))).toBe(4 * 3 * 5 * 2 * 16);
  const product = matmul(input('a', [3, 7, 2]), input('b', [3, 7, 5]), true);
  expect(multiplyAdds([product])).toBe(3 * 2 * 5 * 7);
});
