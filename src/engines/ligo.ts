/** The engine `ligo`: presets, weights and components of Ligo-Biosciences/AlphaFold3. */
import type { ConfigReader } from "../formats/config.ts";
import { RandomStream } from "../formats/random.ts";
import { sizeOf } from "../formats/tensor.ts";
import { type PairformerConfig, pairformerTraits, pairformerWeights } from "../model/ligo/pairformer.ts";
import type { Sizes } from "./component.ts";
import type { Engine } from "./engine.ts";
import { checkDivides, pairformerComponent, width } from "./pairformer.ts";

/** The arguments of `PairformerStack` with the class's defaults (reference: src/models/pairformer.py). */
function readPairformerConfig(reader: ConfigReader, sizes: Sizes) {
  const config: PairformerConfig = {
    c_s: width(reader, "c_s", sizes),
    c_z: width(reader, "c_z", sizes),
    no_blocks: reader.integer("no_blocks", 48, 4096),
    c_hidden_mul: reader.integer("c_hidden_mul", 128),
    c_hidden_pair_attn: reader.integer("c_hidden_pair_attn", 32),
    no_heads_tri_attn: reader.integer("no_heads_tri_attn", 4),
    no_heads_single_attn: reader.integer("no_heads_single_attn", 16),
    transition_n: reader.integer("transition_n", 4),
    fuse_projection_weights: reader.flag("fuse_projection_weights", false),
    inf: reader.number("inf", 1e8),
  };
  reader.ignore("pair_dropout", "blocks_per_ckpt", "clear_cache_between_blocks");
  checkDivides("config.c_s", config.c_s, config.no_heads_single_attn);
  return { config, readers: [reader] };
}

const pairformer = pairformerComponent<PairformerConfig>({
  engine: "ligo",
  names: { single: "s", pair: "z", singleMask: "single_mask", pairMask: "pair_mask" },
  readConfig: readPairformerConfig,
  weights: (reader, config) => pairformerWeights(reader, "pairformer", config),
  traits: pairformerTraits,
  masksQueries: true,
});

/** Values of a weight by docs/random-tensors.md: matrices by fan-in, layer norms near one, everything else small. */
function randomWeight(name: string, shape: readonly number[], seed: number): Float32Array {
  const stream = new RandomStream(seed, name);
  const length = sizeOf(shape);
  if (shape.length === 2) return stream.normal(length, 1 / Math.sqrt(shape[1]));
  if (shape.length !== 1) throw new Error(`no rule for random values of ${name} [${shape.join(", ")}]`);
  return name.endsWith(".weight") ? stream.onePlusNormal(length, 0.1) : stream.normal(length, 0.1);
}

export const ligo: Engine = { name: "ligo", components: [pairformer], randomWeight };
