import type { Generator } from '../base/random/index.js';
import { type Item, itemAt } from './items.js';
import type { Painter } from './painter.js';
import type { Placement } from './solids.js';
import { KERB, type Street } from './street.js';
import { BUS_SIZE, drawBus } from './things/bus.js';
import { CAR_SIZE, drawCar } from './things/car.js';
import { drawPerson } from './things/person.js';
import { drawTrain, TRAIN_SIZE } from './things/train.js';
import { drawTruck, TRUCK_SIZE } from './things/truck.js';
import { drawCyclist, drawMotorcyclist, RIDER_SIZE } from './things/two-wheelers.js';

interface Vehicle {
  readonly size: { readonly length: number; readonly width: number; readonly height: number };
  readonly draw: (painter: Painter, random: Generator, at: Placement) => void;
}

const CAR: Vehicle = { size: CAR_SIZE, draw: drawCar };
const TRUCK: Vehicle = { size: TRUCK_SIZE, draw: drawTruck };
const BUS: Vehicle = { size: BUS_SIZE, draw: drawBus };
const TRAM: Vehicle = { size: TRAIN_SIZE, draw: drawTrain };
const CYCLIST: Vehicle = { size: RIDER_SIZE, draw: drawCyclist };
const MOTORCYCLIST: Vehicle = { size: RIDER_SIZE, draw: drawMotorcyclist };

const MOVING: readonly Vehicle[] = [CAR, CAR, CAR, CAR, CAR, TRUCK, TRUCK, BUS, BUS, MOTORCYCLIST, CYCLIST];

/** Everything on the roadway: traffic of both directions, parked cars, cyclists, and what crosses. */
export function planTraffic(random: Generator, street: Street, cameraX: number): Item[] {
  const items: Item[] = [];
  const { lane, lanes, parking, half, rails } = street;
  const density = random.uniform(0.25, 1);
  for (const direction of [-1, 1] as const) {
    const yaw = direction === 1 ? 0 : Math.PI;
    for (let i = 0; i < lanes; i++) {
      const x = direction * lane * (i + 0.5);
      const isOurs = Math.abs(x - cameraX) < lane / 2;
      const onRails = rails && i === 0;
      let z = random.uniform(isOurs ? 9 : 6, 22);
      if (onRails && random.chance(0.65)) {
        z += TRAM.size.length / 2;
        items.push(vehicleItem(TRAM, x, z, yaw));
        z += TRAM.size.length / 2 + 4;
      }
      while (z < 100) {
        const vehicle = random.pick(MOVING);
        z += vehicle.size.length / 2;
        if (random.chance(density)) items.push(vehicleItem(vehicle, x + random.uniform(-0.3, 0.3), z, yaw));
        z += vehicle.size.length / 2 + random.uniform(3, 24);
      }
    }
    if (parking > 0) items.push(...planParked(random, street, direction));
    if (random.chance(0.35)) {
      const x = direction * (half - parking - 0.6);
      items.push(vehicleItem(CYCLIST, x, random.uniform(7, 30), yaw));
    }
  }
  items.push(...planCrossing(random, street));
  return items;
}

function planParked(random: Generator, street: Street, direction: -1 | 1): Item[] {
  const items: Item[] = [];
  const x = direction * (street.half - street.parking / 2);
  const fill = random.uniform(0.3, 0.95);
  for (let z = random.uniform(4, 9); z < 90; z += 6) {
    const isClear =
      (street.junction === undefined || z + 4 < street.junction.near || z - 4 > street.junction.far) &&
      (street.zebra === undefined || Math.abs(z - street.zebra - 1.5) > 5);
    if (!isClear || !random.chance(fill)) continue;
    const yaw = direction === 1 || random.chance(0.2) ? 0 : Math.PI;
    const isLorry = random.chance(0.06);
    items.push(vehicleItem(isLorry ? TRUCK : CAR, x, z, yaw + random.uniform(-0.03, 0.03)));
    if (isLorry) z += 4;
  }
  return items;
}

/** Vehicles seen from the side, in the street that crosses. */
function planCrossing(random: Generator, { junction }: Street): Item[] {
  if (junction === undefined || random.chance(0.3)) return [];
  const items: Item[] = [];
  const middle = (junction.near + junction.far) / 2;
  for (const direction of [-1, 1]) {
    if (random.chance(0.35)) continue;
    const z = middle - direction * 1.8;
    const vehicle = random.pick([CAR, CAR, CAR, TRUCK, BUS, BUS, CYCLIST, MOTORCYCLIST]);
    const x = random.uniform(-16, 16);
    items.push(vehicleItem(vehicle, x, z, (direction * Math.PI) / 2));
  }
  return items;
}

function vehicleItem(vehicle: Vehicle, x: number, z: number, yaw: number): Item {
  const { length, width, height } = vehicle.size;
  const isAcross = Math.abs(Math.sin(yaw)) > 0.7;
  const size = { across: isAcross ? length : width, along: isAcross ? width : length, height };
  const item = itemAt(x, z, size, (painter, dice) => vehicle.draw(painter, dice, { x, y: 0, z, yaw }));
  return { ...item, onWheels: true };
}

const SIZE = { across: 0.5, along: 0.4, height: 1.7 };

/** People: alone or in groups on the pavements, and sometimes crossing the roadway. */
export function planPeople(random: Generator, street: Street): Item[] {
  const items: Item[] = [];
  const add = (x: number, z: number, y: number) =>
    items.push(itemAt(x, z, SIZE, (painter, dice) => drawPerson(painter, dice, { x, y, z, yaw: 0 })));
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
