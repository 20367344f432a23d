import type { Generator } from '../../base/random/index.js';
import { BICYCLE } from '../classes.js';
import { paint, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { bar, type Frame, frameAt, type Placement, sideFace } from '../solids.js';

const WHEEL_RADIUS = 0.34;
const AXLE = 0.52;

/** A bicycle: two thin rings and a frame of tubes, through which the background shows. */
export function drawBicycle(painter: Painter, random: Generator, at: Placement): void {
  painter.begin(BICYCLE, random);
  const frame = frameAt(at);
  const tubes = paint(
    vary(
      random,
      random.pick([
        [150, 30, 30],
        [30, 60, 130],
        [40, 44, 48],
        [30, 110, 80],
        [200, 200, 200],
      ] as const),
      15,
    ),
  );
  const rubber = paint([28, 28, 30]);
  for (const axle of [-AXLE, AXLE]) {
    drawRing(painter, frame, axle);
    // Seen from behind, the ring is edge-on: what remains is the tyre's own width.
    painter.shape(
      [
        frame(axle - WHEEL_RADIUS, 0.02, -0.025),
        frame(axle - WHEEL_RADIUS, 2 * WHEEL_RADIUS, -0.025),
        frame(axle - WHEEL_RADIUS, 2 * WHEEL_RADIUS, 0.025),
        frame(axle - WHEEL_RADIUS, 0.02, 0.025),
      ],
      rubber,
    );
  }
  const tube = (from: readonly [number, number], to: readonly [number, number], thickness = 0.055) =>
    painter.shape(sideFace(frame, bar(from, to, thickness), 0), tubes);
  tube([-AXLE, WHEEL_RADIUS], [-0.12, 0.34]);
  tube([-AXLE, WHEEL_RADIUS], [-0.2, 0.8]);
  tube([-0.12, 0.32], [-0.24, 0.92]);
  tube([-0.2, 0.78], [0.36, 0.84]);
  tube([-0.12, 0.34], [0.36, 0.8]);
  tube([AXLE, WHEEL_RADIUS], [0.33, 0.98]);
  painter.shape(sideFace(frame, bar([-0.38, 0.95], [-0.1, 0.95], 0.07), 0), rubber);
  painter.shape(
    [frame(0.32, 0.98, -0.28), frame(0.32, 1.04, -0.28), frame(0.32, 1.04, 0.28), frame(0.32, 0.98, 0.28)],
    rubber,
  );
  painter.shape(
    [frame(-0.3, 0.92, -0.08), frame(-0.3, 0.98, -0.08), frame(-0.3, 0.98, 0.08), frame(-0.3, 0.92, 0.08)],
    rubber,
  );
}

function drawRing(painter: Painter, frame: Frame, axle: number): void {
  const corners = 14;
  const rim = paint([40, 40, 42]);
  const point = (i: number, radius: number): readonly [number, number] => {
    const angle = (2 * Math.PI * i) / corners;
    return [axle + radius * Math.cos(angle), WHEEL_RADIUS + radius * Math.sin(angle)];
  };
  for (let i = 0; i < corners; i++) {
    const inner = WHEEL_RADIUS - 0.055;
    const segment = [
      point(i, WHEEL_RADIUS),
      point(i + 1, WHEEL_RADIUS),
      point(i + 1, inner),
      point(i, inner),
    ];
    painter.shape(sideFace(frame, segment, 0), rim);
  }
}
