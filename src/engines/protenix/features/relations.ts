/** What one feature says about another: atoms belong to tokens that there are, orders to rows, and every token has its atoms. */
import { BadInputError } from "../../../errors.ts";
import type { HostTensor, TensorMap } from "../../../formats/tensor.ts";
import { checkBelow } from "../../core/check.ts";
import { templateFeatures } from "./specs.ts";

/**
 * Checks the atoms, the order of the MSA's rows and the templates, as far as they are there. Names, shapes and types have been checked.
 * @throws {BadInputError} naming the tensor, the position, and what was expected
 */
export function checkRelations(tensors: TensorMap): void {
  const [toToken, tokens] = [tensors.get("atom_to_token_idx"), tensors.get("asym_id")?.shape[0]];
  if (toToken && tokens !== undefined) checkAtoms(toToken, tokens, tensors.get("distogram_rep_atom_mask"));
  const [order, msa] = [tensors.get("msa_order"), tensors.get("msa")];
  if (order && msa) checkOrder(order, msa.shape[0]);
  checkTemplates(tensors);
}

/** @param standing which atoms stand for their token */
function checkAtoms(toToken: HostTensor, tokens: number, standing: HostTensor | undefined): void {
  checkBelow("atom_to_token_idx", toToken, tokens, "tokens");
  const [owned, represented] = [new Int32Array(tokens), new Int32Array(tokens)];
  toToken.data.forEach((token, atom) => {
    owned[token]++;
    represented[token] += standing?.data[atom] ?? 0;
  });
  const bare = owned.indexOf(0);
  if (bare >= 0) throw new BadInputError(`atom_to_token_idx has no atom of token ${bare}; every token needs one`);
  const wrong = standing ? represented.findIndex((count) => count !== 1) : -1;
  if (wrong >= 0)
    throw new BadInputError(
      `distogram_rep_atom_mask has ${represented[wrong]} atoms of token ${wrong}; one should stand for each token`,
    );
}

function checkOrder(order: HostTensor, rows: number): void {
  const [cycles, chosen] = order.shape;
  checkBelow(
    "msa_order",
    { ...order, data: order.data.filter((row) => row >= 0) as Int32Array },
    rows,
    "rows of the MSA",
  );
  for (let cycle = 0; cycle < cycles; cycle++) {
    const own = order.data.subarray(cycle * chosen, (cycle + 1) * chosen);
    const count = chosenRows(own).length;
    if (count === 0) throw new BadInputError(`msa_order chooses no row for cycle ${cycle}; every cycle needs one`);
    const late = own.subarray(count).findIndex((row) => row >= 0);
    if (late >= 0)
      throw new BadInputError(
        `msa_order holds ${own[count + late]} at position ${cycle * chosen + count + late} behind a -1, which ends the rows of a cycle`,
      );
  }
}

/** The rows of one cycle, without the −1 behind them. */
export function chosenRows<Order extends Int32Array | Float32Array>(order: Order): Order {
  const end = order.indexOf(-1);
  return (end < 0 ? order : order.subarray(0, end)) as Order;
}

/** Templates come as a whole or not at all, and in at least one slot. */
function checkTemplates(tensors: TensorMap): void {
  const [there, missing] = [true, false].map((is) => templateFeatures.filter(({ name }) => tensors.has(name) === is));
  // A component may take fewer of them; where the first is there, the others belong to it.
  if (there.length && missing.length)
    throw new BadInputError(`${there[0].name} is there, but ${missing[0].name} is not: templates need all of them`);
  if (tensors.get(templateFeatures[0].name)?.shape[0] === 0)
    throw new BadInputError("template_aatype has no slot: leave the templates out, and four empty slots are taken");
}
