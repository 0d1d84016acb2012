/** What Protenix' publisher has published: a paper, and weights at the addresses that its package 2.0.0 downloads from. None has been asked from here. */
import type { Publication } from "../../pipeline/outputs/metadata.ts";
import type { PublishedWeights } from "../core/engine.ts";

export const publication: Publication = {
  title: "Protenix - Advancing Structure Prediction Through a Comprehensive AlphaFold3 Reproduction",
  journal: "bioRxiv",
  year: 2025,
  doi: "10.1101/2025.01.08.631967",
};

const FOLDER = "https://protenix.tos-cn-beijing.volces.com/checkpoint/";
/** By its README, code and parameters. */
const LICENCE = "Apache-2.0, as the publisher says of code and parameters";

const MODELS: readonly (readonly [preset: string, name: string, megabytes: number])[] = [
  ["protenix-tiny", "protenix_tiny_default_v0.5.0", 438],
  ["protenix-mini", "protenix_mini_default_v0.5.0", 536],
  ["protenix-base", "protenix_base_default_v0.5.0", 1472],
  ["protenix-v1", "protenix_base_default_v1.0.0", 1474],
  ["protenix-v2", "protenix-v2", 1858],
];

export const published: readonly PublishedWeights[] = MODELS.map(([preset, name, megabytes]) => ({
  ...{ preset, name, megabytes },
  address: `${FOLDER}${name}.pt`,
  licence: LICENCE,
}));
