/** Protenix' trunk on a plan, cycle by cycle, and as a component. */

import { BadInputError } from "../../errors.ts";
import type { HostTensor, TensorMap } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import type { AtomInputs } from "../../model/atom_encoder.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import { padded } from "../../model/projection.ts";
import { GAP, SLOTS } from "../../model/protenix/sizes.ts";
import { templateWeights } from "../../model/protenix/template.ts";
import { embedTrunk, type TrunkWeights, trunkCycle, trunkWeights } from "../../model/protenix/trunk.ts";
import type { TokenTable } from "../../model/relative_encoding.ts";
import type { Templates } from "../../model/template.ts";
import { sameChain } from "../components/pairs.ts";
import { recordResults, trunkSpecs, trunkTensors } from "../components/results.ts";
import { DEFAULT_TEMPLATES, TOKEN_VALUES } from "../components/template.ts";
import type { Component, ConfiguredComponent, Session, Sizes } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { dataOf, floatsOf } from "../core/inputs.ts";
import { padRows } from "../core/padding.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import { counts } from "./counts.ts";
import { tokenTable } from "./diffusion.ts";
import { madeAtoms, madeFeatures } from "./features/made.ts";
import { checkRelations } from "./features/relations.ts";
import { templateFeatures, trunkFeatures } from "./features/specs.ts";
import { embedderInputs, embedderValues, esmFeature } from "./input_embedder.ts";
import { msaInputs, msaRows, msaValues } from "./msa.ts";
import { templateTokens } from "./template_tokens.ts";
import { readTrunkConfig, type TrunkConfig } from "./trunk_configs.ts";

/** The sections of a plan that runs the trunk, in their order; the cycle runs several times. */
const [EMBED, CYCLE, END] = ["input embedding", "cycle", "trunk end"];

/** Sizes of a trunk's plan: rows of the MSA that a cycle takes at most are `chosen` ones. */
export type TrunkSizes = Readonly<Record<"tokens" | "atoms" | "rows" | "chosen" | "templates" | "cycles", number>>;

/** What the trunk leaves on the device for the sections behind it. */
export interface TrunkTensors {
  /** [n, n, C] and [n, C], after the last cycle. */
  readonly pair: Tensor;
  readonly single: Tensor;
  /** The single inputs, [n, padded width]. */
  readonly inputs: Tensor;
  readonly tokens: TokenTable;
  readonly atoms: AtomInputs;
}

/** A recorded trunk. */
export interface Trunk {
  readonly tensors: TrunkTensors;
  /** Runs all cycles; {@link recordTrunkEnd} reads what they leave. @throws {BadInputError} if the MSA's order is for another number of cycles */
  run(session: Session, features: TensorMap): Promise<void>;
}

/** Records the trunk. */
export function recordTrunk(
  plan: Plan,
  { tokens: n, atoms, chosen, templates: slots }: TrunkSizes,
  weights: TrunkWeights,
  config: TrunkConfig,
): Trunk {
  const { given, templates, embedded } = plan.section(EMBED, () => {
    const given = {
      embedder: embedderInputs(plan, n, atoms, config.embedder),
      tokens: plan.input("tokens", [n, 8]),
      bonds: plan.input("bonds", [n * n]),
    };
    const templates = weights.template && {
      slots,
      tokens: plan.input("template tokens", [slots * n, TOKEN_VALUES]),
      seen: plan.input("same chain", [n, padded(n)]),
    };
    return { given, templates, embedded: embedTrunk(plan, given, weights) };
  });
  const msa = plan.section(CYCLE, () => {
    const msa = msaInputs(plan, chosen, n);
    trunkCycle(plan, embedded, { msa, templates }, weights);
    return msa;
  });
  return {
    tensors: { ...embedded.state, inputs: embedded.inputs, tokens: given.tokens, atoms: given.embedder.atoms },
    async run(session, features) {
      checkCycles(features, config.N_cycle);
      const embedding = new Map([
        ...embedderValues(given.embedder, features, n),
        [given.tokens, tokenTable(features, n)],
        [given.bonds, floatsOf(features, "token_bonds")],
        ...(templates ? templateValues(templates, features, n) : []),
      ]);
      await session.run(EMBED, embedding);
      for (let cycle = 0; cycle < config.N_cycle; cycle++)
        await session.run(CYCLE, new Map(msaValues(msa, features, cycle, chosen, n)));
    },
  };
}

function checkCycles(features: TensorMap, cycles: number): void {
  const order = features.get("msa_order");
  if (order && order.shape[0] !== cycles)
    throw new BadInputError(
      `the input msa_order is [${order.shape.join(", ")}], the config asks for ${cycles} cycles: it needs rows for each`,
    );
}

/** The templates that there are, or the empty slots of a complex without. Trap P14: gaps in the first, the class 0 in the others. */
export function templateValues(
  { slots, tokens, seen }: Templates,
  features: TensorMap,
  n: number,
): [Tensor, Float32Array][] {
  const there = features.has(templateFeatures[0].name);
  const [types, positions, mask] = there
    ? templateFeatures.map(({ name }) => dataOf(features, name))
    : [
        new Int32Array(slots * n).fill(GAP, 0, n),
        new Float32Array(slots * n * SLOTS * 3),
        new Int32Array(slots * n * SLOTS),
      ];
  return [
    [tokens, templateTokens(types, positions, mask)],
    [seen, padRows(sameChain(dataOf(features, "asym_id")), n)],
  ];
}

/** Records the section that reads the trunk's results back. */
export const recordTrunkEnd = (plan: Plan, { tensors }: Trunk, { pairformer, msa }: TrunkConfig) =>
  recordResults(plan, END, {
    inputs: { tensor: tensors.inputs, channels: msa.c_s_inputs },
    single: { tensor: tensors.single, channels: pairformer.c_s },
    pair: { tensor: tensors.pair, channels: pairformer.c_z },
  });

/** How often a run of the trunk runs the section of the cycle. */
export const trunkRepeats = ({ N_cycle }: TrunkConfig): ReadonlyMap<string, number> => new Map([[CYCLE, N_cycle]]);

export const trunkOutputs = trunkSpecs({ inputs: "c_s_inputs", single: "c_s", pair: "c_z" });

/** All sizes of a trunk, where the inputs or else the config give them. @param given MSA rows are the least that is needed */
export function trunkSizes(given: Sizes, { msa, pairformer, N_cycle }: TrunkConfig) {
  const tokens = checkTokens(given);
  const { atoms = madeAtoms(tokens), templates = DEFAULT_TEMPLATES } = given;
  const { rows, chosen } = msaRows({ ...given, rows: given.rows ?? 1 });
  const { c_s, c_z } = pairformer;
  return { tokens, atoms, rows, chosen, templates, cycles: N_cycle, c_s_inputs: msa.c_s_inputs, c_s, c_z };
}

/** What files of models without blocks of templates hold of their embedder all the same. */
export function unreadWeights({ template }: TrunkConfig): ConfiguredComponent["weights"] {
  const declaring = new WeightReader();
  if (template.n_blocks === 0) templateWeights(declaring, "template_embedder", template);
  return declaring.declared;
}

/** What made-up inputs of a trunk leave out: templates of models that have no blocks for them. */
export const withoutUnread = (
  features: Map<string, HostTensor>,
  { template }: TrunkConfig,
): Map<string, HostTensor> => {
  if (template.n_blocks === 0) for (const { name } of templateFeatures) features.delete(name);
  return features;
};

export const trunk: Component = {
  engine: "protenix",
  name: "trunk",
  inputs: [...trunkFeatures, esmFeature],
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
  const { tokens, rows, chosen, templates, cycles } = sizes;
  const declaring = new WeightReader();
  trunkWeights(declaring, config);
  return {
    component: trunk,
    sizes,
    weights: declaring.declared,
    unread: unreadWeights(config),
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
      const options = { tokens, seed, msaRows: rows, numMsa: chosen, templates, recycles: cycles - 1 };
      return syntheticInputs(trunk, sizes, withoutUnread(madeFeatures(options, changes), config), seed);
    },
  };
}
