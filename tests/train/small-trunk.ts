import { z } from 'zod';
import { type Trunk, trunks } from '../../dist/model/index.js';
import { convolutionNormActivation } from '../../dist/model/layers/index.js';

const schema = z.strictObject({ name: z.literal('small') });

/**
 * Four layers, named as those of MobileNetV2. What ONNX Runtime needs to open a training graph grows with the number of layers: for
 * MobileNetV2 it is most of the time of a test that is about runs and not about networks.
 */
const smallTrunk: Trunk<z.infer<typeof schema>> = {
  name: 'small',
  schema,
  smallestSide: () => 8,
  build(scope, image) {
    const layer = (index: number, x: typeof image, stride: number, groups = 1) => {
      const own = scope.child('features').child(index);
      const options = { out: 8, kernel: 3, stride, groups };
      return convolutionNormActivation([own.child(0), own.child(1)], x, options, 'relu6');
    };
    const quarter = layer(1, layer(0, image, 2), 2, 8);
    return [
      { tensor: quarter, stride: 4 },
      { tensor: layer(3, layer(2, quarter, 2), 1, 8), stride: 8 },
    ];
  },
};

trunks.add(smallTrunk);
