import type { Generator } from '../base/random/index.js';
import { type Item, itemAt } from './plan.js';
import { KERB, type Street } from './street.js';
import { drawPerson } from './things/person.js';

const SIZE = { across: 0.5, along: 0.4, height: 1.7 };

/** People: alone or in groups on the pavements, and sometimes crossing the roadway. */
export function planPeople(random: Generator, street: Street): Item[] {
  const items: Item[] = [];
  const add = (x: number, z: number, y: number) =>
    items.push(itemAt(x, z, SIZE, (painter, own) => drawPerson(painter, own, { x, y, z, yaw: 0 })));
  for (const side of street.sides) {
    const [from, to] = side.pavementSpan;
    for (let group = random.int(6); group > 0; group--) {
      const z = 5 + 42 * random.uniform() ** 2;
      const x = side.sign * random.uniform(from + 0.6, Math.max(from + 0.7, to - 0.4));
      const size = random.chance(0.6) ? 1 : 2 + random.int(3);
      for (let i = 0; i < size; i++)
        add(x + random.uniform(-0.3, 0.3) + 0.5 * i, z + random.uniform(-0.6, 0.6), KERB);
    }
  }
  if (street.zebra !== undefined || random.chance(0.2)) {
    const z = street.zebra === undefined ? random.uniform(12, 40) : street.zebra + 1.5;
    for (let count = 1 + random.int(4); count > 0; count--) {
      add(random.uniform(-street.half, street.half), z + random.uniform(-1, 1), 0);
    }
  }
  return items;
}
