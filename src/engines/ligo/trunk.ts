/** ligo's trunk on a plan, cycle by cycle, and as a component. */

import type { TensorMap } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import type { AtomInputs } from "../../model/atom_encoder.ts";
import { MSA_FEATURES, msaTraits } from "../../model/ligo/msa.ts";
import { embedInputs, type TrunkWeights, trunkCycle, trunkWeights } from "../../model/ligo/trunk.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { padded } from "../../model/projection.ts";
import type { TokenTable } from "../../model/relative_encoding.ts";
import { msaMaskInputs, msaMaskValues } from "../components/msa.ts";
import { presentPairs } from "../components/pairs.ts";
import { recordResults, trunkSpecs, trunkTensors } from "../components/results.ts";
import type { Component, ConfiguredComponent, Session, Sizes } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { floatsOf } from "../core/inputs.ts";
import { padRows } from "../core/padding.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import { atomInputs, atomsOf, atomValues } from "./atoms.ts";
import { counts } from "./counts.ts";
import { tokenTable } from "./diffusion.ts";
import { checkRelations } from "./features/relations.ts";
import { trunkFeatures } from "./features/specs.ts";
import { syntheticFeatures } from "./features/synthetic.ts";
import { readTrunkConfig, type TrunkConfig } from "./trunk_configs.ts";

/** The sections of a plan that runs the trunk, in their order; the cycle runs several times. */
const [EMBED, CYCLE, END] = ["input embedding", "cycle", "trunk end"];

/** Sizes of a trunk's plan. */
export interface TrunkSizes {
  readonly tokens: number;
  readonly atoms: number;
  /** Of the MSA of one cycle. */
  readonly rows: number;
}

/** What the trunk leaves on the device for the sections behind it. */
export interface TrunkTensors {
  /** [n, n, C] and [n, C], after the last cycle. */
  readonly pair: Tensor;
  readonly single: Tensor;
  /** The single inputs, [n, C]. */
  readonly inputs: Tensor;
  readonly tokens: TokenTable;
  readonly tokenMask: Tensor;
  readonly atoms: AtomInputs;
}

/** A recorded trunk. */
export interface Trunk {
  readonly tensors: TrunkTensors;
  /** Runs all cycles; {@link recordTrunkEnd} reads what they leave. */
  run(session: Session, features: TensorMap): Promise<void>;
}

/** Records the trunk. */
export function recordTrunk(
  plan: Plan,
  { tokens: n, atoms, rows }: TrunkSizes,
  weights: TrunkWeights,
  config: TrunkConfig,
): Trunk {
  const { given, masks, embedded } = plan.section(EMBED, () => {
    const given = {
      tokens: plan.input("tokens", [n, 8]),
      types: plan.input("residue types", [n]),
      atoms: atomInputs(plan, n, atoms),
    };
    const pairMask = plan.input("pair mask", [n, padded(n)]);
    const masks = {
      // Both orientations of the mask are the same.
      pair: { rows: pairMask, columns: pairMask },
      single: { keys: plan.input("key mask", [1, padded(n)]), queries: plan.input("token mask", [n]) },
    };
    return { given, masks, embedded: embedInputs(plan, given, weights.embedder) };
  });
  const traits = msaTraits(config.msa);
  const msa = plan.section(CYCLE, () => {
    const features = plan.input("msa", [rows * n, padded(MSA_FEATURES)]);
    const cycle = { features, masks: msaMaskInputs(plan, rows, n, traits) };
    trunkCycle(plan, embedded, cycle, masks, weights, config);
    return cycle;
  });
  return {
    tensors: {
      ...embedded.state,
      inputs: embedded.inputs,
      tokens: given.tokens,
      tokenMask: masks.single.queries,
      atoms: given.atoms,
    },
    async run(session, features) {
      const mask = floatsOf(features, "token_mask");
      const embedding = new Map([
        [given.tokens, tokenTable(features, n)],
        [given.types, floatsOf(features, "aatype")],
        [masks.pair.rows, padRows(presentPairs(mask), n)],
        [masks.single.keys, padRows(mask, n)],
        [masks.single.queries, mask],
        ...atomValues(given.atoms, features, n),
      ]);
      await session.run(EMBED, embedding);
      const [allRows, allMasks] = [floatsOf(features, "msa_feat"), floatsOf(features, "msa_mask")];
      for (let cycle = 0; cycle < config.num_cycles; cycle++) {
        const of = (all: Float32Array): Float32Array =>
          all.subarray((cycle * all.length) / config.num_cycles, ((cycle + 1) * all.length) / config.num_cycles);
        const values = msaMaskValues(msa.masks, of(allMasks), rows, n, traits);
        await session.run(CYCLE, new Map([[msa.features, padRows(of(allRows), MSA_FEATURES)], ...values]));
      }
    },
  };
}

/** Records the section that reads the trunk's results back. */
export const recordTrunkEnd = (plan: Plan, { tensors }: Trunk, { embedder }: TrunkConfig) =>
  recordResults(plan, END, {
    inputs: { tensor: tensors.inputs, channels: embedder.c_token },
    single: { tensor: tensors.single, channels: embedder.c_token },
    pair: { tensor: tensors.pair, channels: embedder.c_trunk_pair },
  });

/** How often a run of the trunk runs the section of the cycle. */
export const trunkRepeats = ({ num_cycles }: TrunkConfig): ReadonlyMap<string, number> =>
  new Map([[CYCLE, num_cycles]]);

export const trunkOutputs = trunkSpecs({ inputs: "c_token", single: "c_token", pair: "c_z" });

/** All sizes of a trunk, where the inputs or else the config give them. @param given MSA rows are the least that is needed */
export function trunkSizes(given: Sizes, { embedder, num_cycles }: TrunkConfig) {
  const tokens = checkTokens(given);
  const { atoms = atomsOf(tokens), rows = 1 } = given;
  return { tokens, atoms, rows, cycles: num_cycles, c_token: embedder.c_token, c_z: embedder.c_trunk_pair };
}

export const trunk: Component = {
  engine: "ligo",
  name: "trunk",
  inputs: trunkFeatures,
  outputs: trunkOutputs,
  readsFeatures: true,
  counts: { recycles: counts.recycles },
  trips: "cycles",
  configure(given, sizes, note) {
    const config = readNoting(given, note, (reader) => readTrunkConfig(reader, sizes));
    return configured(config, trunkSizes(sizes, config));
  },
};

function configured(config: TrunkConfig, sizes: ReturnType<typeof trunkSizes>): ConfiguredComponent {
  const { tokens, rows, cycles } = sizes;
  const declaring = new WeightReader();
  trunkWeights(declaring, config);
  return {
    component: trunk,
    sizes,
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const trunk = recordTrunk(plan, sizes, trunkWeights(new WeightReader(source), config), config);
      const results = recordTrunkEnd(plan, trunk, config);
      return {
        async run(session, inputs) {
          checkRelations(inputs);
          await trunk.run(session, inputs);
          return trunkTensors(await results(session), tokens);
        },
      };
    },
    repeats: trunkRepeats(config),
    randomInputs(seed, changes) {
      const options = { tokens, seed, msaRows: rows, recycles: cycles - 1, ...changes };
      return syntheticInputs(trunk, sizes, syntheticFeatures(options), seed);
    },
  };
}
