import type { Generator } from '../base/random/index.js';
import { type Item, itemAt } from './items.js';
import { KERB, type Neighbourhood, type Side, type Street } from './street.js';
import { drawFence, drawHedge, drawWall } from './things/boundaries.js';
import { drawBuilding, type Stretch } from './things/building.js';
import { drawBush, drawTree } from './things/tree.js';

type Front = 'building' | 'wall' | 'fence' | 'hedge' | 'open';

/** How often each kind of front occurs, as shares of ten. */
const FRONTS: Readonly<Record<Neighbourhood, readonly Front[]>> = {
  city: expand({ building: 8, wall: 1, fence: 1 }),
  suburb: expand({ building: 4, wall: 1, fence: 2, hedge: 2, open: 1 }),
  park: expand({ building: 1, wall: 2, fence: 3, hedge: 1, open: 3 }),
  industrial: expand({ building: 3, wall: 4, fence: 2, open: 1 }),
};

function expand(shares: Partial<Record<Front, number>>): Front[] {
  return (Object.entries(shares) as [Front, number][]).flatMap(([front, share]) => Array(share).fill(front));
}

/** The houses, walls, fences and greenery along one side, from beside the camera to the far end. */
export function planFrontage(random: Generator, street: Street, side: Side): Item[] {
  const items: Item[] = [];
  const mouth =
    street.junction === undefined ? undefined : [street.junction.near - 1.5, street.junction.far + 1.5];
  let near = random.uniform(0.5, 5);
  while (near < 120) {
    let far = near + random.uniform(8, 20);
    if (mouth !== undefined && far > mouth[0]! && near < mouth[1]!) far = mouth[0]!;
    if (far - near > 5) {
      items.push(...planStretch(random, random.pick(FRONTS[street.neighbourhood]), side, near, far));
    }
    if (far === mouth?.[0]) near = mouth[1]!;
    else near = far + (random.chance(0.2) ? random.uniform(1, 6) : 0);
  }
  return items;
}

function planStretch(random: Generator, kind: Front, side: Side, near: number, far: number): Item[] {
  const front = side.sign * side.front;
  switch (kind) {
    case 'building':
      return [building(random, front, near, far)];
    case 'wall':
      return [
        stretchItem(front, near, far, 0.35, random.uniform(1.3, 2.8), drawWall),
        ...behind(random, side, near, far),
      ];
    case 'fence':
      return [
        stretchItem(front, near, far, 0.1, random.uniform(1, 1.9), drawFence),
        ...behind(random, side, near, far),
      ];
    case 'hedge':
      return [
        stretchItem(front, near, far, 1, random.uniform(1, 2.2), drawHedge),
        ...behind(random, side, near, far),
      ];
    case 'open':
      return behind(random, side, near, far);
  }
}

function building(random: Generator, x: number, near: number, far: number): Item {
  return stretchItem(x, near, far, random.uniform(9, 13), 3.7 + 3.2 * (1 + random.int(4)), drawBuilding);
}

/** What is seen over a low front: a house set back, trees and bushes, or nothing. */
function behind(random: Generator, side: Side, near: number, far: number): Item[] {
  const choice = random.uniform();
  if (choice < 0.3) return [building(random, side.sign * (side.front + random.uniform(5, 14)), near, far)];
  if (choice > 0.9) return [];
  const items: Item[] = [];
  for (let z = near + 1; z < far; z += random.uniform(2.5, 7)) {
    const x = side.sign * (side.front + random.uniform(2, 12));
    const isTree = random.chance(0.7);
    const height = isTree ? random.uniform(5, 11) : random.uniform(0.9, 2.2);
    const draw = isTree ? drawTree : drawBush;
    items.push(
      itemAt(x, z, { across: height * 0.5, along: height * 0.5, height }, (painter, dice) =>
        draw(painter, dice, { x, y: 0, z, yaw: 0 }, height),
      ),
    );
  }
  return items;
}

function stretchItem(
  x: number,
  near: number,
  far: number,
  depth: number,
  height: number,
  draw: (painter: Parameters<Item['draw']>[0], random: Generator, stretch: Stretch) => void,
): Item {
  const back = x + Math.sign(x) * depth;
  return {
    x: [Math.min(x, back), Math.max(x, back)],
    z: [near, far],
    height,
    draw: (painter, random) => draw(painter, random, { x, near, far, depth, height, y: KERB - 0.14 }),
  };
}
