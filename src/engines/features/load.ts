/** Features from a file: every name, shape, type and value is checked before anything runs. */
import { BadInputError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import type { Files } from "../../formats/files.ts";
import { readNpz } from "../../formats/npz.ts";
import { SafeTensors } from "../../formats/safetensors.ts";
import { type HostTensor, int32, type TensorMap } from "../../formats/tensor.ts";
import { checkInputs, listed, sizesOfInputs } from "../core/check.ts";
import type { EngineName, Sizes, TensorSpec } from "../core/component.ts";
import { msaOrder } from "./msa.ts";
import { checkRelations } from "./relations.ts";
import { engineFeatures } from "./specs.ts";

/** Features of a fold: what was given, and the sizes that follow from it. */
export interface Features {
  readonly engine: EngineName;
  /** Known tensors only: the features, and recorded noise if there is any. */
  readonly tensors: TensorMap;
  /** `tokens`, `rows`, …: the sizes by the names that the specifications use. */
  readonly sizes: Sizes;
  /** Whether the sampler's noise came along. */
  readonly noise: boolean;
}

/**
 * Checks features by name, shape, type and value, and that indices lie inside what they index.
 * @param note is told of tensors that nobody reads
 * @throws {BadInputError} with all missing names, or the first wrong tensor
 */
export function checkFeatures(engine: EngineName, given: TensorMap, note: Note): Features {
  const { features, noise } = engineFeatures[engine];
  const withNoise = noise.some(({ name }) => given.has(name));
  const inputs = withNoise ? [...features, ...noise] : features;
  const missing = inputs.filter(({ name }) => !given.has(name)).map(({ name }) => name);
  if (missing.length) throw new BadInputError(`${engine}'s features lack ${listed(missing)}`);
  const sizes = sizesOfInputs({ inputs }, given);
  checkInputs({ inputs }, given, note);
  const tensors = new Map(inputs.map(({ name }) => [name, given.get(name) as HostTensor]));
  checkRelations(engine, tensors);
  return { engine, tensors, sizes, noise: withNoise };
}

/** How many passes deepmind's trunk makes, and how many rows of the MSA each uses. */
export interface MsaPasses {
  readonly passes: number;
  readonly numMsa: number;
  readonly seed: number;
}

/** The engine's own counts: ten recycles, 1024 rows. */
const OWN_PASSES: MsaPasses = { passes: 11, numMsa: 1024, seed: 0 };

/**
 * Reads features from safetensors or NumPy's `.npz`. deepmind's pipeline leaves the order of the MSA's rows to the network; where a
 * file has none, it is made from a seed.
 * @param passes what that order is for
 * @throws {BadInputError} naming the file, the tensor and what was expected
 */
export async function loadFeatures(
  files: Pick<Files, "read">,
  path: string,
  engine: EngineName,
  note: Note,
  passes: MsaPasses = OWN_PASSES,
): Promise<Features> {
  const { features, noise } = engineFeatures[engine];
  const given = readTensors(await files.read(path), path, [...features, ...noise], note);
  try {
    return checkFeatures(engine, engine === "deepmind" ? withOrder(given, passes, note) : given, note);
  } catch (error) {
    if (error instanceof BadInputError) throw new BadInputError(`${path}: ${error.message}`);
    throw error;
  }
}

/** deepmind's features with an order of the MSA's rows, if they have none but a mask to make it of. */
function withOrder(given: TensorMap, { passes, numMsa, seed }: MsaPasses, note: Note): TensorMap {
  const mask = given.get("msa_mask");
  if (given.has("msa_order") || mask?.shape.length !== 2) return given;
  const [rows, tokens] = mask.shape;
  if (rows * tokens === 0) return given; // refused by the check, with its name
  const used = Array.from({ length: rows }, (_, row) => {
    return mask.data.subarray(row * tokens, (row + 1) * tokens).some((value) => value !== 0);
  });
  note(`msa_order is made from the seed ${seed}: ${passes} passes with ${numMsa} rows each`);
  const order = int32([passes, numMsa], msaOrder(used, passes, numMsa, seed));
  return new Map([...given, ["msa_order", order]]);
}

function readTensors(bytes: Uint8Array, path: string, specs: readonly TensorSpec[], note: Note): TensorMap {
  const zipped = bytes[0] === 0x50 && bytes[1] === 0x4b; // "PK"
  if (zipped || /\.npz$/i.test(path)) return numbers(readNpz(bytes, path), specs);
  const file = new SafeTensors(bytes, path);
  const known = specs.map(({ name }) => name).filter((name) => file.has(name));
  const unread = file.names.filter((name) => !known.includes(name));
  if (unread.length) note(`ignored: inputs ${listed(unread)}`);
  return new Map(known.map((name) => [name, file.read(name)]));
}

/** NumPy's pipelines keep some real-valued features as integers or truth values. */
function numbers(tensors: TensorMap, specs: readonly TensorSpec[]): TensorMap {
  const real = new Set(specs.filter(({ kind }) => kind === undefined).map(({ name }) => name));
  return new Map(
    [...tensors].map(([name, tensor]) =>
      real.has(name) && tensor.dtype === "int32"
        ? [name, { dtype: "float32", shape: tensor.shape, data: Float32Array.from(tensor.data) }]
        : [name, tensor],
    ),
  );
}
