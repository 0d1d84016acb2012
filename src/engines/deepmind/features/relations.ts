/** What one feature says about another: maps and the order of the MSA must lie inside what they index. */
import { BadInputError } from "../../../errors.ts";
import { shapeText, sizeOf, type TensorMap } from "../../../formats/tensor.ts";
import { SLOTS } from "../../../model/deepmind/sizes.ts";
import { QUERIES, windowsOf } from "../../../pipeline/atom_layout.ts";
import { checkBelow } from "../../core/check.ts";

/**
 * Checks maps and the order of the MSA's rows, as far as they are there. Names, shapes and types have been checked.
 * @throws {BadInputError} naming the tensor, the position, and what was expected
 */
export function checkRelations(tensors: TensorMap): void {
  for (const name of tensors.keys()) if (name.endsWith(":gather_idxs")) checkMap(tensors, name.split(":")[0]);
  const windows = tensors.get("token_atoms_to_queries:gather_idxs")?.shape[0];
  const tokens = tokensOf(tensors);
  if (windows !== undefined && windows !== windowsOf(tokens * SLOTS))
    throw new BadInputError(
      `token_atoms_to_queries has ${windows} windows, expected ${windowsOf(tokens * SLOTS)} for ${tokens} tokens (24 slots each, 32 to a window)`,
    );
  const [order, msa] = [tensors.get("msa_order"), tensors.get("msa")];
  if (order && msa) checkBelow("msa_order", order, msa.shape[0], "rows of the MSA");
}

const tokensOf = (tensors: TensorMap): number =>
  (tensors.get("seq_mask") ?? tensors.get("token_atoms_to_pseudo_beta:gather_idxs"))?.shape[0] ?? 0;

/** The shape of what each map reads. */
function sourceOf(map: string, tensors: TensorMap): readonly number[] {
  const tokens = tokensOf(tensors);
  if (map.startsWith("token_atoms_to")) return [tokens, SLOTS];
  return map.startsWith("queries_to") ? [windowsOf(tokens * SLOTS), QUERIES] : [tokens];
}

function checkMap(tensors: TensorMap, map: string): void {
  const [idxs, stated] = ["gather_idxs", "input_shape"].map((part) => tensors.get(`${map}:${part}`));
  if (!idxs || !stated) return;
  const [source, shape] = [sourceOf(map, tensors), [...stated.data]];
  // The featuriser makes some maps before it pads the tokens: their first axis may be shorter.
  if (
    shape.length !== source.length ||
    shape.some((size, axis) => (axis === 0 ? size > source[0] : size !== source[axis]))
  )
    throw new BadInputError(`${map}:input_shape says ${shapeText(shape)}, expected at most ${shapeText(source)}`);
  checkBelow(`${map}:gather_idxs`, idxs, Math.max(1, sizeOf(shape)), `positions of ${shapeText(shape)}`);
}
