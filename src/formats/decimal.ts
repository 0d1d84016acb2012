/** Numbers as text in the way of C's `printf` and of Python, whose files are compared with ours digit by digit. */

/** Of two whole numbers at the same distance the even one, as IEEE 754 and NumPy round. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** A number rounded as `numpy.round(value, digits)` does: the product is rounded, and not the number's exact value. */
export const numpyRound = (value: number, digits: number): number => {
  const power = 10 ** digits;
  return roundHalfEven(value * power) / power;
};

/**
 * A number with a fixed count of digits behind the point, as `printf("%.*f")` writes it: the exact value is rounded, ties to the even digit,
 * and a negative zero keeps its sign.
 */
export function fixed(value: number, digits: number): string {
  // A number halfway between two texts is a whole multiple of 2^-(digits + 1): its products are exact.
  const scaled = value * 10 ** digits;
  const tie = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(scaled % 1) === 0.5;
  const text = (tie ? roundHalfEven(scaled) / 10 ** digits : value).toFixed(digits);
  return Object.is(value, -0) || (value < 0 && text[0] !== "-") ? `-${text}` : text;
}

/** Python's `repr` of a float: the shortest text that reads back as the same number, with a point or an exponent. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split("e");
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  }
  const text = String(value);
  if (text.includes("e")) return value.toFixed(20).replace(/0+$/, "");
  return text.includes(".") ? text : `${text}.0`;
}

/** The sum of numbers in NumPy's order, by which it depends on nothing but them: pairs of halves, of at most 128 in eight strands. */
export function numpySum(values: ArrayLike<number>, from = 0, to = values.length): number {
  const count = to - from;
  if (count < 8) {
    let sum = 0;
    for (let at = from; at < to; at++) sum += values[at];
    return sum;
  }
  if (count > 128) {
    const half = Math.floor(count / 2);
    const middle = from + half - (half % 8);
    return numpySum(values, from, middle) + numpySum(values, middle, to);
  }
  let [r0, r1, r2, r3] = [values[from], values[from + 1], values[from + 2], values[from + 3]];
  let [r4, r5, r6, r7] = [values[from + 4], values[from + 5], values[from + 6], values[from + 7]];
  const whole = from + count - (count % 8);
  for (let at = from + 8; at < whole; at += 8) {
    r0 += values[at];
    r1 += values[at + 1];
    r2 += values[at + 2];
    r3 += values[at + 3];
    r4 += values[at + 4];
    r5 += values[at + 5];
    r6 += values[at + 6];
    r7 += values[at + 7];
  }
  let sum = r0 + r1 + (r2 + r3) + (r4 + r5 + (r6 + r7));
  for (let at = whole; at < to; at++) sum += values[at];
  return sum;
}
