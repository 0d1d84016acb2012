/** Tensors from a seed, the same bytes as `export/af3_export/random_tensors.py` makes. The contract: docs/random-tensors.md. */
import { BadInputError } from "../errors.ts";

function fmix32(word: number): number {
  let x = word;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Standard deviation of the sum of four uniform 16-bit integers. */
const DEVIATION = Math.sqrt((2 ** 32 - 1) / 3);

/** The stream of 32-bit words that belongs to a seed and a tensor's name. Every word can be reached at once. */
export class RandomStream {
  private readonly key: number;
  private readonly key2: number;

  /** @param seed an integer in [0, 2³²) */
  constructor(seed: number, name: string) {
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
      throw new BadInputError(`the seed should be an integer from 0 to ${2 ** 32 - 1}, not ${seed}`);
    this.key = fmix32(fnv1a(name) ^ fmix32((seed + 0x9e3779b9) >>> 0));
    this.key2 = fmix32(this.key ^ 0x5bd1e995);
  }

  word(index: number): number {
    return fmix32(fmix32((index + this.key) >>> 0) ^ this.key2);
  }

  /** `length` values, bell-shaped with mean 0 and this standard deviation, none beyond 3.47 of it. */
  normal(length: number, deviation: number): Float32Array {
    const scale = Math.fround(deviation / DEVIATION);
    const values = new Float32Array(length);
    for (let i = 0; i < length; i++) {
      const u = this.word(2 * i);
      const v = this.word(2 * i + 1);
      values[i] = ((u & 0xffff) + (u >>> 16) + (v & 0xffff) + (v >>> 16) - 131070) * scale;
    }
    return values;
  }

  /** One plus {@link normal}, rounded after each step. */
  onePlusNormal(length: number, deviation: number): Float32Array {
    return this.normal(length, deviation).map((value) => 1 + value);
  }

  /** Ones, seven in eight, and zeros. */
  mask(length: number): Float32Array {
    return Float32Array.from({ length }, (_, i) => (this.word(2 * i) < 0xe0000000 ? 1 : 0));
  }

  /** `length` uniform integers below `bound`. */
  integers(length: number, bound: number): number[] {
    return Array.from({ length }, (_, i) => Math.floor((this.word(2 * i) / 2 ** 32) * bound));
  }
}
