/** MessagePack, written: enough to make BinaryCIF files for tests. */

type Value = null | boolean | number | string | Uint8Array | readonly Value[] | { readonly [name: string]: Value };

const big = (code: number, value: number): number[] => [
  code,
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];

function bytesOf(value: Value): number[] {
  if (value === null) return [0xc0];
  if (typeof value === "boolean") return [value ? 0xc3 : 0xc2];
  if (typeof value === "number") {
    if (Number.isInteger(value) && value >= 0 && value < 128) return [value];
    if (Number.isInteger(value)) return big(0xd2, value);
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    return [0xcb, ...new Uint8Array(view.buffer)];
  }
  if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    return [...(bytes.length < 32 ? [0xa0 | bytes.length] : big(0xdb, bytes.length)), ...bytes];
  }
  if (value instanceof Uint8Array) return [...big(0xc6, value.length), ...value];
  if (Array.isArray(value))
    return [...(value.length < 16 ? [0x90 | value.length] : big(0xdd, value.length)), ...value.flatMap(bytesOf)];
  const entries = Object.entries(value as { [name: string]: Value });
  return [0x80 | entries.length, ...entries.flatMap(([name, item]) => [...bytesOf(name), ...bytesOf(item)])];
}

export const packMessage = (value: Value): Uint8Array => Uint8Array.from(bytesOf(value));
