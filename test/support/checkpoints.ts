/** Small torch checkpoints, made and read. */
import { checkpoint, floats, type Item, pickle, stateDict, tensor } from "../../scripts/fuzz/checkpoint.mjs";
import { sourceOf } from "../../src/formats/byte_source.ts";
import { TorchCheckpoint } from "../../src/formats/torch_checkpoint.ts";
import { torchValues } from "../../src/formats/torch_types.ts";

/** Opens a checkpoint in memory. */
export const open = (bytes: Uint8Array, entry?: string) => TorchCheckpoint.open(sourceOf(bytes), "model.pt", entry);

/** All tensors of a checkpoint. */
export async function read(bytes: Uint8Array, entry?: string) {
  const opened = await open(bytes, entry);
  const found: Record<string, { shape: readonly number[]; data: number[] }> = {};
  for (const [name, { type, shape }] of opened.tensors) {
    const { data } = torchValues(type, shape, await opened.bytes(name), name);
    found[name] = { shape, data: [...data] };
  }
  return found;
}

/** A state_dict with one entry, called `a`. */
export const one = (item: Item): Item => stateDict([["a", item]]);
/** Two rows of three, and their storage. */
export const six = tensor({ key: "0", elements: 6, shape: [2, 3] });
export const data = { 0: floats([1, 2, 3, 4, 5, 6]) };
/** A checkpoint of a value. */
export const made = (item: Item, storages: Record<string, Uint8Array> = data) => checkpoint(pickle(item), storages);
