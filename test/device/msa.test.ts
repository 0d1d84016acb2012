/** The stacks over the MSA: chunks change no bit, and what is masked never reaches the rest, whatever the recorded cases hold. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import type { EngineName } from "../../src/engines/core/component.ts";
import { findComponent, findEngine } from "../../src/engines/index.ts";
import { float32, type HostTensor, type TensorMap } from "../../src/formats/tensor.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { Executable } from "../../src/gpu/run/executable.ts";
import { openTestBackend } from "../support/device.ts";
import { deviceInputs } from "../support/single_pass.ts";

let backend: WebGpuBackend;
beforeAll(() => {
  backend = openTestBackend();
});
afterAll(() => backend.dispose());

const N = 9;
const ROWS = 7;
const PRESENT = [1, 1, 0, 1, 1, 1, 0, 1, 0];
const sizes = { tokens: N, rows: ROWS, c_m: 32, c_z: 8, c_token: 12 };

interface Setting {
  readonly engine: EngineName;
  readonly component: string;
  readonly config: unknown;
  /** Names of the inputs that are given for sequences and tokens, pairs, and tokens. */
  readonly tensors: { readonly sequences: string; readonly pairs: string; readonly tokens?: string };
}

/** Outer products wider than the pair, and heads as wide together: both need chunks when the budget is small. */
const settings: readonly Setting[] = [
  {
    engine: "deepmind",
    component: "msa_stack",
    config: {
      num_layer: 1,
      msa_attention: { num_head: 2 },
      outer_product_mean: { num_outer_channel: 15 },
      pair_attention: { num_head: 2 },
    },
    tensors: { sequences: "msa", pairs: "pair" },
  },
  {
    engine: "ligo",
    component: "msa_module",
    config: { no_blocks: 2, c_msa: 10, c_hidden: 15, no_heads: 4, c_hidden_tri_mul: 8, c_hidden_pair_attn: 4 },
    tensors: { sequences: "msa_feat", pairs: "z", tokens: "s_inputs" },
  },
];

describe.for(settings)("$engine", ({ engine: name, component, config, tensors }) => {
  const engine = findEngine(name);
  const configured = findComponent(engine, component).configure(config, sizes, () => {});

  it("gives the same bits in chunks of any size", async () => {
    const run = async (chunkBytes: number) => {
      const plan = new Plan({ ...(await backend.target()), chunkBytes });
      configured.record(plan, (weight) => engine.randomWeight(weight, configured.weights.get(weight) ?? [], 0));
      const count = (kernel: string) =>
        plan.steps.filter(({ label }) => label.startsWith("block 0") && label.endsWith(`/${kernel}`)).length;
      const executable = await Executable.build(await backend.device(), plan, await backend.pipelines());
      const { outputs } = await executable.run(deviceInputs(configured, configured.randomInputs(1)));
      executable.dispose();
      return {
        chunks: [count("outer_product"), count("weighted_average")],
        bits: [...outputs].map(([, data]) => new Uint32Array(data.buffer)),
      };
    };
    const [whole, chunked] = [await run(2 ** 20), await run(1)];
    expect(whole.chunks).toEqual([1, 1]);
    for (const count of chunked.chunks) expect(count).toBeGreaterThan(2);
    expect(chunked.bits).toEqual(whole.bits);
  });

  const present = (token: number): boolean => PRESENT[token % N] === 1;
  const pairPresent = (position: number): boolean => present(Math.floor(position / N)) && present(position);

  /** Inputs whose absent tokens hold other values for each seed, and the others always the same. */
  function inputsWith(padding: number): TensorMap {
    const [base, other] = [configured.randomInputs(5), configured.randomInputs(padding)];
    const mix = (tensor: string, counts: (position: number) => boolean): [string, HostTensor] => {
      const [a, b] = [base.get(tensor) as HostTensor, other.get(tensor) as HostTensor];
      const channels = a.shape[a.shape.length - 1];
      const values = Float32Array.from(a.data, (value, at) =>
        counts(Math.floor(at / channels)) ? value : 10 * b.data[at],
      );
      return [tensor, float32(a.shape, values)];
    };
    const mask = (tensor: string, counts: (position: number) => boolean): [string, HostTensor] => {
      const { shape, data } = base.get(tensor) as HostTensor;
      return [
        tensor,
        float32(
          shape,
          Float32Array.from(data, (value, at) => (counts(at) ? value : 0)),
        ),
      ];
    };
    return new Map([
      mix(tensors.sequences, present),
      mix(tensors.pairs, pairPresent),
      ...(tensors.tokens ? [mix(tensors.tokens, present)] : []),
      mask("msa_mask", present),
      mask("pair_mask", pairPresent),
    ]);
  }

  it("absent tokens never reach the others: their outputs keep every bit", async () => {
    const weights = { kind: "random", seed: 0 } as const;
    await using runner = await backend.load({ engine: name, component, config, weights, sizes });
    const [a, b] = [await runner.run(inputsWith(6)), await runner.run(inputsWith(7))];
    const pairs = (outputs: TensorMap, counts: (position: number) => boolean): number[] => {
      const { data, shape } = outputs.get(tensors.pairs) as HostTensor;
      return [...data].filter((_, at) => counts(Math.floor(at / shape[2])));
    };
    expect(pairs(a, pairPresent)).toEqual(pairs(b, pairPresent));
    expect(pairs(a, pairPresent).every(Number.isFinite)).toBe(true);
    // The absent entries themselves do differ: the test could fail.
    expect(pairs(a, () => true)).not.toEqual(pairs(b, () => true));
  });
});
