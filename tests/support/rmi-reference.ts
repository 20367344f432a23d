/** A batch of labels [N, H, W] and logits [N, C, H, W], and the settings of RMI. */
export interface RmiCase {
  readonly size: readonly [n: number, classes: number, height: number, width: number];
  readonly labels: ArrayLike<number>;
  readonly logits: ArrayLike<number>;
  readonly lambda?: number;
  readonly radius?: number;
  readonly pool?: number;
}

type Matrix = number[][];

const ALPHA = 5e-4;
const sigmoid = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

/**
 * The loss of RMI's published code (arXiv 1910.12037) and its gradient, in float64 and in the form of the textbook: λ ·
 * sigmoid cross-entropy + (1 − λ) · ½ log det(YYᵀ − YPᵀ(PPᵀ + αI)⁻¹PYᵀ + αI) / radius², differentiated as it is written.
 * It shares nothing with the program.
 */
export function rmiReference(given: RmiCase): { loss: number; gradient: Float64Array } {
  const { size, labels, logits, lambda = 0.5, radius = 3, pool = 4 } = given;
  const [n, classes, height, width] = size;
  const area = height * width;
  const gradient = new Float64Array(logits.length);
  const isKnown = (label: number) => label >= 0 && label < classes;
  const known = Array.from(labels).filter(isKnown).length;
  let loss = 0;
  for (let image = 0; image < n; image++) {
    for (let c = 0; c < classes; c++) {
      const first = (image * classes + c) * area;
      const label = Array.from({ length: area }, (_, i) => labels[image * area + i]!);
      const truth = label.map((one) => Number(one === c));
      const mask = label.map((one) => Number(isKnown(one)));
      const raw = label.map((_, i) => sigmoid(logits[first + i]!));
      for (let i = 0; i < area; i++) {
        const x = logits[first + i]!;
        const softplus = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
        loss += (lambda * mask[i]! * (softplus - truth[i]! * x)) / (known + 1);
        gradient[first + i]! += (lambda * mask[i]! * (raw[i]! - truth[i]!)) / (known + 1);
      }
      const shape = { height, width, radius, pool };
      const y = rowsOf(truth, shape);
      const p = rowsOf(
        raw.map((value, i) => value * mask[i]! + 1e-6),
        shape,
      );
      const inverse = inverted(plusAlpha(times(p, p)));
      const cross = times(y, p);
      const solved = product(cross, inverse.matrix);
      const m = plusAlpha(minus(times(y, y), times(solved, cross)));
      const end = inverted(m);
      const weight = (1 - lambda) / (n * radius ** 2);
      loss += (weight / 2) * end.logDeterminant;
      // d ½ log det M = ½ tr(M⁻¹ dM) = −tr(M⁻¹ Y dPᵀ Sᵀ) + tr(M⁻¹ S dP Pᵀ Sᵀ), with S = YPᵀ(PPᵀ + αI)⁻¹
      const left = product(transposed(solved), end.matrix);
      const wanted = minus(product(product(left, solved), p), product(left, y));
      spread(wanted, shape).forEach((g, i) => {
        gradient[first + i]! += weight * g * mask[i]! * raw[i]! * (1 - raw[i]!);
      });
    }
  }
  return { loss, gradient };
}

interface Layout {
  readonly height: number;
  readonly width: number;
  readonly radius: number;
  readonly pool: number;
}

/** Calls a function with every place of a row: the row, the place, and the pixels whose mean it is, zeros left out. */
function eachPlace(
  { height, width, radius, pool }: Layout,
  call: (row: number, place: number, pixels: number[]) => void,
) {
  const margin = Math.floor(pool / 2);
  const pooled = (side: number) => Math.floor((side + 2 * margin - pool) / pool) + 1;
  const [rows, columns] = [pooled(height) - radius + 1, pooled(width) - radius + 1];
  for (let dy = 0; dy < radius; dy++) {
    for (let dx = 0; dx < radius; dx++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const pixels: number[] = [];
          for (let k = 0; k < pool * pool; k++) {
            const y = (i + dy) * pool - margin + Math.floor(k / pool);
            const x = (j + dx) * pool - margin + (k % pool);
            if (y >= 0 && x >= 0 && y < height && x < width) pixels.push(y * width + x);
          }
          call(dy * radius + dx, i * columns + j, pixels);
        }
      }
    }
  }
}

function rowsOf(map: readonly number[], layout: Layout): Matrix {
  const rows: Matrix = Array.from({ length: layout.radius ** 2 }, () => []);
  eachPlace(layout, (row, place, pixels) => {
    rows[row]![place] = pixels.reduce((sum, i) => sum + map[i]!, 0) / layout.pool ** 2;
  });
  return rows.map(centred);
}

/** The transpose of {@link rowsOf}: gradients of rows to those of a map. */
function spread(rows: Matrix, layout: Layout): Float64Array {
  const result = new Float64Array(layout.height * layout.width);
  const moved = rows.map(centred);
  eachPlace(layout, (row, place, pixels) => {
    for (const i of pixels) result[i]! += moved[row]![place]! / layout.pool ** 2;
  });
  return result;
}

function centred(row: readonly number[]): number[] {
  const mean = row.reduce((a, b) => a + b, 0) / row.length;
  return row.map((x) => x - mean);
}

/** A·Bᵀ */
function times(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => b.map((other) => row.reduce((sum, x, k) => sum + x * other[k]!, 0)));
}

function transposed(a: Matrix): Matrix {
  return a[0]!.map((_, j) => a.map((row) => row[j]!));
}

function product(a: Matrix, b: Matrix): Matrix {
  return times(a, transposed(b));
}

function minus(a: Matrix, b: Matrix): Matrix {
  return a.map((row, i) => row.map((x, j) => x - b[i]![j]!));
}

function plusAlpha(a: Matrix): Matrix {
  return a.map((row, i) => row.map((x, j) => x + (i === j ? ALPHA : 0)));
}

/** Gauss–Jordan elimination with exchanges of rows. */
export function inverted(a: Matrix): { matrix: Matrix; logDeterminant: number } {
  const size = a.length;
  const rows = a.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))]);
  let logDeterminant = 0;
  for (let k = 0; k < size; k++) {
    let best = k;
    for (let i = k; i < size; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[best]![k]!)) best = i;
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    const pivot = rows[k]![k]!;
    logDeterminant += Math.log(Math.abs(pivot));
    rows[k] = rows[k]!.map((x) => x / pivot);
    for (let i = 0; i < size; i++) {
      if (i === k) continue;
      const factor = rows[i]![k]!;
      rows[i] = rows[i]!.map((x, j) => x - factor * rows[k]![j]!);
    }
  }
  return { matrix: rows.map((row) => row.slice(size)), logDeterminant };
}
