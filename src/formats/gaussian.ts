/** True normals from a seed, for noise that is used and not only compared. The contract: docs/random-tensors.md. */
import { circleOfWord, lnOfWord } from "./exact_math.ts";
import type { RandomStream } from "./random.ts";

/**
 * `length` unit normals by Box and Muller: words 2j and 2j + 1 make elements 2j and 2j + 1. Unlike {@link RandomStream.normal} their
 * tails reach 6.7 standard deviations. A longer array begins with the shorter one.
 */
export function gaussian(stream: RandomStream, length: number): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * lnOfWord(stream.word(i)));
    const [cos, sin] = circleOfWord(stream.word(i + 1));
    values[i] = radius * cos;
    if (i + 1 < length) values[i + 1] = radius * sin;
  }
  return values;
}
