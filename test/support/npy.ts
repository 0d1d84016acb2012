/** Makes `.npy` files, well-formed or not. */
import { concat } from "./records.ts";

/** A `.npy` with this header and this many bytes of data. */
export function npy(header: string, data: Uint8Array, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return concat(Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), version, 0, ...length), text, data);
}
export const header = (descr: string, shape = "2,", order = "False"): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`;
export const bytesOf = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
