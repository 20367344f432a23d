import { z } from 'zod';
import type { Trunk } from '../../../src/models/index.js';
import { convolutionNormActivation } from '../../../src/nn/index.js';

const schema = z.strictObject({ name: z.literal('toy'), channels: z.int().min(1).max(64) });

/** Two convolutions: features at stride 2 and 4. */
export const toyTrunk: Trunk<z.infer<typeof schema>> = {
  name: 'toy',
  schema,
  smallestSide: () => 4,
  build(scope, image, { channels: out }) {
    const layer = (index: number, x: typeof image) =>
      convolutionNormActivation(
        [scope.child(index).child(0), scope.child(index).child(1)],
        x,
        { out, kernel: 3, stride: 2 },
        'relu',
      );
    const half = layer(0, image);
    return [
      { tensor: half, stride: 2 },
      { tensor: layer(1, half), stride: 4 },
    ];
  },
};
