/**
 * Elementary functions out of + − × ÷ and √ alone, which IEEE 754 rounds in one way. `Math.log`, `Math.cos` and `Math.atan` may differ
 * in the last bit between engines, and what is made from a seed must be the same bytes in Node, in every browser and in Python.
 */

/** Powers beyond these add less than half a unit in the last place of a double. */
const TERMS = 12;
const inverseOdd = Float64Array.from({ length: TERMS }, (_, k) => 1 / (2 * k + 1));

/** x + x³/3 + x⁵/5 + …: the inverse hyperbolic tangent for |x| < 0.18. */
function inverseTanh(x: number): number {
  const square = x * x;
  let sum = 0;
  for (let k = TERMS - 1; k >= 0; k--) sum = sum * square + inverseOdd[k];
  return sum * x;
}

/** The natural logarithm of (word + ½) / 2³² for a 32-bit word: always below zero. */
export function lnOfWord(word: number): number {
  let bits = 32 - Math.clz32(word);
  let mantissa = (word + 0.5) / 2 ** bits; // exact: a division by a power of two
  if (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    bits--;
  }
  return (bits - 32) * Math.LN2 + 2 * inverseTanh((mantissa - 1) / (mantissa + 1));
}

/** Cosine and sine of 2π(word + ½) / 2³² for a 32-bit word: Taylor's series within a quarter of the circle. */
export function circleOfWord(word: number): readonly [cos: number, sin: number] {
  const quarter = word >>> 30;
  const angle = (((word & 0x3fffffff) + 0.5) / 2 ** 30) * (Math.PI / 2);
  const square = angle * angle;
  let [cos, sin] = [1, 1];
  for (let k = TERMS - 1; k >= 1; k--) {
    cos = 1 - (square / ((2 * k - 1) * 2 * k)) * cos;
    sin = 1 - (square / (2 * k * (2 * k + 1))) * sin;
  }
  sin *= angle;
  if (quarter === 0) return [cos, sin];
  if (quarter === 1) return [-sin, cos];
  return quarter === 2 ? [-cos, -sin] : [sin, -cos];
}

/** The arc tangent of a value from zero up: halved three times, then x − x³/3 + x⁵/5 − …. */
export function arcTangent(value: number): number {
  let x = value;
  for (let halving = 0; halving < 3; halving++) x = x / (1 + Math.sqrt(1 + x * x));
  const square = x * x;
  let sum = 0;
  for (let k = TERMS - 1; k >= 0; k--) sum = inverseOdd[k] - sum * square;
  return 8 * sum * x;
}
