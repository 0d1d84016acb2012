/** The order of the MSA's rows, which Protenix draws anew for each cycle. */
import type { Note } from "../../../formats/config.ts";
import { RandomStream } from "../../../formats/random.ts";
import { int32, type TensorMap } from "../../../formats/tensor.ts";
import { counted } from "../../../words.ts";
import type { MsaPasses } from "../../core/engine.ts";

/**
 * Which rows each cycle takes: all of them as they stand, where a cycle takes so many; else some of them, shuffled.
 * @returns [cycles, the lesser of rows and `numMsa`]
 */
export function msaOrder(rows: number, { passes, numMsa, seed }: MsaPasses): Int32Array {
  const chosen = Math.min(rows, numMsa);
  const order = new Int32Array(passes * chosen);
  for (let pass = 0; pass < passes; pass++) {
    const own = Array.from({ length: rows }, (_, row) => row);
    if (chosen < rows) {
      const stream = new RandomStream(seed, `msa_order/${pass}`);
      own.sort((a, b) => stream.word(a) - stream.word(b)); // a stream's words are all different
    }
    order.set(own.slice(0, chosen), pass * chosen);
  }
  return order;
}

/** Features with an order of the MSA's rows, if they have none but an MSA. */
export function withOrder(features: TensorMap, passes: MsaPasses, note: Note): TensorMap {
  const msa = features.get("msa");
  if (features.has("msa_order") || msa?.shape.length !== 2 || msa.shape[0] === 0) return features;
  const [rows] = msa.shape;
  const chosen = Math.min(rows, passes.numMsa);
  if (chosen < rows)
    note(
      `msa_order is made from the seed ${passes.seed}: ${counted(passes.passes, "pass", "passes")} of ${counted(chosen, "row")}`,
    );
  return new Map([...features, ["msa_order", int32([passes.passes, chosen], msaOrder(rows, passes))]]);
}
