/** Chunks of rows, which keep intermediates small, strict or not, change no bit of the result. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import type { EngineName } from "../../src/engines/core/component.ts";
import { engineNames, findComponent, findEngine } from "../../src/engines/index.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { Executable } from "../../src/gpu/run/executable.ts";
import { openTestBackend } from "../support/device.ts";
import { deviceInputs } from "../support/single_pass.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

/** Heads four times as wide as the pair: then the attention needs chunks too, not the transition alone. */
const configs: Readonly<Record<EngineName, unknown>> = {
  ligo: {
    c_s: 16,
    c_z: 8,
    no_blocks: 1,
    c_hidden_mul: 8,
    c_hidden_pair_attn: 8,
    no_heads_tri_attn: 4,
    no_heads_single_attn: 2,
    transition_n: 4,
  },
  deepmind: { num_layer: 1, pair_attention: { num_head: 2 }, single_attention: { num_head: 2 } },
};
const sizes = { tokens: 9, c_s: 16, c_z: 8 };

it.for(engineNames)("%s gives the same bits in chunks of any size", async (name) => {
  const engine = findEngine(name);
  const configured = findComponent(engine, "pairformer").configure(configs[name], sizes, () => {});
  const run = async (chunkBytes: number, strictChunks = false) => {
    const plan = new Plan({ ...(await backend.target()), chunkBytes, strictChunks });
    configured.record(plan, (weight) => engine.randomWeight(weight, configured.weights.get(weight) ?? [], 0));
    const count = (kernel: string) => plan.steps.filter(({ label }) => label.endsWith(`ending/${kernel}`)).length;
    const executable = await Executable.build(await backend.device(), plan, await backend.pipelines());
    const { outputs } = await executable.run(deviceInputs(configured, configured.randomInputs(1)));
    executable.dispose();
    return { attentions: count("attention"), bits: [...outputs].map(([, data]) => new Uint32Array(data.buffer)) };
  };
  const [whole, chunked] = [await run(2 ** 20), await run(1)];
  expect(whole.attentions).toBe(1);
  expect(chunked.attentions).toBeGreaterThan(2);
  expect(chunked.bits).toEqual(whole.bits);
  const strict = await run(1, true);
  expect(strict.attentions).toBe(sizes.tokens);
  expect(strict.bits).toEqual(whole.bits);
});
