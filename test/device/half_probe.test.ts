/** The probe of activations: which halves a network writes, and how large they are. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { probeHalves } from "../../src/bench/half_probe.ts";
import type { ConfiguredComponent } from "../../src/engines/core/component.ts";
import type { Weights } from "../../src/engines/core/weights.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { LARGEST_HALF } from "../../src/gpu/plan/precision.ts";
import { openTestBackend } from "../support/device.ts";
import { scaledWeights } from "../support/scaled_weights.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

/** What a component's run on seeded inputs writes as halves. */
function probe(component: string, tokens: number, weights?: (configured: ConfiguredComponent) => Weights) {
  const { config, widths } = findPreset("ligo", component, "tiny");
  const sizes = { ...widths, tokens };
  const configured = findComponent(findEngine("ligo"), component).configure(config, sizes, () => {});
  return probeHalves(backend, {
    ...{ engine: "ligo", component, config, sizes, inputs: configured.randomInputs(0) },
    weights: weights?.(configured) ?? { kind: "random", seed: 0 },
  });
}

describe("the probe of activations", () => {
  it("finds nothing where no halves are written", async () => {
    expect(await probe("distogram_head", 5)).toEqual([]);
  });

  it("finds every array of a network, the largest first", async () => {
    const found = await probe("pairformer", 7);
    const written = new Set(found.map(({ label, array }) => `${label.split("/").pop()} ${array}`));
    for (const name of ["triangle_project a", "attention_project k", "swiglu hidden"]) expect(written).toContain(name);
    expect(found.map(({ largest }) => largest)).toEqual(found.map(({ largest }) => largest).sort((a, b) => b - a));
    expect(found[0].largest).toBeGreaterThan(1);
    expect(found[0].largest).toBeLessThan(LARGEST_HALF);
  });

  it("sees what passes the largest half and was cut off there", async () => {
    const large = await probe("pairformer", 7, (one) => scaledWeights(one, 2 ** 12, /pair_stack\.transition\.linear_/));
    expect(large[0]).toMatchObject({ array: "hidden", largest: LARGEST_HALF });
    expect(large[0].label).toMatch(/pair transition/);
  });
});
