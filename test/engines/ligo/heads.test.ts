/** ligo's template embedder and confidence head: what the host prepares, figures of their plans, and what is refused. */
import { describe, expect, it } from "vitest";
import { sameChain } from "../../../src/engines/components/pairs.ts";
import { TOKEN_VALUES } from "../../../src/engines/components/template.ts";
import { findComponent, findEngine, findPreset, type PresetName } from "../../../src/engines/index.ts";
import { structurePositions } from "../../../src/engines/ligo/confidence_head.ts";
import { templateTokens } from "../../../src/engines/ligo/template_tokens.ts";
import { planMemory } from "../../../src/gpu/plan/memory.ts";
import { Plan } from "../../../src/gpu/plan/plan.ts";
import { deviceInputs } from "../../support/single_pass.ts";
import { target } from "../../support/target.ts";

const engine = findEngine("ligo");
const PARTS = ["template_embedder", "confidence_head"] as const;
type Sizes = Readonly<Record<string, number>>;

function configured(part: string, preset: PresetName, sizes: Sizes) {
  const { config, widths } = findPreset("ligo", part, preset);
  return findComponent(engine, part).configure(config, { ...widths, ...sizes }, () => {});
}

/** Reads a config for seven tokens. @returns the component and what it noted */
function read(part: string, config: object, sizes: Sizes = {}) {
  const notes: string[] = [];
  const component = findComponent(engine, part).configure(config, { tokens: 7, ...sizes }, (note) => notes.push(note));
  return { component, notes };
}

describe.each(PARTS)("%s", (part) => {
  it.each(Object.keys(findEngine("ligo").presets))(
    "can be recorded at the preset %s, and has weights by seed",
    (preset) => {
      const component = configured(part, preset, { tokens: 7 });
      component.record(new Plan(target));
      for (const [name, shape] of component.weights) expect(() => engine.randomWeight(name, shape, 0)).not.toThrow();
    },
  );

  it("makes inputs that it takes", () => {
    const component = configured(part, "tiny", { tokens: 7 });
    const given = component.randomInputs(3);
    expect([...given.keys()]).toEqual(component.component.inputs.map(({ name }) => name));
    const device = deviceInputs(component, given);
    const plan = new Plan(target);
    component.record(plan);
    const wanted = plan.sections.flatMap(({ inputs }) => [...inputs]);
    for (const [name, { bytes }] of wanted) expect(device.get(name)?.byteLength, name).toBe(bytes);
  });

  it("notes what it does not know", () => {
    const { notes } = read(part, { unheard_of: 1 }, { c_s: 384, c_z: 128 });
    expect(notes.join()).toMatch(/unheard_of/);
  });
});

describe("the template embedder", () => {
  it("has the published weights by default: the stack's hidden width does not follow the template's", () => {
    const { weights } = read("template_embedder", {}, { c_z: 128 }).component;
    expect(Object.fromEntries(weights)).toMatchObject({
      "template_embedder.proj_pair.0.weight": [128],
      "template_embedder.proj_pair.1.weight": [64, 128],
      "template_embedder.linear_templ_feat.weight": [64, 84],
      "template_embedder.pair_stack.blocks.1.tri_mul_out.linear_z.weight": [64, 128],
      "template_embedder.v_to_u_ln.bias": [64],
      "template_embedder.output_proj.1.weight": [128, 64],
    });
    expect([...weights.keys()].some((name) => name.includes("blocks.2."))).toBe(false);
  });

  it("needs no more memory for many templates", () => {
    const [few, many] = [4, 20].map((templates) => {
      const plan = new Plan(target);
      configured("template_embedder", "paper", { tokens: 256, templates }).record(plan);
      const { buffers } = planMemory(plan.lifetimes().lifetimes);
      return buffers.reduce((sum, bytes) => sum + bytes, 0) / (4 * 128 * 256 ** 2);
    });
    expect(many - few).toBeLessThan(0.05);
  });

  it("is refused without a template", () => {
    expect(() => configured("template_embedder", "tiny", { tokens: 7, templates: 0 })).toThrow(/no template/);
  });

  it("hands tokens over with atom, type and position, and without a frame", () => {
    const tokens = templateTokens([3, 21], [1, 2, 3, 4, 5, 6], [0, 1]);
    const expected = new Float32Array(2 * TOKEN_VALUES);
    expected.set([0, 0, 0, 0, 3, 0, 0, 0, 0, 1, 2, 3], 7);
    expected.set([1, 0, 0, 0, 21, 0, 0, 0, 0, 4, 5, 6], TOKEN_VALUES + 7);
    expect(tokens).toEqual(expected);
  });

  it("knows which tokens share a chain", () => {
    expect(Array.from(sameChain([4, 4, 0]))).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 1]);
  });
});

describe("the confidence head", () => {
  it("has the published weights by default, and 64 bins of distance errors whatever the config says", () => {
    const { component, notes } = read(
      "confidence_head",
      { no_bins_pde: 50, pair_dropout: 0.1 },
      { c_s: 384, c_z: 128 },
    );
    expect(notes).toEqual([]);
    expect(Object.fromEntries(component.weights)).toMatchObject({
      "confidence_head.linear_s_i.weight": [128, 384],
      "confidence_head.linear_s_j.weight": [128, 384],
      "confidence_head.linear_pair_dist.weight": [128, 11],
      "confidence_head.pairformer.blocks.3.transition.layer_norm.weight": [384],
      "confidence_head.pde_head.linear.weight": [64, 128],
      "confidence_head.pde_head.linear.bias": [64],
      "confidence_head.linear_plddt.weight": [64, 384],
      "confidence_head.linear_p_resolved.weight": [2, 384],
      "confidence_head.linear_pae.weight": [64, 128],
    });
    expect(component.weights.has("confidence_head.linear_pae.bias")).toBe(false);
  });

  it("is refused where heads do not divide the single representation", () => {
    expect(() => read("confidence_head", { no_heads_single_attn: 5 }, { c_s: 384, c_z: 128 })).toThrow(/384.*5 heads/);
  });

  it("hands positions over with a mask of ones", () => {
    expect(Array.from(structurePositions([1, 2, 3, 4, 5, 6]))).toEqual([1, 2, 3, 1, 4, 5, 6, 1]);
  });
});
