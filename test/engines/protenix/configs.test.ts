/** Configs of Protenix' diffusion, confidence head and whole model. */

import { describe, expect, it } from "vitest";
import { confidenceHead } from "../../../src/engines/protenix/confidence_head.ts";
import { diffusionModule } from "../../../src/engines/protenix/diffusion_module.ts";
import { full } from "../../../src/engines/protenix/full.ts";
import { inputEmbedder } from "../../../src/engines/protenix/input_embedder.ts";
import { presets } from "../../../src/generated/presets.ts";
import { contactBins } from "../../../src/model/protenix/distogram.ts";

const quiet = (): void => {};
const sizes = { tokens: 8 };
const widths = { ...sizes, c_s: 384, c_z: 128, c_s_inputs: 449 };

describe("a config", () => {
  it("of the input embedder takes a language model's embedding, or leaves it", () => {
    const notes: string[] = [];
    const found = { ...sizes, c_esm: 40 };
    inputEmbedder.configure({}, found, (note) => notes.push(note));
    expect(notes).toEqual(["ignored: esm_token_embedding, which these weights do not take"]);
    const { weights } = inputEmbedder.configure({ esm: { enable: true } }, found, quiet);
    expect(weights.get("input_embedder.linear_esm.weight")).toEqual([449, 40]);
    expect(() => inputEmbedder.configure({ esm: { enable: true, embedding_dim: 41 } }, found, quiet)).toThrow(
      "config.esm.embedding_dim is 41, but the inputs have 40 channels there",
    );
  });

  it("of the denoiser names the transformer whose heads do not divide its channels", () => {
    expect(() => diffusionModule.configure({ transformer: { n_heads: 7 } }, widths, quiet)).toThrow("7 heads");
    expect(() => diffusionModule.configure({ c_s: 12 }, widths, quiet)).toThrow("config.c_s is 12");
  });

  it("of the confidence head has as many bins as there are steps, and needs some", () => {
    const bins = (config: object) =>
      confidenceHead.configure(config, widths, quiet).weights.get("confidence_head.lower_bins");
    expect(bins({})).toEqual([39]);
    expect(bins({ distance_bin_end: 4 })).toEqual([1]);
    expect(() => bins({ distance_bin_end: 3 })).toThrow("there are 0 bins of distances, expected 1 to 4096");
    expect(() => bins({ distance_bin_step: 0.000001 })).toThrow("expected 1 to 4096");
  });

  it("of the whole model shares the trunk's widths, and agrees with the inputs on steps and samples", () => {
    expect(() => full.configure({ diffusion_module: { c_z: 64 } }, sizes, quiet)).toThrow(
      "config.diffusion_module.c_z",
    );
    expect(() => full.configure({ confidence_head: { c_s: 64 } }, sizes, quiet)).toThrow("config.confidence_head.c_s");
    const sampled = { sample_diffusion: { N_step: 5, N_sample: 2 } };
    expect(() => full.configure(sampled, { ...sizes, steps: 6 }, quiet)).toThrow("N_step is 5");
    expect(() => full.configure(sampled, { ...sizes, samples: 1 }, quiet)).toThrow("N_sample is 2");
    expect(() => full.configure({ sample_diffusion: { gamma0: -1 } }, sizes, quiet)).toThrow("gamma0 should be zero");
    expect(() => full.configure({ inference_noise_scheduler: { sigma_data: 8 } }, sizes, quiet)).toThrow("sigma_data");
    expect(full.configure(sampled, sizes, quiet).sizes).toMatchObject({ samples: 2, steps: 5, batch: 2 });
  });

  /** Published counts of tensors and parameters, less the template embedder's that models without blocks do not read. */
  it.each([
    ["protenix-tiny", 109_500_223],
    ["protenix-mini", 134_067_007],
    ["protenix-base", 368_088_191],
    ["protenix-v1", 368_484_735],
    ["protenix-v2", 464_442_431],
  ] as const)("of %s has the published model's weights", (name, parameters) => {
    const { weights } = full.configure(presets.protenix[name].full, sizes, quiet);
    const count = [...weights.values()].reduce((sum, shape) => sum + shape.reduce((size, axis) => size * axis, 1), 0);
    const unread = name === "protenix-v1" || name === "protenix-v2" ? 0 : 23_680;
    expect(count).toBe(parameters - unread);
  });
});

it("contacts are the bins whose centre is nearer than 8 Å where bins have one width, however many there are", () => {
  const contacts = (no_bins: number) => contactBins({ no_bins }).reduce((sum, one) => sum + one, 0);
  expect([64, 39, 10].map(contacts)).toEqual([19, 11, 3]);
});
