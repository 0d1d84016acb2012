/** The third engine's features: residue types and chains, without anything of atoms, templates or an MSA. */

import type { FeatureContract } from "../../../src/engines/core/engine.ts";
import { id, integer, mask } from "../../../src/engines/core/specs.ts";
import { BadInputError } from "../../../src/errors.ts";
import { int32 } from "../../../src/formats/tensor.ts";
import { assemble } from "../../../src/pipeline/synthetic/assembly.ts";
import { TYPES } from "./network.ts";

export const features: FeatureContract = {
  specs: [integer("residue_type", ["tokens"], 0, TYPES - 1), id("chain", ["tokens"]), mask("present", ["tokens"])],
  checkRelations(tensors) {
    const [types, present] = [tensors.get("residue_type"), tensors.get("present")];
    const at = types && present ? types.data.findIndex((type, token) => type !== 0 && !present.data[token]) : -1;
    if (at >= 0) throw new BadInputError(`residue_type holds ${types?.data[at]} at position ${at}, which is padding`);
  },
  residues: (tensors) => tensors.get("residue_type")?.data,
  options: ["padding"],
  synthetic(options) {
    const { size, tokens } = assemble(options);
    const perToken = (value: (token: number) => number) =>
      int32(
        [size],
        Int32Array.from({ length: size }, (_, token) => (token < tokens.length ? value(token) : 0)),
      );
    return new Map([
      ["residue_type", perToken((token) => tokens[token].aatype)],
      ["chain", perToken((token) => tokens[token].chain)],
      ["present", perToken(() => 1)],
    ]);
  },
};
