import {
  affine,
  apply,
  type Dim,
  expectDType,
  expectRank,
  type Operator,
  shapeError,
  type Tensor,
} from '../graph/index.js';

interface ResampleAttributes {
  /** Where the channels are: [N, C, H, W] or [N, H, W, C]. */
  readonly channels: 'first' | 'last';
}

const resampleOperator: Operator<ResampleAttributes> = {
  name: 'resample',
  shape([x, rows, columns], { channels }) {
    expectRank('resample', 'an image of rank 4', x!, 4);
    expectDType('resample', 'an image', x!, 'float32');
    for (const positions of [rows!, columns!]) {
      expectDType('resample', 'positions', positions, 'float32');
      if (positions.shape.length !== 1)
        shapeError('resample', 'a list of positions', positions.operator.name);
    }
    const [height, width] = [rows!.shape[0]!, columns!.shape[0]!];
    const [batch, second, , last] = x!.shape as [Dim, Dim, Dim, Dim];
    const shape = channels === 'first' ? [batch, second, height, width] : [batch, height, width, last];
    return { shape, dtype: 'float32' };
  },
  reference([x, rows, columns], { channels }, output) {
    const isFirst = channels === 'first';
    const [sourceHeight, sourceWidth] = x!.shape.slice(isFirst ? 2 : 1) as [number, number];
    const depth = isFirst ? 1 : output[3]!;
    const planes = isFirst ? output[0]! * output[1]! : output[0]!;
    const [height, width] = output.slice(isFirst ? 2 : 1) as [number, number];
    const result = new Float64Array(planes * height * width * depth);
    let at = 0;
    for (let plane = 0; plane < planes; plane++) {
      for (let i = 0; i < height; i++) {
        const [top, bottom, down] = neighbours(rows!.data[i]!, sourceHeight);
        for (let j = 0; j < width; j++) {
          const [left, right, along] = neighbours(columns!.data[j]!, sourceWidth);
          for (let c = 0; c < depth; c++) {
            const pixel = (row: number, column: number) =>
              x!.data[((plane * sourceHeight + row) * sourceWidth + column) * depth + c]!;
            const row = (r: number) => pixel(r, left) * (1 - along) + pixel(r, right) * along;
            result[at++] = row(top) * (1 - down) + row(bottom) * down;
          }
        }
      }
    }
    return result;
  },
  gradient: 'none',
  // Columns first: there are fewer rows before an enlargement, and no other order is faster for a reduction by half.
  onnx(emitter, [x, rows, columns], { inputs: [image], attributes: { channels } }) {
    const along = (source: string, positions: string, axis: number): string => {
      const floor = emitter.shared('Floor', [positions]);
      const before = emitter.cast(floor, 'int64');
      const last = emitter.sides([affine(image!.shape[axis]!, 1, -1, 1)]);
      const after = emitter.shared('Min', [emitter.shared('Add', [before, emitter.ints([1])]), last]);
      const share = emitter.shared('Sub', [positions, floor]);
      const shape = [1, 1, 1, 1].map((side, i) => (i === axis ? -1 : side));
      const weights = emitter.shared('Reshape', [share, emitter.ints(shape)]);
      const first = emitter.node('Gather', [source, before], { axis });
      const second = emitter.node('Gather', [source, after], { axis });
      const change = emitter.node('Mul', [emitter.node('Sub', [second, first]), weights]);
      return emitter.node('Add', [first, change]);
    };
    const [down, across] = channels === 'first' ? [2, 3] : [1, 2];
    return along(along(x!, columns!, across!), rows!, down!);
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
  return apply<ResampleAttributes>(resampleOperator, [x, rows, columns], { channels: 'first' });
}

/** Whether a tensor is the result of {@link resample}. */
export function isResample(tensor: Tensor): boolean {
  return tensor.operator === resampleOperator;
}

/** The same {@link resample} of an image [N, H, W, C]. Its result is [N, h, w, C]. */
export function resampledChannelsLast({ inputs: [, rows, columns] }: Tensor, image: Tensor): Tensor {
  return apply<ResampleAttributes>(resampleOperator, [image, rows!, columns!], { channels: 'last' });
}
