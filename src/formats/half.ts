/** Half precision (binary16) and bfloat16 on the host, where Node 20 and browsers have no array of them: bits in a Uint16Array. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of the half that is nearest to a float32 of these bits, to even on a tie; infinite from 65520 on, as IEEE 754 and WGSL's f16() have it. */
function nearestHalf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x477f_f000) return sign | 0x7c00;
  if (magnitude >= 0x3880_0000) return sign | ((magnitude - 0x3800_0000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  bits[0] = magnitude;
  return sign | toEven(float[0] * 2 ** 24); // below 2^-14: multiples of 2^-24
}

function toEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

const wordsOf = ({ buffer, byteOffset, length }: Float32Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length);

/** What the bits of a half are worth, exactly. */
export function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

// Plain loops: a network has hundreds of millions of weights, and `from` with a function takes thirty times as long.

/** The bits of the nearest halves. */
export function toHalf(values: Float32Array): Uint16Array {
  const words = wordsOf(values);
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < halves.length; i++) halves[i] = nearestHalf(words[i]);
  return halves;
}

let worth: Float32Array | undefined;

/** What halves are worth, exactly. */
export function fromHalf(halves: Uint16Array): Float32Array {
  worth ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => halfValue(half));
  const table = worth;
  const values = new Float32Array(halves.length);
  for (let i = 0; i < values.length; i++) values[i] = table[halves[i]];
  return values;
}

/** What the upper halves of float32 are worth, exactly. */
export function fromBfloat16(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i] << 16;
  return new Float32Array(words.buffer);
}

/** The bits of the nearest bfloat16, to even on a tie; what is not a number stays so. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const words = wordsOf(values);
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < halves.length; i++) {
    const word = words[i];
    const rounded = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
    halves[i] = (word & 0x7fff_ffff) > 0x7f80_0000 ? (word >>> 16) | 0x40 : rounded;
  }
  return halves;
}
