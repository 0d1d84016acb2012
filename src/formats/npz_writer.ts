/** Writing `.npz`, which `numpy.load` reads: a zip (fflate) of `.npy` arrays, stored as they are. */
import { type Zippable, zipSync } from "fflate";
import { BadInputError } from "../errors.ts";
import type { HostTensor, TensorMap } from "./tensor.ts";

/** A zip without the extensions for large files ends here. */
const LARGEST = 2 ** 32 - 1;

/** Every array begins at a multiple of this, which lets NumPy map a file. */
const ALIGNMENT = 64;

/** Zip keeps times from 1980 on. The same tensors give the same file. */
const TIME = new Date(1980, 0, 1);

/**
 * Writes tensors under their names, as float32 and int32.
 * @throws {BadInputError} if they take 4 GiB or more
 */
export function writeNpz(tensors: TensorMap): Uint8Array {
  const total = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength + 1024, 0);
  if (total > LARGEST) throw new BadInputError("an npz file holds less than 4 GiB: write safetensors instead");
  const files: Zippable = {};
  for (const [name, tensor] of tensors) files[`${name}.npy`] = [writeNpy(tensor), { level: 0, mtime: TIME }];
  return zipSync(files);
}

/** One array as `.npy`, version 1. */
export function writeNpy({ dtype, shape, data }: HostTensor): Uint8Array {
  const axes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const type = dtype === "float32" ? "<f4" : "<i4";
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': ${axes}, }`;
  const start = Math.ceil((10 + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set([0x93, ...[..."NUMPY"].map((letter) => letter.charCodeAt(0)), 1, 0]);
  new DataView(bytes.buffer).setUint16(8, start - 10, true);
  bytes.set(new TextEncoder().encode(`${dictionary.padEnd(start - 11)}\n`), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}
