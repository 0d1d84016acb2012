// Writes torch checkpoints as torch.save does, or nearly so: a pickle of protocol 2 that describes tensors, and their storages.
import { crc32 } from "node:zlib";

/** @typedef {{ global: string } | { call: string, args: readonly Item[] } | { tuple: readonly Item[] } | { id: readonly Item[] } | { build: [Item, Item] } | { raw: Uint8Array }} Special */
/** @typedef {null | boolean | number | string | readonly any[] | Map<any, any> | Special} Item */

const text = (/** @type {string} */ value) => Buffer.from(value, "utf8");
const word = (/** @type {number} */ value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

/** The instructions that make a value. @param {Item} item @returns {Buffer} */
function instructions(item) {
  if (item === null) return text("N");
  if (item === true) return Buffer.of(0x88);
  if (item === false) return Buffer.of(0x89);
  if (typeof item === "string") return Buffer.concat([text("X"), word(text(item).length), text(item)]);
  if (typeof item === "number") {
    if (Number.isInteger(item) && item >= 0 && item < 256) return Buffer.of(0x4b, item);
    if (Number.isInteger(item) && Math.abs(item) < 2 ** 31) return Buffer.concat([text("J"), word(item)]);
    if (Number.isInteger(item)) {
      const long = Buffer.alloc(8);
      long.writeBigInt64LE(BigInt(item));
      return Buffer.concat([Buffer.of(0x8a, 8), long]);
    }
    const double = Buffer.alloc(8);
    double.writeDoubleBE(item);
    return Buffer.concat([text("G"), double]);
  }
  if (Array.isArray(item)) return Buffer.concat([text("]("), ...item.map(instructions), text("e")]);
  if (item instanceof Map)
    return Buffer.concat([
      text("}("),
      ...[...item].flatMap(([key, value]) => [instructions(key), instructions(value)]),
      text("u"),
    ]);
  const special = /** @type {any} */ (item);
  if (special.raw) return Buffer.from(special.raw);
  if (special.global) {
    const at = special.global.lastIndexOf(".");
    return text(`c${special.global.slice(0, at)}\n${special.global.slice(at + 1)}\n`);
  }
  if (special.call)
    return Buffer.concat([instructions({ global: special.call }), instructions({ tuple: special.args }), text("R")]);
  if (special.tuple) return Buffer.concat([text("("), ...special.tuple.map(instructions), text("t")]);
  if (special.id) return Buffer.concat([instructions({ tuple: special.id }), text("Q")]);
  return Buffer.concat([instructions(special.build[0]), instructions(special.build[1]), text("b")]);
}

/** A pickle of one value. @param {Item} item @returns {Buffer} */
export const pickle = (item) => Buffer.concat([Buffer.of(0x80, 2), instructions(item), text(".")]);

/** An OrderedDict with its metadata, as a state_dict is. @param {Iterable<[any, any]>} entries @returns {Item} */
export const stateDict = (entries) => ({
  build: [
    {
      raw: Buffer.concat([
        instructions({ call: "collections.OrderedDict", args: [] }),
        text("("),
        ...[...entries].flatMap(([key, value]) => [instructions(key), instructions(value)]),
        text("u"),
      ]),
    },
    new Map([["_metadata", { call: "collections.OrderedDict", args: [] }]]),
  ],
});

/**
 * A tensor that is a view of a storage.
 * @param {{ key: string, elements: number, shape: readonly number[], strides?: readonly number[], offset?: number, storage?: string }} view
 * @returns {Item}
 */
export function tensor({ key, elements, shape, strides, offset = 0, storage = "Float" }) {
  const dense = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  return {
    call: "torch._utils._rebuild_tensor_v2",
    args: [
      { id: ["storage", { global: `torch.${storage}Storage` }, key, "cpu", elements] },
      offset,
      { tuple: shape },
      { tuple: strides ?? dense },
      false,
      { call: "collections.OrderedDict", args: [] },
    ],
  };
}

/** @param {readonly [number, number][]} values of 2, 4 or 8 bytes */
function fields(values) {
  const bytes = Buffer.alloc(values.reduce((sum, [size]) => sum + size, 0));
  let at = 0;
  for (const [size, value] of values) {
    if (size === 8) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUIntLE(value, at, size);
    at += size;
  }
  return bytes;
}

/**
 * The archive. Members begin at multiples of 64, as torch has them.
 * @param {Uint8Array} data the pickle
 * @param {Readonly<Record<string, Uint8Array>>} storages by their keys
 * @param {Readonly<Record<string, Uint8Array>>} [others] members besides
 * @returns {Uint8Array}
 */
export function checkpoint(data, storages = {}, others = {}) {
  const members = Object.entries({
    "archive/data.pkl": data,
    "archive/byteorder": text("little"),
    ...Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes])),
    "archive/version": text("3\n"),
    ...others,
  });
  /** @type {[parts: Buffer[], directory: Buffer[]]} */
  const [parts, directory] = [[], []];
  let at = 0;
  for (const [name, content] of members) {
    const crc = crc32(content);
    const used = at + 30 + text(name).length + 4;
    const padding = (64 - (used % 64)) % 64;
    const extra = Buffer.concat([text("FB"), fields([[2, padding]]), Buffer.alloc(padding, "Z")]);
    const shared = /** @type {[number, number][]} */ ([
      [2, 0],
      [2, 0],
      [4, 0],
      [4, crc],
      [4, content.length],
      [4, content.length],
      [2, text(name).length],
    ]);
    const local = Buffer.concat([
      fields([[4, 0x04034b50], [2, 0], ...shared, [2, extra.length]]),
      text(name),
      extra,
      content,
    ]);
    directory.push(
      Buffer.concat([
        fields([[4, 0x02014b50], [2, 0], [2, 0], ...shared, [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, at]]),
        text(name),
      ]),
    );
    parts.push(local);
    at += local.length;
  }
  const list = Buffer.concat(directory);
  const end = fields([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, members.length],
    [2, members.length],
    [4, list.length],
    [4, at],
    [2, 0],
  ]);
  return new Uint8Array(Buffer.concat([...parts, list, end]));
}

/** Little-endian float32. @param {readonly number[]} values */
export const floats = (values) => new Uint8Array(Float32Array.from(values).buffer);
