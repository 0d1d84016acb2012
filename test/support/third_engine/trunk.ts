/** The third engine's whole network: it reads features, and counts trips. */

import type { Component, ConfiguredComponent } from "../../../src/engines/core/component.ts";
import { checkTokens, readNoting } from "../../../src/engines/core/config_checks.ts";
import { dataOf } from "../../../src/engines/core/inputs.ts";
import { padRows, unpadRows } from "../../../src/engines/core/padding.ts";
import { syntheticInputs } from "../../../src/engines/core/random_inputs.ts";
import { float32, type HostTensor, type TensorMap } from "../../../src/formats/tensor.ts";
import { WeightReader } from "../../../src/model/linear.ts";
import { padded } from "../../../src/model/projection.ts";
import { features } from "./features.ts";
import { embed, embedded, embedding, mixed, mixingWeights, TYPES, transition } from "./network.ts";

interface Config {
  readonly width: number;
  readonly factor: number;
  /** How often the layer is applied. */
  readonly trips: number;
}

export const trunk: Component = {
  engine: "third",
  name: "trunk",
  inputs: features.specs,
  outputs: [{ name: "state", shape: ["tokens", "width"] }],
  readsFeatures: true,
  counts: { recycles: { path: ["trips"], toConfig: (recycles) => recycles + 1, least: 0 } },
  trips: "trips",
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => ({
      width: reader.integer("width", 96) as number,
      factor: reader.integer("factor", 4) as number,
      trips: reader.integer("trips", 4) as number,
    }));
    return configured(config, checkTokens(sizes));
  },
};

const weightsOf = (reader: WeightReader, { width, factor }: Config) => ({
  embedding: embedding(reader, width),
  mixing: mixingWeights(reader, width, factor),
});

function configured(config: Config, tokens: number): ConfiguredComponent {
  const { width, trips } = config;
  const declaring = new WeightReader();
  weightsOf(declaring, config);
  return {
    component: trunk,
    sizes: { tokens, width, trips },
    weights: declaring.declared,
    record(plan, source) {
      const weights = weightsOf(new WeightReader(source), config);
      const types = plan.input("types", [tokens, padded(TYPES)]);
      const state = embed(plan, types, weights.embedding);
      for (let trip = 0; trip < trips; trip++) transition(plan, state, weights.mixing);
      const out = plan.output("state", state);
      return {
        toDevice(inputs) {
          const rows = new Float32Array(tokens * TYPES);
          typesOf(inputs).forEach((type, token) => {
            rows[token * TYPES + type] = 1;
          });
          return new Map([[types, padRows(rows, TYPES)]]);
        },
        fromDevice: (outputs) => new Map([["state", float32([tokens, width], unpadRows(outputs.get(out), width))]]),
      };
    },
    randomInputs: (seed, changes) =>
      syntheticInputs(trunk, { tokens }, features.synthetic({ tokens, seed, ...changes }), seed),
    reference(inputs, source) {
      const weights = weightsOf(new WeightReader(source), config);
      const rows = Array.from(typesOf(inputs)).map((type) => {
        let row = embedded(type, weights.embedding);
        for (let trip = 0; trip < trips; trip++) row = mixed(row, weights.mixing);
        return row;
      });
      return new Map([["state", Float64Array.from(rows.flat())]]);
    },
  };
}

const typesOf = (inputs: TensorMap): HostTensor["data"] => dataOf(inputs, "residue_type");
