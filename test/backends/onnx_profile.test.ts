/** ONNX Runtime's own profile: its trace read, and a profile of graphs of our own on the CPU. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Runner } from "../../src/backends/backend.ts";
import { OnnxBackend, type OnnxRunner } from "../../src/backends/onnx/backend.ts";
import { nodeTimes } from "../../src/backends/onnx/node_times.ts";
import type { BenchResult } from "../../src/bench/core/bench.ts";
import { readProfile } from "../../src/bench/core/profile.ts";
import { profileRow, profileText } from "../../src/cli/bench_profile.ts";
import { progress } from "../../src/cli/output.ts";
import { CancelledError } from "../../src/errors.ts";
import { NodeOnnxHost } from "../../src/platform/node/onnx/host.ts";
import { scratch } from "../support/binary.ts";
import { cacheOf, trunkGraph } from "../support/onnx.ts";
import { benchRow } from "../support/public_values.ts";

/** A trip of 1000 µs, its nodes 100 µs apart. @param own microseconds of each node */
const trip = (start: number, own: readonly (readonly [name: string, op: string, dur: number])[]) => [
  ...own.map(([name, op_name, dur], at) => ({
    ...{ cat: "Node", name: `${name}_kernel_time`, ts: start + 100 * (at + 1), dur },
    args: { op_name, provider: "CPUExecutionProvider" },
  })),
  { cat: "Session", name: "SequentialExecutor::Execute", ts: start + 1, dur: 998, args: {} },
  { cat: "Session", name: "model_run", ts: start, dur: 1000, args: {} },
];
const load = { cat: "Session", name: "session_initialization", ts: 1, dur: 50, args: {} };
const nodes = (scale: number) =>
  [
    ["/pair/block 0/MatMul", "MatMul", 20 * scale],
    ["Tanh_1", "Tanh", 10 * scale],
  ] as const;

describe("a trace of ONNX Runtime", () => {
  it("is the times of nodes run by run and trip by trip, without the first run", () => {
    const trips = [9, 9, 1, 2, 3, 4].flatMap((scale, at) => trip(1000 * (at + 1), nodes(scale)));
    const runs = nodeTimes(JSON.stringify([load, ...trips]), "cpu", 3, 2);
    expect(runs.map((steps) => steps.map(({ times }) => times))).toEqual([
      [
        [0.02, 0.04],
        [0.01, 0.02],
      ],
      [
        [0.06, 0.08],
        [0.03, 0.04],
      ],
    ]);
    expect(runs[0]).toMatchObject([
      { label: "pair/block 0/MatMul", kernel: "MatMul", variant: "CPU", section: "", flops: 0, bytes: 0 },
      { label: "Tanh_1", kernel: "Tanh", variant: "CPU", ms: 0.03 },
    ]);
  });

  it("has the dispatches of a GPU behind everything else, and they belong to the trip that they began in", () => {
    const trips = [1, 2].flatMap((run) => trip(1000 * run, nodes(1)));
    const api = (name: string, ts: number, dur: number) => ({ cat: "Api", name, ts, dur });
    const gpu = [
      ...[api("&Transpose&Transpose", 500, 1), api("&MatMul&MatMulTiled", 1150, 300), api("/a/act&Tanh&Tanh", 1500, 7)],
      ...[api("/a/act&Tanh&Tanh", 2400, 5), api("&MatMul&MatMulTiled", 2120, 250)],
    ];
    expect(nodeTimes(JSON.stringify([load, ...trips, ...gpu]), "webgpu", 2, 1)).toMatchObject([
      [
        { label: "MatMul", kernel: "MatMul", variant: "MatMulTiled", times: [0.25] },
        { label: "a/act", kernel: "Tanh", variant: "Tanh", times: [0.005] },
      ],
    ]);
    expect(nodeTimes(JSON.stringify(trips), "webgpu", 2, 1)).toEqual([[]]);
  });

  it("counts what a node runs inside of it once", () => {
    const own = [
      ["body/Add", "Add", 30],
      ["body/Mul", "Mul", 40],
    ] as const;
    const looped = [0, 1000].flatMap((start) => {
      const [add, mul, ...rest] = trip(start + 1000, own);
      const loop = { ...add, name: "loop_kernel_time", ts: start + 1050, dur: 200, args: { op_name: "Loop" } };
      return [{ ...add, name: "first_kernel_time", ts: start + 1001, dur: 9 }, add, mul, loop, ...rest];
    });
    const [steps] = nodeTimes(JSON.stringify(looped), "cpu", 2, 1);
    expect(steps.map(({ label, ms }) => [label, ms])).toEqual([
      ["first", 0.009],
      ["loop", 0.2],
    ]);
  });

  it("is refused if runs are missing, or had different nodes", () => {
    const trips = [1, 2, 3].flatMap((run) => trip(1000 * run, nodes(1)));
    expect(() => nodeTimes(JSON.stringify(trips), "cpu", 4, 1)).toThrow("ONNX Runtime's profile holds 3 of 4 runs");
    const other = [...trips.slice(0, -3), ...trip(9000, nodes(1).slice(1))];
    expect(() => nodeTimes(JSON.stringify(other), "cpu", 3, 1)).toThrow("ONNX Runtime's runs had different nodes");
  });
});

describe("a graph on onnx-cpu", () => {
  const { graph, request, inputs } = trunkGraph();
  /** Runs a test with a trunk of two trips loaded. */
  async function withTrunk(test: (runner: Runner, root: string) => Promise<void>): Promise<void> {
    const root = cacheOf(graph);
    const backend = new OnnxBackend("cpu", "plain", new NodeOnnxHost({ folder: root }));
    try {
      await test(await backend.load(request), root);
    } finally {
      await backend.dispose();
    }
  }

  it("is profiled by ONNX Runtime itself, trip by trip, kept with its own trace, and leaves nothing behind", async () => {
    const folder = scratch();
    await withTrunk(async (runner, root) => {
      const before = await runner.run(inputs);
      const row = { ...benchRow, backend: "onnx-cpu", variant: "plain", exec_ms: 2, gpu_ms: null };
      const result = { outcome: "timed", rows: [row], workload: { inputs } } as unknown as BenchResult;
      const made = await profileRow(result, runner, undefined, { flops: 1, bytes: 1 }, folder, progress());
      if (!made || "none" in made) throw new Error(made?.none);
      const read = (file = ""): string => readFileSync(file, "utf8");
      const profile = readProfile(JSON.parse(read(made.files.data)), "the profile");
      expect(profile).toMatchObject({ clock: "ONNX Runtime", passes_exec_ms: 2, passes_gpu_ms: null });
      expect(profile.roofline_flops).toBeNull();
      // The two Adds run once in each of two trips; which nodes ONNX Runtime keeps as they are is its own choice.
      const adds = profile.kernels.find(({ kernel }) => kernel === "Add");
      expect(adds).toMatchObject({ variant: "CPU", flops_per_second: null, roofline_share: null });
      expect((adds?.calls ?? 0) % 2).toBe(0);
      expect(profile.dispatches.every(({ runs }) => runs === 2)).toBe(true);
      expect(profile.kernels.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
      const original = JSON.parse(read(made.files.original));
      const trips = original.filter(({ name }: { name: string }) => name === "model_run").length;
      expect(trips).toBe(2 * (profile.profiled_runs + 1));
      expect(JSON.parse(read(made.files.trace)).otherData.note).toContain("ONNX Runtime's time per node");
      expect(profileText(made)).toMatch(/^node type +calls +ms +share\n/m);
      expect(profileText(made)).toMatch(/\bAdd \(CPU\) +\d+ /);
      expect(profileText(made)).toMatch(/^node +type +calls +ms +share\n/m);
      // The session whose passes are timed is as it was.
      expect(await runner.run(inputs)).toEqual(before);
      const staged = readdirSync(root, { recursive: true }).map(String);
      expect(staged.filter((name) => name.includes("profile-"))).toEqual([]);
    });
    expect(readdirSync(path.join(folder, "profile"))).toHaveLength(4);
  });

  it("is not profiled once somebody has stopped it", async () => {
    await withTrunk(async (runner) => {
      const signal = AbortSignal.abort();
      const asked = (runner as OnnxRunner).profileNodes(inputs, { runs: 1, patience: 1, signal });
      await expect(asked).rejects.toThrow(CancelledError);
    });
  });
});

it("says in one sentence why other backends and hosts have no profile", async () => {
  const { graph, request, inputs } = trunkGraph();
  const cpu = new NodeOnnxHost({ folder: cacheOf(graph) });
  const folder = scratch();
  const none = async (provider: "cuda" | "webgpu", profile?: object) => {
    const session = { settings: {}, dispose: async () => {}, ...profile };
    const graphs = cpu.graphs.bind(cpu);
    const host = { status: async () => ({}), graphs, open: async () => session, dispose: async () => {} } as never;
    const runner = await new OnnxBackend(provider, "plain", host).load(request);
    const result = { outcome: "timed", rows: [benchRow], workload: { inputs } } as unknown as BenchResult;
    return profileRow(result, runner, undefined, undefined, folder, progress());
  };
  expect(await none("cuda")).toMatchObject({ none: expect.stringMatching(/^of cuda, .*: no profile$/) });
  expect(await none("webgpu")).toMatchObject({ none: "ONNX Runtime makes no profile here" });
  const trace = JSON.stringify([1, 2, 3, 4].flatMap((run) => trip(1000 * run, nodes(1))));
  expect(await none("webgpu", { profile: async () => ({ runs: 2, trace }) })).toMatchObject({
    none: "ONNX Runtime has no timestamps of this adapter: no profile",
  });
  const broken = { profile: async () => Promise.reject(new Error("the process is gone")) };
  expect(await none("webgpu", broken)).toMatchObject({ none: "the process is gone" });
  expect(existsSync(path.join(folder, "profile"))).toBe(false);
});
