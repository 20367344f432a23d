import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { CAR } from '../classes.js';
import { type Paint, paint, shade, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import {
  crossFace,
  drawPrism,
  drawWheels,
  type Frame,
  frameAt,
  type Placement,
  type Profile,
  sideFace,
} from '../solids.js';

/** A body style: the side view of the lower body and of the glass house above its belt line, in metres. */
interface BodyStyle {
  readonly half: number;
  readonly belt: number;
  readonly roof: number;
  /** Back and front end of the body, of the belt line, and of the roof. */
  readonly body: readonly [number, number];
  readonly cabin: readonly [number, number];
  readonly top: readonly [number, number];
  readonly bonnet: number;
}

const STYLES: readonly BodyStyle[] = [
  // saloon, hatchback, estate, off-roader, van
  {
    half: 0.9,
    belt: 0.95,
    roof: 1.45,
    body: [-2.3, 2.3],
    cabin: [-1.7, 1.1],
    top: [-0.95, 0.3],
    bonnet: 0.82,
  },
  {
    half: 0.87,
    belt: 0.95,
    roof: 1.5,
    body: [-1.95, 2.0],
    cabin: [-1.9, 1.15],
    top: [-1.5, 0.35],
    bonnet: 0.85,
  },
  {
    half: 0.9,
    belt: 0.97,
    roof: 1.5,
    body: [-2.3, 2.3],
    cabin: [-2.25, 1.1],
    top: [-1.9, 0.3],
    bonnet: 0.84,
  },
  {
    half: 0.96,
    belt: 1.08,
    roof: 1.75,
    body: [-2.2, 2.3],
    cabin: [-2.15, 1.15],
    top: [-1.85, 0.4],
    bonnet: 1.0,
  },
  {
    half: 0.97,
    belt: 1.15,
    roof: 2.0,
    body: [-2.4, 2.4],
    cabin: [-2.4, 1.75],
    top: [-2.3, 0.95],
    bonnet: 1.05,
  },
];

const COLORS: readonly Rgb[] = [
  [225, 226, 228],
  [196, 199, 204],
  [120, 124, 130],
  [48, 50, 54],
  [28, 30, 34],
  [150, 28, 30],
  [34, 60, 124],
  [44, 92, 66],
  [196, 176, 130],
  [214, 150, 40],
];

const GLASS: Paint = paint([44, 54, 64], { grain: 0.12, cell: 0.3 });

/** Length and width of the ground that a car takes, in metres. */
export const CAR_SIZE = { length: 4.6, width: 1.85, height: 1.5 };

/** A passenger car. */
export function drawCar(painter: Painter, random: Generator, at: Placement): void {
  painter.begin(CAR, random);
  const frame = frameAt(at);
  const style = random.pick(STYLES);
  const body = paint(vary(random, random.pick(COLORS), 12), { grain: 0.04, cell: 0.4 });
  const { half, belt, body: ends, cabin } = style;
  const [back, front] = ends;
  const lower: Profile = [
    [back + 0.05, 0.25],
    [back, 0.6],
    [back + 0.08, belt - 0.05],
    [cabin[0], belt],
    [cabin[1], belt],
    [front - 0.15, style.bonnet],
    [front, 0.55],
    [front - 0.05, 0.25],
  ];
  drawPrism(painter, frame, { profile: lower, half, side: body });
  drawCabin(painter, frame, style, body);
  drawWheels(painter, frame, { axles: [back * 0.62, front * 0.62], radius: 0.33, half, width: 0.22 });
  drawSideWindows(painter, frame, style, random);
  drawEnds(painter, frame, style, painter.light.lampsOn);
  const sill = shade(body.color, 0.35);
  for (const side of [-1, 1]) {
    const bottom: Profile = [
      [back * 0.42, 0.25],
      [front * 0.42, 0.25],
      [front * 0.42, 0.33],
      [back * 0.42, 0.33],
    ];
    painter.detail(sideFace(frame, bottom, side * half), paint(sill));
  }
}

function drawCabin(painter: Painter, frame: Frame, style: BodyStyle, body: Paint): void {
  const { half, belt, roof, cabin, top } = style;
  const halfAt = (up: number) => half * (1 - (0.2 * Math.max(0, up - belt)) / (roof - belt));
  const profile: Profile = [
    [cabin[0], belt],
    [top[0], roof],
    [top[1], roof],
    [cabin[1], belt],
  ];
  drawPrism(painter, frame, { profile, half: halfAt, side: body, edges: [body, body, body, body] });
  // Windscreens leave a frame of body colour.
  for (const [low, high] of [
    [cabin[0], top[0]],
    [cabin[1], top[1]],
  ] as const) {
    const at = (t: number, side: number) => {
      const up = belt + t * (roof - belt);
      return frame(low + t * (high - low), up, side * (halfAt(up) - 0.1));
    };
    painter.detail([at(0.08, -1), at(0.88, -1), at(0.88, 1), at(0.08, 1)], GLASS);
  }
}

function drawSideWindows(painter: Painter, frame: Frame, style: BodyStyle, random: Generator): void {
  const { half, belt, roof, cabin, top } = style;
  const halfAt = (up: number) => half * (1 - (0.2 * Math.max(0, up - belt)) / (roof - belt));
  const pillar = random.uniform(-0.35, -0.15);
  const low = belt + 0.05;
  const high = roof - 0.09;
  const window = (corners: Profile, side: number) =>
    painter.detail(
      corners.map(([forward, up]) => frame(forward, up, side * halfAt(up))),
      GLASS,
    );
  for (const side of [-1, 1]) {
    window(
      [
        [cabin[0] + 0.22, low],
        [top[0] + 0.1, high],
        [pillar - 0.05, high],
        [pillar - 0.05, low],
      ],
      side,
    );
    window(
      [
        [pillar + 0.05, low],
        [pillar + 0.05, high],
        [top[1] - 0.08, high],
        [cabin[1] - 0.22, low],
      ],
      side,
    );
  }
}

function drawEnds(painter: Painter, frame: Frame, style: BodyStyle, lampsOn: boolean): void {
  const { half, body, belt, bonnet } = style;
  const rearLamp = paint(lampsOn ? [255, 60, 50] : [176, 26, 28], { glow: lampsOn });
  const headLamp = paint(lampsOn ? [255, 250, 225] : [226, 230, 232], { glow: lampsOn });
  for (const side of [-1, 1]) {
    const inner = side * (half - 0.38);
    const outer = side * (half - 0.03);
    painter.detail(crossFace(frame, body[0] + 0.03, inner, outer, belt - 0.3, belt - 0.1), rearLamp);
    painter.detail(crossFace(frame, body[1] - 0.05, inner, outer, bonnet - 0.24, bonnet - 0.08), headLamp);
  }
  const plate = paint([232, 232, 226]);
  const bumper = paint([52, 54, 58]);
  painter.detail(crossFace(frame, body[0] + 0.03, -half, half, 0.25, 0.4), bumper);
  painter.detail(crossFace(frame, body[1] - 0.03, -half, half, 0.25, 0.38), bumper);
  painter.detail(crossFace(frame, body[1] - 0.03, -half + 0.4, half - 0.4, 0.5, 0.68), bumper);
  painter.detail(crossFace(frame, body[0] + 0.01, -0.26, 0.26, 0.5, 0.62), plate);
  painter.detail(crossFace(frame, body[1] - 0.03, -0.26, 0.26, 0.38, 0.49), plate);
}
