/** deepmind's trunk on a plan, pass by pass, and as a component. */

import { BadInputError } from "../../errors.ts";
import { float32, type HostTensor, type TensorMap } from "../../formats/tensor.ts";
import { elements } from "../../gpu/plan/dtype.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import { type AtomEncoderWeights, encodeAtoms, prepareAtoms } from "../../model/atom_encoder.ts";
import { sideBySide } from "../../model/copies.ts";
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
import { recordResults } from "../components/results.ts";
import { DEFAULT_TEMPLATES, TOKEN_VALUES } from "../components/template.ts";
import type { Component, ConfiguredComponent, SectionInputs, Session, Sizes } from "../core/component.ts";
import { checkTokens, readNoting } from "../core/config_checks.ts";
import { dataOf, tensorOf } from "../core/inputs.ts";
import { padRows } from "../core/padding.ts";
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
  /** Runs all passes; {@link recordTrunkEnd} reads what they leave. @throws {BadInputError} if the MSA's order does not fit the config */
  run(session: Session, features: TensorMap, recycles: number): Promise<void>;
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
  const { atoms, tokens, target } = plan.section(TARGET, () => {
    const atoms = atomInputs(plan, n, windows);
    const prepared = prepareAtoms(plan, atoms, weights.encoder);
    const tokens = plan.input("token features", [n, padded(TARGET_FEATURES)]);
    const known = { rows: tokens, channels: TARGET_FEATURES };
    const encoded = {
      rows: encodeAtoms(plan, prepared, atoms, weights.encoder).tokens,
      channels: config.per_atom_conditioning.per_token_channels,
    };
    return { atoms, tokens, target: sideBySide(plan, known, encoded) };
  });
  const { inputs, prepared } = plan.section(START, () => {
    const inputs = {
      target,
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
  return {
    tensors: { pair: inputs.pair, single: inputs.single, target: inputs.target },
    async run(session, features, recycles) {
      const order = checkedOrder(features, recycles, rows);
      await session.run(TARGET, new Map([[tokens, tokenFeatures(features, n)], ...atomValues(atoms, features, n)]));
      await session.run(START, startValues(inputs, features, n));
      for (let pass = 0; pass <= recycles; pass++) {
        const chosen = order.data.subarray(pass * rows, (pass + 1) * rows);
        await session.run(PASS, msaValues(msa, features, chosen, n));
      }
    },
  };
}

/** Records the section that reads the trunk's results back. @param names which of them */
export function recordTrunkEnd<Name extends keyof Trunk["tensors"]>(
  plan: Plan,
  { tensors }: Trunk,
  config: TrunkConfig,
  names: readonly Name[],
) {
  const channels = { pair: config.pair_channel, single: config.seq_channel, target: targetWidth(config) };
  const results = names.map((name) => [name, { tensor: tensors[name], channels: channels[name] }] as const);
  return recordResults(plan, END, Object.fromEntries(results) as Record<Name, { tensor: Tensor; channels: number }>);
}

/** How often a run of the trunk runs the section of the pass. */
export const trunkRepeats = (recycles: number): ReadonlyMap<string, number> => new Map([[PASS, recycles + 1]]);

/** The order of the MSA's rows, [passes, rows]. */
function checkedOrder(features: TensorMap, recycles: number, rows: number): HostTensor {
  const order = tensorOf(features, "msa_order");
  if (order.shape[0] !== recycles + 1 || order.shape[1] !== rows)
    throw new BadInputError(
      `the input msa_order is [${order.shape.join(", ")}], the config asks for [${recycles + 1}, ${rows}]: a row per pass, num_msa rows of the MSA`,
    );
  return order;
}

/** What target_feat says of tokens before their atoms: residue type, profile and mean deletions. */
function tokenFeatures(features: TensorMap, n: number): Float32Array {
  const [types, profile, deletions] = ["aatype", "profile", "deletion_mean"].map((name) => dataOf(features, name));
  const pitch = padded(TARGET_FEATURES);
  const rows = new Float32Array(n * pitch);
  for (let token = 0; token < n; token++) {
    const row = rows.subarray(token * pitch, (token + 1) * pitch);
    row[types[token]] = 1;
    for (let type = 0; type < TOKEN_TYPES; type++) row[TOKEN_TYPES + type] = profile[token * TOKEN_TYPES + type];
    row[2 * TOKEN_TYPES] = deletions[token];
  }
  return rows;
}

function startValues(inputs: TrunkInputs, features: TensorMap, n: number): SectionInputs {
  const mask = Float32Array.from(dataOf(features, "seq_mask"));
  const pairMask = padRows(presentPairs(mask), n);
  const { masks, templates } = inputs;
  const values = new Map([
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
      const results = recordTrunkEnd(plan, trunk, config, ["target", "single", "pair"]);
      return {
        async run(session, inputs) {
          await trunk.run(session, inputs, recycles);
          const { target, single, pair } = await results(session);
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
