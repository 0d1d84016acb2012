/**
 * The noise level's embedding: alphafold3/model/network/noise_level_embeddings.py of the pinned repository. Its constants
 * were drawn once from JAX's generator with seed 42; here they are drawn again, in the order that JAX then had.
 */
import { FOURIER_WIDTH } from "./diffusion_head.ts";

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];

/** One block of Threefry-2x32 with twenty rounds. */
function threefry([k0, k1]: readonly [number, number], x0: number, x1: number): [number, number] {
  const keys = [k0, k1, k0 ^ k1 ^ 0x1bd11bda];
  let [a, b] = [(x0 + k0) | 0, (x1 + k1) | 0];
  for (let round = 0; round < 5; round++) {
    for (const by of ROTATIONS[round % 2]) {
      a = (a + b) | 0;
      b = rotate(b, by) ^ a;
    }
    a = (a + keys[(round + 1) % 3]) | 0;
    b = (b + keys[(round + 2) % 3] + round + 1) | 0;
  }
  return [a >>> 0, b >>> 0];
}

/** Words of a key: the counters' first half goes with their second half through the two lanes. */
function words(key: readonly [number, number], count: number): number[] {
  const half = count / 2;
  const blocks = Array.from({ length: half }, (_, at) => threefry(key, at, half + at));
  return [...blocks.map(([first]) => first), ...blocks.map(([, second]) => second)];
}

/** A number from 0 up to 1 from a word's upper 23 bits. */
const uniform = (word: number): number => (word >>> 9) / 2 ** 23;

/** The inverse error function by M. Giles's two polynomials, with the roundings to single precision that show near one. */
function inverseErf(x: number): number {
  const w = Math.fround(-Math.log1p(-Math.fround(x * x)));
  const central = [
    2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
    0.246640727, 1.50140941,
  ];
  const tail = [
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
    1.00167406, 2.83297682,
  ];
  const [coefficients, at] = w < 5 ? [central, w - 2.5] : [tail, Math.fround(Math.sqrt(w)) - 3];
  return x * coefficients.reduce((sum, coefficient) => Math.fround(Math.fround(sum * at) + coefficient), 0);
}

const LOWEST = -1 + 2 ** -24; // the float behind -1

/** Frequencies (normal) and phases (uniform) of the embedding. */
function constants(): { readonly frequencies: Float32Array; readonly phases: Float32Array } {
  const [a, b, c, d] = words([0, 42], 4);
  const normals = words([a, b], FOURIER_WIDTH).map((word) =>
    Math.max(LOWEST, Math.fround(uniform(word) * Math.fround(1 - LOWEST) + LOWEST)),
  );
  return {
    frequencies: Float32Array.from(normals, (value) => Math.SQRT2 * inverseErf(value)),
    phases: Float32Array.from(words([c, d], FOURIER_WIDTH), uniform),
  };
}

let made: ReturnType<typeof constants> | undefined;

/** The embedding's frequencies and phases, [256] each; drawn at the first call. */
export function fourierConstants(): ReturnType<typeof constants> {
  made ??= constants();
  return made;
}

/** The embedding of a noise level in ångström: cos(2π (w ln(level / 16) / 4 + b)), in double precision until it is stored. */
export function fourierEmbedding(level: number): Float32Array {
  const { frequencies, phases } = fourierConstants();
  const u = Math.log(level / 16) / 4;
  return frequencies.map((w, index) => Math.cos(2 * Math.PI * (u * w + phases[index])));
}
