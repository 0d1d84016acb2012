/** Inputs as the suites' own projects draw them. */
import { circleOfWord } from "../../formats/exact_math.ts";
import { gaussian } from "../../formats/gaussian.ts";
import { RandomStream } from "../../formats/random.ts";
import { pitchOf } from "../../kernels/check/reference.ts";

export type Distribution = "normal" | "cauchy";

/** The contest's scale of Cauchy's distribution: half of all values lie beyond it. */
const CAUCHY_SCALE = 2;

/** Unit normals, or heavy tails: of 10⁸ Cauchy values some reach 10⁸. */
export function drawn(distribution: Distribution, stream: RandomStream, length: number): Float32Array {
  if (distribution === "normal") return gaussian(stream, length);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const [cos, sin] = circleOfWord(stream.word(i));
    values[i] = (CAUCHY_SCALE * sin) / cos;
  }
  return values;
}

/** Unit normals times `deviation`. */
export const normals = (seed: number, name: string, length: number, deviation = 1): Float32Array =>
  gaussian(new RandomStream(seed, name), length).map((value) => deviation * value);

/** A mask [rows, pitch] over rows of `width`: a coin for each entry, or ones. */
export function mask(seed: number, name: string, rows: number, width: number, masked: boolean): Float32Array {
  const stream = new RandomStream(seed, name);
  return padRows(
    Float32Array.from({ length: rows * width }, (_, at) => (masked ? stream.word(at) >>> 31 : 1)),
    width,
  );
}

/** Rows of `width`, padded with zeros to a multiple of four. */
export function padRows(values: Float32Array, width: number): Float32Array {
  const pitch = pitchOf(width);
  if (pitch === width) return values;
  const rows = values.length / width;
  const padded = new Float32Array(rows * pitch);
  for (let row = 0; row < rows; row++) padded.set(values.subarray(row * width, (row + 1) * width), row * pitch);
  return padded;
}

/** At most `count` of `size` indices: those where tiles and arrays end, then drawn ones; all, if there are no more. */
export function sampled(seed: number, name: string, size: number, count: number): number[] {
  if (size <= count) return Array.from({ length: size }, (_, index) => index);
  const edges = [0, size - 1, 63, 64, 1, size - 2].filter((index) => index < size);
  const chosen = new Set(edges.slice(0, count));
  const stream = new RandomStream(seed, `${name}/sampled`);
  for (let at = 0; chosen.size < count; at++) chosen.add(Math.floor((stream.word(at) / 2 ** 32) * size));
  return [...chosen].sort((a, b) => a - b);
}

/** A function that keeps its last result, for as long as the arguments stay the same. */
export function latest<A extends readonly (string | number)[], T>(make: (...given: A) => T): (...given: A) => T {
  let last: { readonly key: string; readonly value: T } | undefined;
  return (...given) => {
    const key = given.join("/");
    if (last?.key !== key) {
      last = undefined; // lets go of the last one before the next is made
      last = { key, value: make(...given) };
    }
    return last.value;
  };
}
