/** What keeps intermediates small: chunks of rows, strict or not, change no bit of the result; kernels that do two steps in one, no more than their bounds. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import type { EngineName } from "../../src/engines/core/component.ts";
import { engineNames, findComponent, findEngine } from "../../src/engines/index.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import type { Target, TuningRow } from "../../src/gpu/plan/target.ts";
import { Executable } from "../../src/gpu/run/executable.ts";
import { compare } from "../../src/kernels/check/compare.ts";
import { componentBound } from "../../src/kernels/check/tolerance.ts";
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
  protenix: { n_blocks: 1, n_heads: 2, c_s: 16, c_z: 8 },
};
const sizes = { tokens: 9, c_s: 16, c_z: 8 };

/** Small tiles, which software adapters compile quickly. */
const rowsFor = (kernels: readonly string[]): TuningRow[] =>
  kernels.map((kernel) => ({
    kernel,
    variant: "workgroup",
    params: { ROW_LANES: 4, ROW_BLOCKS: 1, K_STEP: 1 },
    origin: { kind: "judgement", because: "a test" },
  }));
const fused = rowsFor(["transition", "gated_residual"]);
const joins = ["attention_transition", "attention_to_attention", "triangle_to_attention", "triangle_to_triangle"];
const joined = rowsFor(joins);

it.for(engineNames)(
  "%s gives the same bits in chunks of any size, and the same numbers with fused and joined steps",
  async (name) => {
    const engine = findEngine(name);
    const configured = findComponent(engine, "pairformer").configure(configs[name], sizes, () => {});
    const run = async (chunkBytes: number, change: Partial<Target> = {}) => {
      const plan = new Plan({ ...(await backend.target()), chunkBytes, ...change });
      configured.record(plan, (weight) => engine.randomWeight(weight, configured.weights.get(weight) ?? [], 0));
      const count = (kernel: string) => plan.steps.filter(({ label }) => label.endsWith(`ending/${kernel}`)).length;
      const executable = await Executable.build(await backend.device(), plan, await backend.pipelines());
      const { outputs } = await executable.run(deviceInputs(configured, configured.randomInputs(1)));
      executable.dispose();
      const values = [...outputs].map(([, data]) => Float64Array.from(data));
      return {
        attentions: count("attention"),
        fused: count("gated_residual"),
        joined: plan.steps.filter(({ kernel }) => joins.includes(kernel.name)).length,
        steps: plan.steps.length,
        values,
        bits: [...outputs].map(([, data]) => new Uint32Array(data.buffer)),
      };
    };
    const [whole, chunked] = [await run(2 ** 20), await run(1)];
    expect(whole.attentions).toBe(1);
    expect(chunked.attentions).toBeGreaterThan(2);
    expect(chunked.bits).toEqual(whole.bits);
    const strict = await run(1, { strictChunks: true });
    expect(strict.attentions).toBe(sizes.tokens);
    expect(strict.bits).toEqual(whole.bits);

    const { tuning } = await backend.target();
    const fusing = { tuning: [...fused, ...tuning] };
    const [once, inChunks] = [await run(2 ** 20, fusing), await run(1, { ...fusing, strictChunks: true })];
    expect([once.fused, inChunks.fused]).toEqual([1, sizes.tokens]);
    expect(inChunks.bits).toEqual(once.bits);
    const together = await run(2 ** 20, { tuning: [...joined, ...fusing.tuning] });
    expect([together.joined, together.fused, together.steps]).toEqual([4, 0, once.steps - 5]);
    // The two multiplications have no chunks.
    expect((await run(1, { tuning: [...joined, ...fusing.tuning] })).joined).toBe(1);
    for (const { values: own } of [once, together])
      own.forEach((values, index) => {
        expect(compare(values, whole.values[index]).error).toBeLessThan(componentBound);
      });
  },
);
