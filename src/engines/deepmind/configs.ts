/** deepmind's configs: the fields of its classes' `Config` that change numbers, with the model's defaults. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import type { ConfidenceConfig } from "../../model/deepmind/confidence.ts";
import type { DistogramConfig } from "../../model/deepmind/distogram.ts";
import type { MsaConfig } from "../../model/deepmind/msa.ts";
import type { PairBlockConfig, PairformerConfig } from "../../model/deepmind/pairformer.ts";
import type { DistanceConfig, TemplateConfig } from "../../model/deepmind/template.ts";
import type { Sizes } from "../core/component.ts";
import { checkBins, checkDivides, width } from "../core/config_checks.ts";

/** The fields of the pair half of `PairFormerIteration.Config`. @param factor default of the transition's widening */
function readPairBlockConfig(reader: ConfigReader, c_z: number, factor = 4) {
  const pairAttention = reader.object("pair_attention");
  const pairTransition = reader.object("pair_transition");
  const triangles = ["outgoing", "incoming"].map((side) => reader.object(`triangle_multiplication_${side}`));
  for (const triangle of triangles) triangle.ignore("equation", "use_glu_kernel");
  pairTransition.ignore("use_glu_kernel");
  const config: PairBlockConfig = {
    c_z,
    pair_attention: { num_head: pairAttention.integer("num_head", 4) },
    pair_transition: { num_intermediate_factor: pairTransition.number("num_intermediate_factor", factor) },
  };
  checkDivides("config.pair_attention.num_head", c_z, config.pair_attention.num_head);
  return config;
}

/** `PairFormerIteration.Config` with the model's defaults (reference: alphafold3/model/network/modules.py, evoformer.py). */
export function readPairformerConfig(reader: ConfigReader, sizes: Sizes, layers = 48) {
  const [c_s, c_z] = [width(reader, "c_s", sizes), width(reader, "c_z", sizes)];
  const pair = readPairBlockConfig(reader, c_z);
  const singleAttention = reader.object("single_attention");
  const singleTransition = reader.object("single_transition");
  singleTransition.ignore("use_glu_kernel");
  reader.ignore("shard_transition_blocks", "block_remat", "remat_block_size");
  const config: PairformerConfig = {
    ...pair,
    c_s,
    num_layer: reader.integer("num_layer", layers, 4096),
    single_attention: {
      num_head: singleAttention.integer("num_head", 16),
      key_dim: singleAttention.integer("key_dim", c_s),
      value_dim: singleAttention.integer("value_dim", c_s),
    },
    single_transition: { num_intermediate_factor: singleTransition.number("num_intermediate_factor", 4) },
  };
  checkDivides("config.single_attention.key_dim", config.single_attention.key_dim, config.single_attention.num_head);
  checkDivides(
    "config.single_attention.value_dim",
    config.single_attention.value_dim,
    config.single_attention.num_head,
  );
  checkPrecision(reader.object("global_config"));
  return config;
}

/** The networks can run in bfloat16; cases record float32 and nothing else is reproduced here. */
export function checkPrecision(global: ConfigReader): void {
  const bfloat16 = global.text("bfloat16", "none");
  global.ignoreAll();
  if (bfloat16 !== "none")
    throw new BadInputError(`config.global_config.bfloat16 is "${bfloat16}", only "none" (float32) is supported`);
}

/** `DistogramHead.Config` with the model's defaults. */
export function readDistogramConfig(reader: ConfigReader, sizes: Sizes): DistogramConfig {
  const config = {
    c_z: width(reader, "c_z", sizes),
    first_break: reader.number("first_break", 2.3125),
    last_break: reader.number("last_break", 21.6875),
    num_bins: reader.integer("num_bins", 64),
  };
  checkBins("config.num_bins", config.num_bins);
  checkPrecision(reader.object("global_config"));
  return config;
}

/** `DistogramFeaturesConfig` with its defaults, in Ångström. */
function readDistanceConfig(reader: ConfigReader): DistanceConfig {
  return {
    min_bin: reader.number("min_bin", 3.25),
    max_bin: reader.number("max_bin", 50.75),
    num_bins: reader.integer("num_bins", 39),
  };
}

/** `TemplateEmbedding.Config` with the model's defaults. */
export function readTemplateConfig(reader: ConfigReader, sizes: Sizes) {
  const num_channels = reader.integer("num_channels", 64);
  const stack = reader.object("template_stack");
  const pair = readPairBlockConfig(stack, num_channels, 2);
  stack.ignore("single_attention", "single_transition", "shard_transition_blocks", "block_remat", "remat_block_size");
  const distances = reader.object("dgram_features");
  const config: TemplateConfig = {
    c_z: width(reader, "c_z", sizes),
    num_channels,
    template_stack: { ...pair, num_layer: stack.integer("num_layer", 2, 4096) },
    dgram_features: readDistanceConfig(distances),
  };
  checkPrecision(reader.object("global_config"));
  return config;
}

/** `ConfidenceHead.Config` with the model's defaults. */
export function readConfidenceConfig(reader: ConfigReader, sizes: Sizes) {
  const [pae, distances] = [reader.object("pae"), reader.object("dgram_features")];
  const stack = readPairformerConfig(reader.object("pairformer"), sizes, 4);
  const config: ConfidenceConfig = {
    c_target: width(reader, "c_target", sizes),
    pairformer: stack,
    max_error_bin: reader.number("max_error_bin", 31),
    num_bins: reader.integer("num_bins", 64),
    num_plddt_bins: reader.integer("num_plddt_bins", 50),
    pae: { max_error_bin: pae.number("max_error_bin", 31), num_bins: pae.integer("num_bins", 64) },
    dgram_features: readDistanceConfig(distances),
  };
  checkBins("config.num_bins", config.num_bins);
  checkBins("config.pae.num_bins", config.pae.num_bins);
  checkPrecision(reader.object("global_config"));
  return config;
}

/** `EvoformerIteration.Config` with the model's defaults. */
export function readMsaConfig(reader: ConfigReader, sizes: Sizes) {
  const c_m = width(reader, "c_m", sizes);
  const pair = readPairBlockConfig(reader, width(reader, "c_z", sizes));
  const attention = reader.object("msa_attention");
  const outerProduct = reader.object("outer_product_mean");
  const transition = reader.object("msa_transition");
  transition.ignore("use_glu_kernel");
  outerProduct.ignore("chunk_size");
  reader.ignore("shard_transition_blocks");
  const config: MsaConfig = {
    ...pair,
    c_m,
    num_layer: reader.integer("num_layer", 4, 4096),
    msa_attention: { num_head: attention.integer("num_head", 8) },
    outer_product_mean: { num_outer_channel: outerProduct.integer("num_outer_channel", 32) },
    msa_transition: { num_intermediate_factor: transition.number("num_intermediate_factor", 4) },
  };
  if (config.msa_attention.num_head > c_m)
    throw new BadInputError(
      `config.msa_attention.num_head: ${c_m} channels are too few for ${config.msa_attention.num_head} heads`,
    );
  checkPrecision(reader.object("global_config"));
  return config;
}
