/** What one feature says about another: atoms fill windows, and belong to tokens that there are. */
import { BadInputError } from "../../../errors.ts";
import type { TensorMap } from "../../../formats/tensor.ts";
import { QUERIES } from "../../../pipeline/atom_layout.ts";
import { checkBelow } from "../../core/check.ts";

/**
 * Checks the atoms, as far as they are there. Names, shapes and types have been checked.
 * @throws {BadInputError} naming the tensor, the position, and what was expected
 */
export function checkRelations(tensors: TensorMap): void {
  const [toToken, tokens] = [tensors.get("atom_to_token"), tensors.get("token_mask")?.shape[0]];
  if (!toToken || tokens === undefined) return;
  const [atoms] = toToken.shape;
  if (atoms < QUERIES || atoms % QUERIES !== 0)
    throw new BadInputError(`there are ${atoms} atoms, expected a multiple of ${QUERIES}: pad them with masked ones`);
  checkBelow("atom_to_token", toToken, tokens, "tokens");
}
