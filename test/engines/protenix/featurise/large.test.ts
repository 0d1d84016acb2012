/** Jobs that are larger than their features could be. */
import { expect, it } from "vitest";
import { featuriseInput } from "../../../../src/engines/core/featurise.ts";
import { findEngine } from "../../../../src/engines/index.ts";

it("more tokens than a matrix of their bonds has room for are refused", async () => {
  const text = JSON.stringify([
    { name: "x", sequences: [{ proteinChain: { sequence: "A".repeat(10), count: 2400 } }] },
  ]);
  const made = featuriseInput(findEngine("protenix"), text, { file: "x.json" }, {});
  await expect(made).rejects.toThrow("token_bonds [24000, 24000] would not fit into memory");
});
