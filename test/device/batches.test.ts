/** Samples batch by batch: the same numbers as side by side, also in a last batch that is not full. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { overridden } from "../../src/engines/core/overrides.ts";
import { engineNames, findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { compare } from "../../src/kernels/check/compare.ts";
import { componentBound } from "../../src/kernels/check/tolerance.ts";
import { openTestBackend } from "../support/device.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

const networks = engineNames.flatMap((engine) => {
  const component = findComponent(findEngine(engine), "full");
  const preset = findPreset(engine, "full", "tiny");
  const config = overridden(findEngine(engine), component, preset.config, { recycles: 0, steps: 2, samples: 3 });
  const configured = component.configure(config, { ...preset.widths, tokens: 5 }, () => {});
  // An engine without batches samples all side by side.
  return "batch" in configured.sizes ? [[engine, config, configured] as const] : [];
});

describe.each(networks)("%s's samples", (engine, config, configured) => {
  it("are the same in batches of two as side by side", async () => {
    const inputs = configured.randomInputs(3);
    const sampled = async (batch: number) => {
      const sizes = { ...configured.sizes, batch };
      const runner = await backend.load({
        engine,
        component: "full",
        config,
        sizes,
        weights: { kind: "random", seed: 2 },
      });
      const outputs = await runner.run(inputs);
      await runner.dispose();
      return outputs;
    };
    const [together, apart] = [await sampled(3), await sampled(2)];
    expect([...apart.keys()]).toEqual([...together.keys()]);
    for (const [name, { data }] of together) {
      const { error } = compare(apart.get(name)?.data ?? [], data);
      expect(error, name).toBeLessThanOrEqual(componentBound);
    }
    const positions = together.get("positions")?.data ?? new Float32Array();
    const own = positions.length / 3;
    // No two samples are alike, or batches could stand in each other's place.
    expect(positions.subarray(0, own)).not.toEqual(positions.subarray(2 * own));
  });
});
