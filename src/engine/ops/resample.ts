import {
  affine,
  apply,
  expectDType,
  expectRank,
  type Operator,
  shapeError,
  type Tensor,
} from '../graph/index.js';

const resampleOperator: Operator<undefined> = {
  name: 'resample',
  shape([x, rows, columns]) {
    expectRank('resample', 'an image [N, C, H, W]', x!, 4);
    expectDType('resample', 'an image', x!, 'float32');
    for (const positions of [rows!, columns!]) {
      expectDType('resample', 'positions', positions, 'float32');
      if (positions.shape.length !== 1)
        shapeError('resample', 'a list of positions', positions.operator.name);
    }
    return { shape: [...x!.shape.slice(0, 2), rows!.shape[0]!, columns!.shape[0]!], dtype: 'float32' };
  },
  reference([x, rows, columns], _, output) {
    const [, , sourceHeight, sourceWidth] = x!.shape as [number, number, number, number];
    const [batch, channels, height, width] = output as [number, number, number, number];
    const result = new Float64Array(batch * channels * height * width);
    let at = 0;
    for (let plane = 0; plane < batch * channels; plane++) {
      const pixel = (row: number, column: number) =>
        x!.data[(plane * sourceHeight + row) * sourceWidth + column]!;
      for (let i = 0; i < height; i++) {
        const [top, bottom, down] = neighbours(rows!.data[i]!, sourceHeight);
        for (let j = 0; j < width; j++) {
          const [left, right, along] = neighbours(columns!.data[j]!, sourceWidth);
          const row = (r: number) => pixel(r, left) * (1 - along) + pixel(r, right) * along;
          result[at++] = row(top) * (1 - down) + row(bottom) * down;
        }
      }
    }
    return result;
  },
  gradient: 'none',
  // Columns first: there are fewer rows before an enlargement, and no other order is faster for a reduction by half.
  onnx(emitter, [x, rows, columns], { inputs: [image] }) {
    const along = (source: string, positions: string, axis: 2 | 3): string => {
      const floor = emitter.shared('Floor', [positions]);
      const before = emitter.cast(floor, 'int64');
      const last = emitter.sides([affine(image!.shape[axis]!, 1, -1, 1)]);
      const after = emitter.shared('Min', [emitter.shared('Add', [before, emitter.ints([1])]), last]);
      const share = emitter.shared('Sub', [positions, floor]);
      const shape = axis === 3 ? [1, 1, 1, -1] : [1, 1, -1, 1];
      const weights = emitter.shared('Reshape', [share, emitter.ints(shape)]);
      const first = emitter.node('Gather', [source, before], { axis });
      const second = emitter.node('Gather', [source, after], { axis });
      const change = emitter.node('Mul', [emitter.node('Sub', [second, first]), weights]);
      return emitter.node('Add', [first, change]);
    };
    return along(along(x!, columns!, 3), rows!, 2);
  },
};

function neighbours(position: number, side: number): readonly [before: number, after: number, share: number] {
  const before = Math.floor(position);
  return [before, Math.min(before + 1, side - 1), position - before];
}

/**
 * The image at given positions, bilinear between the centres of its pixels. Unlike `resizeBilinear` it can compute a part of
 * a resized image from a part of the image.
 *
 * @param x [N, C, H, W]
 * @param rows [h], each from 0 to H − 1
 * @param columns [w], each from 0 to W − 1
 * @returns [N, C, h, w]; no gradient passes
 */
export function resample(x: Tensor, rows: Tensor, columns: Tensor): Tensor {
  return apply(resampleOperator, [x, rows, columns], undefined);
}
