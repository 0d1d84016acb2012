/** In which order cases run: at random, so that what the machine does meanwhile falls on no part of the table alone. */
import { createHash } from "node:crypto";
import { RandomStream } from "../../formats/random.ts";

/** A permutation in which neighbours in the table are no neighbours in time is found among so many, where there is one. */
const TRIES = 200;

/** The seed that belongs to a set of cases: the same set has the same order, also when it is resumed. */
export const orderSeed = (keys: readonly string[]): number =>
  createHash("sha256").update(keys.join("\n")).digest().readUInt32LE(0);

/**
 * The order of `count` cases: indices, shuffled. From four cases on, no two that are neighbours in the table follow each other.
 * @param seed an integer in [0, 2³²)
 */
export function orderOf(count: number, seed: number): number[] {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const order = shuffled(count, seed, `order ${attempt}`);
    if (!order.some((one, at) => at > 0 && Math.abs(one - order[at - 1]) === 1)) return order;
  }
  return shuffled(count, seed, "order");
}

function shuffled(count: number, seed: number, name: string): number[] {
  const random = new RandomStream(seed, name);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random.word(last) % (last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
