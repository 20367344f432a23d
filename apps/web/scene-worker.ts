/** Renders a street in a thread of its own, so that the page goes on. */
import { renderScene } from '../../dist/scenes/index.js';

interface Order {
  readonly index: number;
  readonly width: number;
  readonly height: number;
}

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
};

scope.onmessage = ({ data: { index, width, height } }) => {
  const { image } = renderScene({ seed: 7, index, width, height });
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let from = 0, to = 0; to < rgba.length; from += 3, to += 4) {
    rgba[to] = image[from]!;
    rgba[to + 1] = image[from + 1]!;
    rgba[to + 2] = image[from + 2]!;
    rgba[to + 3] = 255;
  }
  scope.postMessage({ rgba, width, height }, [rgba.buffer]);
};
