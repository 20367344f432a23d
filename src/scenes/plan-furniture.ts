import type { Generator } from '../base/random/index.js';
import { type Item, itemAt } from './items.js';
import { KERB, type Side, type Street } from './street.js';
import {
  drawBin,
  drawBollard,
  drawLamp,
  drawTrafficLight,
  drawTrafficSign,
} from './things/street-furniture.js';
import { drawTree } from './things/tree.js';
import { drawBicycle, drawMotorcycle } from './things/two-wheelers.js';

const THIN = { across: 0.15, along: 0.15 };

/** What stands on one pavement: lamps, signs, lights, trees, bollards, bins, and parked two-wheelers. */
export function planFurniture(random: Generator, street: Street, side: Side): Item[] {
  const items: Item[] = [];
  const { sign, kerbAt } = side;
  const edge = sign * (kerbAt + 0.6);
  const at = (x: number, z: number, yaw = 0) => ({ x, y: KERB, z, yaw });
  const free = (z: number) =>
    street.junction === undefined || z < street.junction.near - 0.5 || z > street.junction.far + 0.5;
  const along = (from: number, step: readonly [number, number], place: (z: number) => Item) => {
    for (let z = from; z < 100; z += random.uniform(...step)) if (free(z)) items.push(place(z));
  };

  along(random.uniform(5, 20), [16, 30], (z) =>
    itemAt(edge, z, { ...THIN, height: 8 }, (p, dice) =>
      drawLamp(p, dice, at(edge, z), -sign * random.uniform(1, 2.4)),
    ),
  );
  if (random.chance(0.5)) {
    const x = sign * (kerbAt + 1.1);
    along(random.uniform(7, 16), [8, 16], (z) => {
      const height = random.uniform(4.5, 9);
      const size = { across: height * 0.5, along: height * 0.5, height };
      return itemAt(x, z, size, (p, dice) => drawTree(p, dice, at(x, z), height));
    });
  }
  for (let i = random.int(4); i > 0; i--) {
    const z = random.uniform(6, 40);
    if (free(z))
      items.push(
        itemAt(edge, z, { ...THIN, height: 2.8 }, (p, dice) => drawTrafficSign(p, dice, at(edge, z))),
      );
  }
  if (street.junction !== undefined || random.chance(0.3)) {
    for (const z of lightDistances(random, street)) {
      const inward = random.chance(0.4) ? -sign * random.uniform(2.5, 4) : 0;
      items.push(
        itemAt(edge, z, { ...THIN, height: 3.4 }, (p, dice) =>
          drawTrafficLight(p, dice, at(edge, z), inward),
        ),
      );
    }
  }
  if (random.chance(0.3)) {
    const x = sign * (kerbAt + 0.35);
    const start = random.uniform(4, 25);
    for (let z = start; z < start + random.uniform(6, 20); z += 1.8) {
      if (free(z))
        items.push(itemAt(x, z, { ...THIN, height: 0.95 }, (p, dice) => drawBollard(p, dice, at(x, z))));
    }
  }
  if (random.chance(0.25)) {
    const z = random.uniform(6, 30);
    const x = sign * (kerbAt + 1);
    if (free(z))
      items.push(
        itemAt(x, z, { across: 0.7, along: 0.6, height: 1 }, (p, dice) => drawBin(p, dice, at(x, z))),
      );
  }
  items.push(...planParkedTwoWheelers(random, side, free));
  return items;
}

function lightDistances(random: Generator, { junction }: Street): number[] {
  if (junction === undefined) return [random.uniform(10, 40)];
  return random.chance(0.6) ? [junction.near - 1, junction.far + 1] : [junction.near - 1];
}

function planParkedTwoWheelers(random: Generator, side: Side, free: (z: number) => boolean): Item[] {
  const items: Item[] = [];
  const x = side.sign * (side.kerbAt + 1.1);
  const size = { across: 1.7, along: 0.6, height: 1.1 };
  const row = (count: number, draw: typeof drawBicycle) => {
    const start = random.uniform(5, 26);
    // Parked across the pavement, or along it against a wall.
    const yaw =
      (random.chance(0.7) ? Math.PI / 2 : 0.25) * (random.chance(0.5) ? 1 : -1) + random.uniform(-0.3, 0.3);
    for (let i = 0; i < count; i++) {
      const z = start + i * random.uniform(0.7, 1.3);
      if (free(z)) items.push(itemAt(x, z, size, (p, dice) => draw(p, dice, { x, y: KERB, z, yaw })));
    }
  };
  if (random.chance(0.4)) row(1 + random.int(4), drawBicycle);
  if (random.chance(0.2)) row(1 + random.int(3), drawMotorcycle);
  return items;
}
