// Torch checkpoints, damaged: the archive, the pickle in an archive that is well, or what the pickle says of tensors.
import { checkpoint, floats, pickle, stateDict, tensor } from "./checkpoint.mjs";
import { damagedBytes } from "./mutate.mjs";

/** What a tensor may be said to be. */
const SIZES = [0, 1, 2, 3, 6, 7, 255, 256, 2 ** 31 - 1, 2 ** 31, 2 ** 40, 2 ** 53, -1, -3, 0.5];
const STORAGES = [
  "Float",
  "Half",
  "BFloat16",
  "Double",
  "Long",
  "Int",
  "Short",
  "Char",
  "Byte",
  "Bool",
  "ComplexFloat",
  "None",
];
const NAMES = [
  "os.system",
  "builtins.eval",
  "torch.Size",
  "torch.device",
  "collections.OrderedDict",
  "torch.FloatStorage",
];

/** Some instructions of pickles, to put where they do not belong. */
const INSTRUCTIONS = [..."(.0NRQb}])tu2sael1c"].map((letter) => letter.charCodeAt(0));

/**
 * A checkpoint that is damaged, or is not.
 * @param {(below: number) => number} draw
 * @returns {Uint8Array}
 */
export function damagedCheckpoint(draw) {
  const kind = draw(4);
  const size = (/** @type {number} */ well) => (kind === 3 && draw(6) === 0 ? SIZES[draw(SIZES.length)] : well);
  const one = (/** @type {string} */ key, /** @type {number[]} */ shape, /** @type {number[]} */ strides) =>
    tensor({
      key: kind === 3 && draw(12) === 0 ? ["1", "9", "../x", ""][draw(4)] : key,
      elements: size(6),
      shape: shape.map(size),
      strides: (kind === 3 && draw(12) === 0 ? strides.slice(1) : strides).map(size),
      offset: size(0),
      storage: kind === 3 && draw(8) === 0 ? STORAGES[draw(STORAGES.length)] : "Float",
    });
  const extra = kind === 3 && draw(8) === 0 ? { call: NAMES[draw(NAMES.length)], args: [draw(2) ? "x" : [1]] } : 12000;
  /** @type {[string, any][]} */
  const entries = [
    ["module.a", one("0", [2, 3], [3, 1])],
    ["module.b", one("0", [3, 2], [1, 3])],
    ["module.c", one("1", [], [])],
  ];
  if (kind === 3 && draw(12) === 0) entries.push(entries[draw(3)]);
  const item = new Map([
    ["model", stateDict(entries)],
    ["step", /** @type {any} */ (extra)],
    ["optimizer", /** @type {any} */ (new Map([["lr", 0.5]]))],
  ]);
  const storages = { 0: floats([1, 2, 3, 4, 5, 6]), 1: floats([1, 2, 3, 4, 5, 6]) };
  let data = new Uint8Array(pickle(item));
  if (kind === 1) data = new Uint8Array(damagedBytes(data, draw));
  if (kind === 2) {
    const at = draw(data.length);
    const put = INSTRUCTIONS[draw(INSTRUCTIONS.length)];
    data = Uint8Array.from([...data.slice(0, at), put, ...data.slice(at + draw(2))]);
  }
  const whole = checkpoint(data, storages);
  return kind === 0 ? new Uint8Array(damagedBytes(whole, draw)) : whole;
}
