/** deepmind's trunk on a plan, pass by pass, and as a component. */

import { BadInputError } from "../../errors.ts";
import { float32, type HostTensor, type TensorMap } from "../../formats/tensor.ts";
import { elements } from "../../gpu/plan/dtype.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { type AtomEncoderWeights, encodeAtoms, prepareAtoms } from "../../model/atom_encoder.ts";
import { msaTraits } from "../../model/deepmind/msa.ts";
import { SLOTS, TOKEN_TYPES } from "../../model/deepmind/sizes.ts";
import {
  MSA_FEATURES,
  prepareTrunk,
  TARGET_FEATURES,
  type TrunkConfig,
  type TrunkInputs,
  type TrunkWeights,
  targetEncoderWeights,
  targetWidth,
  trunkPass,
  trunkWeights,
} from "../../model/deepmind/trunk.ts";
import { WeightReader, type WeightSource } from "../../model/linear.ts";
import type { MsaMasks } from "../../model/msa.ts";
import { padded } from "../../model/projection.ts";
import { windowsOf } from "../../pipeline/atom_layout.ts";
import { msaMaskInputs, msaMaskValues } from "../components/msa.ts";
import { pairMaskInputs, presentPairs, sameChain } from "../components/pairs.ts";
import { DEFAULT_TEMPLATES, TOKEN_VALUES } from "../components/template.ts";
import type { Component, ConfiguredComponent, SectionInputs, Session, Sizes } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { dataOf, tensorOf } from "../core/inputs.ts";
import { padRows, unpadRows } from "../core/padding.ts";
import { syntheticInputs } from "../core/random_inputs.ts";
import { atomInputs, atomValues } from "./atoms.ts";
import { counts } from "./counts.ts";
import { tokenTable } from "./diffusion.ts";
import { trunkFeatures } from "./features/specs.ts";
import { syntheticFeatures } from "./features/synthetic.ts";
import { templateTokens } from "./template_tokens.ts";
import { readTrunkConfig } from "./trunk_configs.ts";

/** The sections of a plan that runs the trunk, in their order; the pass runs several times. */
const [TARGET, START, PASS, END] = ["target features", "trunk start", "trunk cycle", "trunk end"];

/** Classes of a row of the MSA: one more than tokens have. */
const MSA_CLASSES = 32;

/** A recorded trunk. */
export interface Trunk {
  /** What it leaves on the device: the representations [n, n, C] and [n, C] after the last pass, and target_feat [n, padded width]. */
  readonly tensors: { readonly pair: Tensor; readonly single: Tensor; readonly target: Tensor };
  /** Runs all passes. @throws {BadInputError} if the MSA's order does not fit the config */
  run(session: Session, features: TensorMap, recycles: number): Promise<TrunkResults>;
}

/**
 * Records the trunk.
 * @param sizes tokens, windows, templates, and the MSA's rows of one pass (num_msa)
 */
export function recordTrunk(
  plan: Plan,
  { tokens: n, windows, templates: slots, num_msa: rows }: Sizes,
  weights: { readonly encoder: AtomEncoderWeights; readonly trunk: TrunkWeights },
  config: TrunkConfig,
): Trunk {
  const target = plan.section(TARGET, () => {
    const atoms = atomInputs(plan, n, windows);
    const prepared = prepareAtoms(plan, atoms, weights.encoder);
    return {
      atoms,
      tokens: plan.output("tokens of atoms", encodeAtoms(plan, prepared, atoms, weights.encoder).tokens),
    };
  });
  const { inputs, prepared } = plan.section(START, () => {
    const inputs = {
      target: plan.input("target_feat", [n, padded(targetWidth(config))]),
      tokens: plan.input("tokens", [n, 8]),
      contacts: plan.input("contacts", [n * n]),
      masks: {
        pair: pairMaskInputs(plan, n),
        single: { keys: plan.input("key mask", [1, padded(n)]), queries: plan.input("query mask", [0]) },
      },
      templates:
        slots > 0
          ? {
              slots,
              tokens: plan.input("template tokens", [slots * n, TOKEN_VALUES]),
              seen: plan.input("same chain", [n, padded(n)]),
            }
          : undefined,
      pair: plan.input("pair", [n, n, padded(config.pair_channel)]),
      single: plan.input("single", [n, padded(config.seq_channel)]),
    };
    return { inputs, prepared: prepareTrunk(plan, inputs, weights.trunk) };
  });
  const msa = plan.section(PASS, () => {
    const features = plan.input("msa", [rows * n, padded(MSA_FEATURES)]);
    const masks = msaMaskInputs(plan, rows, n, msaTraits);
    trunkPass(plan, inputs, { features, masks }, prepared, weights.trunk, config);
    return { features, masks };
  });
  const end = plan.section(END, () => ({
    pair: plan.output("pair", inputs.pair),
    single: plan.output("single", inputs.single),
  }));
  return {
    tensors: { pair: inputs.pair, single: inputs.single, target: inputs.target },
    async run(session, features, recycles) {
      const order = checkedOrder(features, recycles, rows);
      const encoded = await session.run(TARGET, new Map(atomValues(target.atoms, features, n)));
      const atoms = unpadRows(encoded.get(target.tokens), config.per_atom_conditioning.per_token_channels);
      const feat = targetFeatures(features, atoms, n);
      await session.run(START, startValues(inputs, features, feat, n));
      for (let pass = 0; pass <= recycles; pass++) {
        const chosen = order.data.subarray(pass * rows, (pass + 1) * rows);
        await session.run(PASS, msaValues(msa, features, chosen, n));
      }
      const outputs = await session.run(END, new Map());
      return {
        target: feat,
        single: unpadRows(outputs.get(end.single), config.seq_channel),
        pair: unpadRows(outputs.get(end.pair), config.pair_channel),
      };
    },
  };
}

/** How often a run of the trunk runs the section of the pass. */
export const trunkRepeats = (recycles: number): ReadonlyMap<string, number> => new Map([[PASS, recycles + 1]]);

/** The trunk's results on the host, without padding; on the device they stay where {@link recordTrunk} says. */
export interface TrunkResults {
  readonly target: Float32Array;
  readonly single: Float32Array;
  readonly pair: Float32Array;
}

/** The order of the MSA's rows, [passes, rows]. */
function checkedOrder(features: TensorMap, recycles: number, rows: number): HostTensor {
  const order = tensorOf(features, "msa_order");
  if (order.shape[0] !== recycles + 1 || order.shape[1] !== rows)
    throw new BadInputError(
      `the input msa_order is [${order.shape.join(", ")}], the config asks for [${recycles + 1}, ${rows}]: a row per pass, num_msa rows of the MSA`,
    );
  return order;
}

/** target_feat: residue type, profile and mean deletions, then what the atoms gave. */
function targetFeatures(features: TensorMap, atoms: Float32Array, n: number): Float32Array {
  const [types, profile, deletions] = ["aatype", "profile", "deletion_mean"].map((name) => dataOf(features, name));
  const width = TARGET_FEATURES + atoms.length / n;
  const target = new Float32Array(n * width);
  for (let token = 0; token < n; token++) {
    const row = target.subarray(token * width, (token + 1) * width);
    row[types[token]] = 1;
    for (let type = 0; type < TOKEN_TYPES; type++) row[TOKEN_TYPES + type] = profile[token * TOKEN_TYPES + type];
    row[2 * TOKEN_TYPES] = deletions[token];
    row.set(atoms.subarray((token * atoms.length) / n, ((token + 1) * atoms.length) / n), TARGET_FEATURES);
  }
  return target;
}

function startValues(inputs: TrunkInputs, features: TensorMap, target: Float32Array, n: number): SectionInputs {
  const mask = Float32Array.from(dataOf(features, "seq_mask"));
  const pairMask = padRows(presentPairs(mask), n);
  const { masks, templates } = inputs;
  const values = new Map([
    [inputs.target, padRows(target, target.length / n)],
    [inputs.tokens, tokenTable(features, n)],
    [inputs.contacts, bondContacts(features, n)],
    [masks.pair.rows, pairMask],
    [masks.pair.columns, pairMask],
    [masks.single.keys, padRows(mask, n)],
    [masks.single.queries, new Float32Array(0)],
    [inputs.pair, new Float32Array(elements(inputs.pair.shape))],
    [inputs.single, new Float32Array(elements(inputs.single.shape))],
  ]);
  if (templates) {
    const [types, positions, present] = ["aatype", "atom_positions", "atom_mask"].map((name) =>
      Float32Array.from(dataOf(features, `template_${name}`)),
    );
    values.set(templates.tokens, templateTokens(types, positions, present));
    values.set(templates.seen, padRows(sameChain(dataOf(features, "asym_id")), n));
  }
  return values;
}

/** Bonds between tokens, in one direction only. A bond that is masked lies between the first token and itself, and counts nothing. */
function bondContacts(features: TensorMap, n: number): Float32Array {
  const contacts = new Float32Array(n * n);
  for (const name of ["tokens_to_polymer_ligand_bonds", "tokens_to_ligand_ligand_bonds"]) {
    const [indices, mask] = [dataOf(features, `${name}:gather_idxs`), dataOf(features, `${name}:gather_mask`)];
    for (let at = 0; at < indices.length; at += 2)
      if (mask[at] && mask[at + 1]) contacts[indices[at] * n + indices[at + 1]] = 1;
  }
  contacts[0] = 0;
  return contacts;
}

/** The chosen rows of the MSA as features, with their masks. */
function msaValues(
  inputs: { readonly features: Tensor; readonly masks: MsaMasks },
  features: TensorMap,
  rows: ArrayLike<number>,
  n: number,
): SectionInputs {
  const [msa, mask, deletions] = ["msa", "msa_mask", "deletion_matrix"].map((name) => dataOf(features, name));
  const pitch = padded(MSA_FEATURES);
  const values = new Float32Array(rows.length * n * pitch);
  const chosen = new Float32Array(rows.length * n);
  for (let row = 0; row < rows.length; row++)
    for (let token = 0; token < n; token++) {
      const from = rows[row] * n + token;
      const at = (row * n + token) * pitch;
      values[at + msa[from]] = 1;
      values[at + MSA_CLASSES] = Math.min(Math.max(deletions[from], 0), 1);
      values[at + MSA_CLASSES + 1] = (Math.atan(deletions[from] / 3) * 2) / Math.PI;
      chosen[row * n + token] = mask[from];
    }
  return new Map([[inputs.features, values], ...msaMaskValues(inputs.masks, chosen, rows.length, n, msaTraits)]);
}

export const trunk: Component = {
  engine: "deepmind",
  name: "trunk",
  inputs: trunkFeatures,
  outputs: [
    { name: "target_feat", shape: ["tokens", "c_target"] },
    { name: "single", shape: ["tokens", "c_s"] },
    { name: "pair", shape: ["tokens", "tokens", "c_z"], role: "pair" },
  ],
  readsFeatures: true,
  counts: { recycles: counts.recycles },
  trips: "passes",
  configure(given, sizes, note) {
    const { evoformer, num_recycles } = readNoting(given, note, readTrunkConfig);
    return configured(evoformer, num_recycles, trunkSizes(evoformer, num_recycles, sizes));
  },
};

/** All sizes that a trunk's plan depends on. */
export function trunkSizes(config: TrunkConfig, recycles: number, sizes: Sizes): Sizes {
  const tokens = checkTokens(sizes);
  return {
    tokens,
    windows: windowsOf(tokens * SLOTS),
    templates: sizes.templates ?? DEFAULT_TEMPLATES,
    num_msa: config.num_msa,
    passes: recycles + 1,
    c_s: config.seq_channel,
    c_z: config.pair_channel,
    c_target: targetWidth(config),
  };
}

/** The weights of the trunk and of the encoder before it. */
export const bindTrunk = (reader: WeightReader, config: TrunkConfig) => ({
  encoder: targetEncoderWeights(reader, config),
  trunk: trunkWeights(reader, config),
});

function configured(config: TrunkConfig, recycles: number, sizes: Sizes): ConfiguredComponent {
  const { tokens: n, c_s, c_z, c_target } = sizes;
  const declaring = new WeightReader();
  bindTrunk(declaring, config);
  return {
    component: trunk,
    sizes,
    weights: declaring.declared,
    record(plan: Plan, source?: WeightSource) {
      const trunk = recordTrunk(plan, sizes, bindTrunk(new WeightReader(source), config), config);
      return {
        async run(session, inputs) {
          const { target, single, pair } = await trunk.run(session, inputs, recycles);
          return new Map([
            ["target_feat", float32([n, c_target], target)],
            ["single", float32([n, c_s], single)],
            ["pair", float32([n, n, c_z], pair)],
          ]);
        },
      };
    },
    repeats: trunkRepeats(recycles),
    randomInputs(seed, changes) {
      const { num_msa } = config;
      const { templates } = sizes;
      const options = { tokens: n, seed, numMsa: num_msa, msaRows: num_msa, templates, recycles, ...changes };
      return syntheticInputs(trunk, sizes, syntheticFeatures(options), seed);
    },
  };
}
