/** Tensors that a component or a network reads from a file, by its inputs' names; whatever else the file holds is left alone. */
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { Npz } from "../../formats/npz.ts";
import { SafeTensors } from "../../formats/safetensors.ts";
import type { HostTensor } from "../../formats/tensor.ts";
import { listed } from "./check.ts";
import type { TensorSpec } from "./component.ts";

/** Opens safetensors or NumPy's `.npz`, by what the file begins with or else its name. @throws {BadInputError} if it is malformed */
export function openTensorFile(bytes: Uint8Array, path: string): SafeTensors | Npz {
  const zipped = bytes[0] === 0x50 && bytes[1] === 0x4b; // "PK"
  return zipped || /\.npz$/i.test(path) ? new Npz(bytes, path) : new SafeTensors(bytes, path);
}

/**
 * Reads those tensors that are there under the names of inputs.
 * @param note is told of the others, of whatever type they are
 * @throws {BadInputError} naming file, tensor, its type and what was expected, if one has another type
 */
export function readInputs(file: SafeTensors | Npz, specs: readonly TensorSpec[], note: Note): Map<string, HostTensor> {
  const known = specs.filter(({ name }) => file.has(name));
  const read = new Set(known.map(({ name }) => name));
  const unread = file.names.filter((name) => !read.has(name));
  if (unread.length) note(`ignored: inputs ${listed(unread)}`);
  return new Map(known.map((spec) => [spec.name, file instanceof Npz ? fromNpz(file, spec) : fromSafe(file, spec)]));
}

/** What safetensors calls the types that an input may have. */
const typesOf = ({ kind }: TensorSpec): readonly string[] =>
  kind === "mask" ? ["F32", "I32"] : [kind === "integer" ? "I32" : "F32"];
const TYPES: Readonly<Record<string, string>> = { F32: "float32 (F32)", I32: "int32 (I32)" };

function fromSafe(file: SafeTensors, spec: TensorSpec): HostTensor {
  const { name } = spec;
  const dtype = file.describe(name)?.dtype ?? "";
  const types = typesOf(spec);
  if (!types.includes(dtype))
    throw new BadInputError(
      `${file.file}: the input ${name} has type ${dtype}, expected ${types.map((type) => TYPES[type]).join(" or ")}`,
    );
  return file.read(name);
}

/** NumPy's pipelines keep some real-valued features as integers or truth values. */
function fromNpz(file: Npz, { name, kind }: TensorSpec): HostTensor {
  const tensor = file.read(name);
  if (kind !== undefined || tensor.dtype !== "int32") return tensor;
  return { dtype: "float32", shape: tensor.shape, data: Float32Array.from(tensor.data) };
}

/** Names the file in errors about what it holds. @throws {BadInputError} of `check`, with the file in front */
export function ofFile<T>(file: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof BadInputError) throw new BadInputError(`${file}: ${error.message}`);
    throw error;
  }
}
