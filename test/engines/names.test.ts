/** Short names of components, and counts that commands override. */
import { describe, expect, it } from "vitest";
import { checkComponents, componentOf } from "../../src/engines/core/names.ts";
import { type Overrides, overridden } from "../../src/engines/core/overrides.ts";
import { findComponent, findEngine } from "../../src/engines/index.ts";

const both = ["deepmind", "ligo"].map(findEngine);

/** An engine's component with other counts. */
function counted(name: string, component: string, config: unknown, overrides: Overrides): unknown {
  const engine = findEngine(name);
  return overridden(engine, findComponent(engine, component), config, overrides);
}

describe("names of components", () => {
  it.each([
    ["deepmind", "pairformer", "pairformer"],
    ["deepmind", "msa", "msa_stack"],
    ["deepmind", "template", "template_embedding"],
    ["deepmind", "diffusion", "diffusion_head"],
    ["deepmind", "confidence", "confidence_head"],
    ["deepmind", "distogram", "distogram_head"],
    ["deepmind", "msa_stack", "msa_stack"],
    ["deepmind", "msa_module", undefined],
    ["ligo", "pairformer", "pairformer"],
    ["ligo", "msa", "msa_module"],
    ["ligo", "distogram", "distogram_head"],
    ["ligo", "constructor", undefined],
  ])("%s's %s is %s", (engine, name, own) => {
    expect(componentOf(findEngine(engine), name)?.name).toBe(own);
  });

  it("are refused if no engine has them, with those that there are", () => {
    expect(() => checkComponents(both, ["msa", "msa_stack"])).not.toThrow();
    expect(() => checkComponents([findEngine("ligo")], ["msa_stack"])).toThrow(
      /^ligo has no component msa_stack; known are .*msa_module.*, msa, /,
    );
    expect(() => checkComponents(both, ["pairformer", "boltz"])).toThrow(
      /^deepmind and ligo have no component boltz; known are /,
    );
  });
});

describe("counts that are overridden", () => {
  it("stand where the engine's config has them, and the rest stays", () => {
    const config = { num_recycles: 10, heads: { diffusion: { eval: { steps: 200, gamma_0: 0.8 } }, distogram: {} } };
    expect(counted("deepmind", "full", config, { recycles: 0, steps: 20, samples: 2 })).toEqual({
      num_recycles: 0,
      heads: { diffusion: { eval: { steps: 20, gamma_0: 0.8, num_samples: 2 } }, distogram: {} },
    });
    expect(config.heads.diffusion.eval).toEqual({ steps: 200, gamma_0: 0.8 });
    expect(counted("ligo", "full", {}, { recycles: 1, steps: 2, samples: 3 })).toEqual({
      num_cycles: 2, // ligo counts the first trip
      n_steps: 2,
      samples_per_trunk: 3,
    });
    expect(counted("deepmind", "full", config, { steps: undefined })).toBe(config);
  });

  it("are refused where there are none, or where the engine takes no such number", () => {
    expect(() => counted("ligo", "trunk", {}, { steps: 5 })).toThrow("ligo trunk has no steps; full has");
    expect(() => counted("ligo", "pairformer", {}, { recycles: 5 })).toThrow(
      "ligo pairformer has no recycles; trunk and full have",
    );
    expect(() => counted("ligo", "full", {}, { steps: 1 })).toThrow("steps should be at least 2 for ligo, not 1");
    expect(() => counted("ligo", "full", {}, { recycles: 65536 })).toThrow(
      "recycles should be at most 65535 for ligo, not 65536",
    );
  });
});
