/** The order of the MSA's rows, which deepmind's pipeline leaves to the network's own random numbers. */
import type { Note } from "../../../formats/config.ts";
import { RandomStream } from "../../../formats/random.ts";
import { int32, type TensorMap } from "../../../formats/tensor.ts";
import { counted } from "../../../words.ts";
import type { MsaPasses } from "../../core/engine.ts";

/**
 * Which rows each pass through the trunk uses: all rows shuffled, those with any unmasked position first, the first `numMsa` of
 * them; where there are fewer the last one repeats, as an index that JAX clamps does (trap T19).
 * @param used [rows] whether a row has any unmasked position
 * @returns [passes, numMsa]
 */
export function msaOrder(used: ArrayLike<number | boolean>, passes: number, numMsa: number, seed: number): Int32Array {
  const order = new Int32Array(passes * numMsa);
  for (let pass = 0; pass < passes; pass++) {
    const stream = new RandomStream(seed, `msa_order/${pass}`);
    const rank = (row: number): number => stream.word(row) + (used[row] ? 0 : 2 ** 32); // a stream's words are all different
    const rows = Array.from({ length: used.length }, (_, row) => row).sort((a, b) => rank(a) - rank(b));
    for (let i = 0; i < numMsa; i++) order[pass * numMsa + i] = rows[Math.min(i, rows.length - 1)];
  }
  return order;
}

/** What has a row for each of the MSA's. */
const ROWS = ["msa", "msa_mask", "deletion_matrix"];

/**
 * An MSA with at least as many rows as a pass uses, masked ones behind its own: the pipeline pads to 16384, and files hold the real rows alone.
 * Rows drawn from fewer would repeat the last one.
 */
function padded(given: TensorMap, least: number): TensorMap {
  const tensors = new Map(given);
  for (const name of ROWS) {
    const tensor = given.get(name);
    if (tensor?.shape.length !== 2 || tensor.shape[0] >= least) continue;
    const shape = [least, tensor.shape[1]];
    const length = least * tensor.shape[1];
    const data = tensor.dtype === "int32" ? new Int32Array(length) : new Float32Array(length);
    data.set(tensor.data);
    tensors.set(name, { dtype: tensor.dtype, shape, data });
  }
  return tensors;
}

/** Features with an order of the MSA's rows, if they have none but a mask to make it of. */
export function withOrder(features: TensorMap, { passes, numMsa, seed }: MsaPasses, note: Note): TensorMap {
  const unordered = features.get("msa_mask");
  if (features.has("msa_order") || unordered?.shape.length !== 2) return features;
  const given = padded(features, unordered.shape[0] * unordered.shape[1] === 0 ? 0 : numMsa);
  const mask = given.get("msa_mask");
  if (mask?.shape.length !== 2) return given;
  const [rows, tokens] = mask.shape;
  if (rows * tokens === 0) return given; // refused by the check, with its name
  const used = Array.from({ length: rows }, (_, row) => {
    return mask.data.subarray(row * tokens, (row + 1) * tokens).some((value) => value !== 0);
  });
  note(`msa_order is made from the seed ${seed}: ${counted(passes, "pass", "passes")} of ${counted(numMsa, "row")}`);
  const order = int32([passes, numMsa], msaOrder(used, passes, numMsa, seed));
  return new Map([...given, ["msa_order", order]]);
}
