/** How many stored values are NaN or infinite, whatever floating-point type they are stored in. */

/** Which bits of a little-endian word are the exponent, which are all ones in NaN and infinity. */
interface Exponent {
  readonly bytes: 1 | 2 | 4;
  /** Every how many words one value begins, and which word of it has the exponent. */
  readonly words: number;
  readonly word: number;
  readonly mask: number;
}

/** The types of safetensors that have values which are not finite. */
const EXPONENTS: ReadonlyMap<string, Exponent> = new Map([
  ["F64", { bytes: 4, words: 2, word: 1, mask: 0x7ff00000 }],
  ["F32", { bytes: 4, words: 1, word: 0, mask: 0x7f800000 }],
  ["C64", { bytes: 4, words: 1, word: 0, mask: 0x7f800000 }],
  ["F16", { bytes: 2, words: 1, word: 0, mask: 0x7c00 }],
  ["BF16", { bytes: 2, words: 1, word: 0, mask: 0x7f80 }],
  ["F8_E5M2", { bytes: 1, words: 1, word: 0, mask: 0x7c }],
  ["F8_E4M3", { bytes: 1, words: 1, word: 0, mask: 0x7f }], // has no infinity, and NaN only where all bits are ones
]);

/**
 * Counts NaN and infinities; each part of a complex number counts.
 * @param bytes little-endian values
 * @param dtype their type as safetensors calls it; types that cannot hold such values, or that nobody knows, have none
 */
export function countNonFinite(bytes: Uint8Array, dtype: string): number {
  const exponent = EXPONENTS.get(dtype);
  if (!exponent) return 0;
  const { bytes: size, words, word, mask } = exponent;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = (at: number): number =>
    size === 4 ? view.getUint32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at);
  let count = 0;
  for (let at = word * size; at + size <= bytes.length; at += words * size) if ((read(at) & mask) === mask) count++;
  return count;
}
