/** The third engine's layer as a component of its own; `mixing` for short. */

import type { Component, ConfiguredComponent, Sizes } from "../../../src/engines/core/component.ts";
import { checkTokens, readNoting, width } from "../../../src/engines/core/config_checks.ts";
import { floatsOf } from "../../../src/engines/core/inputs.ts";
import { padRows, unpadRows } from "../../../src/engines/core/padding.ts";
import { RandomStream } from "../../../src/formats/random.ts";
import { float32 } from "../../../src/formats/tensor.ts";
import { WeightReader } from "../../../src/model/linear.ts";
import { padded } from "../../../src/model/projection.ts";
import { mixed, mixingWeights, transition } from "./network.ts";

export const mixer: Component = {
  engine: "third",
  name: "mixing_layer",
  shortName: "mixing",
  inputs: [{ name: "state", shape: ["tokens", "width"] }],
  outputs: [{ name: "state", shape: ["tokens", "width"] }],
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => ({
      width: width(reader, "width", sizes),
      factor: reader.integer("factor", 4) as number,
    }));
    return configured(config, checkTokens(sizes));
  },
};

function configured({ width: c, factor }: { width: number; factor: number }, tokens: number): ConfiguredComponent {
  const sizes: Sizes = { tokens, width: c };
  const declaring = new WeightReader();
  mixingWeights(declaring, c, factor);
  return {
    component: mixer,
    sizes,
    weights: declaring.declared,
    record(plan, source) {
      const state = plan.input("state", [tokens, padded(c)]);
      transition(plan, state, mixingWeights(new WeightReader(source), c, factor));
      const out = plan.output("state", state);
      return {
        toDevice: (inputs) => new Map([[state, padRows(floatsOf(inputs, "state"), c)]]),
        fromDevice: (outputs) => new Map([["state", float32([tokens, c], unpadRows(outputs.get(out), c))]]),
      };
    },
    randomInputs: (seed) =>
      new Map([["state", float32([tokens, c], new RandomStream(seed, "state").normal(tokens * c, 1))]]),
    reference(inputs, source) {
      const weights = mixingWeights(new WeightReader(source), c, factor);
      const state = floatsOf(inputs, "state");
      const rows = Array.from({ length: tokens }, (_, token) => [...state.subarray(token * c, (token + 1) * c)]);
      return new Map([["state", Float64Array.from(rows.flatMap((row) => mixed(row, weights)))]]);
    },
  };
}
