/** A backend that computes the toy, and can be made slow, wrong or broken; what it is asked for is kept. */
import type { Backend, Runner, RunTimes } from "../../src/backends/backend.ts";
import { makeWorkload, type Workload } from "../../src/bench/core/workload.ts";
import { toyReference } from "../../src/engines/components/toy.ts";
import { findEngine } from "../../src/engines/index.ts";
import { float32, type TensorMap } from "../../src/formats/tensor.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";

const adapter = {
  vendor: "",
  architecture: "",
  device: "fake",
  description: "",
  software: true,
  subgroupMinSize: 0,
  subgroupMaxSize: 0,
};

/** ligo's toy. */
export const toy = (tokens: number): Promise<Workload> =>
  makeWorkload(nodeFiles, {
    engine: "ligo",
    mode: "toy",
    component: "toy",
    preset: "tiny",
    tokens,
    weights: "random",
    features: "synthetic",
    seed: 3,
  });

const toyWeights = findEngine("ligo").randomWeight("toy.weights", [64, 64], 3);

/** What `tanh(x W)` is, or with `off` a little beside it. */
function answer(inputs: TensorMap, off: number): TensorMap {
  const x = inputs.get("x") as NonNullable<ReturnType<TensorMap["get"]>>;
  const y = Float32Array.from(toyReference(x.data as Float32Array, toyWeights), (value) => value + off);
  return new Map([["y", float32(x.shape, y)]]);
}

const timesOf = (elapsed: number): RunTimes => ({
  elapsed,
  execute: 50,
  gpu: undefined,
  sections: [{ name: "", runs: 1, execute: 50, gpu: undefined }],
});

export interface Fake {
  readonly off?: number;
  readonly fails?: (tokens: number) => Error | undefined;
  /** Milliseconds of each run, in order. */
  readonly times?: readonly number[];
  /** Computes in a process of its own, which says that it had so many milliseconds of processor time, or nothing. */
  readonly process?: { readonly had: number | undefined };
}

export function fakeBackend({ off = 0, fails = () => undefined, times, process }: Fake) {
  const events: string[] = [];
  const backend: Backend = {
    name: "webgpu",
    variant: "",
    ...(process && { ownProcess: true }),
    status: async () => ({ ready: true, device: { name: "fake (software)", software: true, adapter } }),
    async load({ sizes }): Promise<Runner> {
      events.push(`load ${sizes.tokens}`);
      let runs = 0;
      const time: Runner["time"] = async (inputs) => {
        events.push(`run ${sizes.tokens}`);
        const error = runs > 1 ? fails(sizes.tokens) : undefined;
        if (error) throw error;
        const took = times?.[runs] ?? 100 + runs;
        runs++;
        return { outputs: answer(inputs, off), times: timesOf(took), peakBytes: 35, processorMs: process?.had };
      };
      return {
        time,
        run: async (inputs) => (await time(inputs)).outputs,
        memory: { weights: 10, activations: 20, overhead: 5 },
        settings: { threads: 2, graph_capture: false },
        dispose: async () => void events.push(`dispose ${sizes.tokens}`),
        [Symbol.asyncDispose]: async () => {},
      };
    },
    release: async () => void events.push("release backend"),
    dispose: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  return { events, backend };
}
