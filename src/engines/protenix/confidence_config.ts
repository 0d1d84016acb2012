/** Protenix' config of the confidence head: see configs.ts. */
import { BadInputError } from "../../errors.ts";
import type { ConfigReader } from "../../formats/config.ts";
import { type ConfidenceConfig, SINGLE_HEADS } from "../../model/protenix/confidence.ts";
import { SLOTS } from "../../model/protenix/sizes.ts";
import type { Sizes } from "../core/component.ts";
import { checkDivides, width } from "../core/config_checks.ts";
import { scalesUp } from "./configs.ts";

/** The arguments of `ConfidenceHead` with the defaults of the reference's configs_base.py. */
export function readConfidenceConfig(reader: ConfigReader, sizes: Sizes): ConfidenceConfig {
  const [c_s, c_z] = [width(reader, "c_s", sizes), width(reader, "c_z", sizes)];
  const [start, end, step] = [
    reader.number("distance_bin_start", 3.25),
    reader.number("distance_bin_end", 52),
    reader.number("distance_bin_step", 1.25),
  ];
  const distance_bins = Math.ceil((end - start) / step);
  if (distance_bins < 1 || distance_bins > MOST_BINS)
    throw new BadInputError(
      `${reader.path}: from ${start} to ${end} Å in steps of ${step} there are ${Math.max(0, distance_bins)} bins of distances, expected 1 to ${MOST_BINS}`,
    );
  const config = {
    n_blocks: reader.integer("n_blocks", 4, 4096),
    c_s,
    c_z,
    c_s_inputs: width(reader, "c_s_inputs", sizes),
    b_pae: reader.integer("b_pae", 64),
    b_pde: reader.integer("b_pde", 64),
    b_plddt: reader.integer("b_plddt", 50),
    b_resolved: reader.integer("b_resolved", 2),
    max_atoms_per_token: reader.integer("max_atoms_per_token", SLOTS),
    hidden_scale_up: scalesUp(reader, "c_z", c_z),
    distance_bins,
  };
  reader.ignore("pairformer_dropout", "blocks_per_ckpt", "stop_gradient");
  checkDivides(`${reader.path}.c_s`, c_s, SINGLE_HEADS);
  return config;
}

/** A loop of a shader runs over them. */
const MOST_BINS = 4096;
