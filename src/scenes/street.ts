import type { Generator } from '../base/random/index.js';

/** Height of the pavement over the roadway, in metres. */
export const KERB = 0.13;

/** The character of a neighbourhood, which decides what lines its streets. */
export type Neighbourhood = 'city' | 'suburb' | 'park' | 'industrial';

/** One side of a street, measured outwards from its axis. */
export interface Side {
  /** −1 to the left, 1 to the right. */
  readonly sign: -1 | 1;
  /** Where the roadway ends. */
  readonly kerbAt: number;
  readonly pavementSpan: readonly [from: number, to: number];
  /** Width of a strip of grass, 0 for none. */
  readonly verge: number;
  readonly vergeSpan: readonly [from: number, to: number];
  /** Where houses, walls and fences stand. */
  readonly front: number;
}

/** The cross-section of a street and what crosses it. Lengths in metres. */
export interface Street {
  readonly neighbourhood: Neighbourhood;
  readonly lane: number;
  /** Lanes in each direction. */
  readonly lanes: number;
  /** Width of a parking strip on both sides, 0 for none. */
  readonly parking: number;
  /** Half the width of the roadway. */
  readonly half: number;
  readonly sides: readonly [left: Side, right: Side];
  readonly junction: { readonly near: number; readonly far: number } | undefined;
  /** Distance of a pedestrian crossing. */
  readonly zebra: number | undefined;
  readonly rails: boolean;
  readonly edgeLines: boolean;
  readonly solidCentre: boolean;
}

/** Draws a street. */
export function planStreet(random: Generator): Street {
  const neighbourhood = random.pick<Neighbourhood>([
    'city',
    'city',
    'city',
    'suburb',
    'suburb',
    'park',
    'industrial',
  ]);
  const lane = random.uniform(3, 3.6);
  const rails = random.chance(0.22);
  const lanes = random.chance(rails ? 0.6 : 0.3) ? 2 : 1;
  const parking = random.chance(0.5) ? 2.2 : 0;
  const half = lane * lanes + parking + (parking > 0 ? 0.1 : 0.5);
  const near = random.uniform(15, 45);
  const junction = random.chance(0.45) ? { near, far: near + random.uniform(7, 10) } : undefined;
  const zebra = random.chance(0.35)
    ? junction === undefined
      ? random.uniform(8, 40)
      : junction.near - 6
    : undefined;
  return {
    neighbourhood,
    lane,
    lanes,
    parking,
    half,
    sides: [planSide(random, -1, half, neighbourhood), planSide(random, 1, half, neighbourhood)],
    junction,
    zebra,
    rails,
    edgeLines: random.chance(0.4),
    solidCentre: random.chance(0.3),
  };
}

function planSide(random: Generator, sign: -1 | 1, half: number, neighbourhood: Neighbourhood): Side {
  const pavement = random.uniform(1.8, 4.5);
  const verge = random.chance(neighbourhood === 'city' ? 0.2 : 0.6) ? random.uniform(1, 4) : 0;
  const vergeFirst = random.chance(0.5);
  const pavementFrom = half + (vergeFirst ? verge : 0);
  const vergeFrom = half + (vergeFirst ? 0 : pavement);
  return {
    sign,
    kerbAt: half,
    pavementSpan: [pavementFrom, pavementFrom + pavement],
    verge,
    vergeSpan: [vergeFrom, vergeFrom + verge],
    front: half + pavement + verge,
  };
}
