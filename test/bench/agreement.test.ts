/** Backends that judge each other, and the turns they take. */
import { describe, expect, it } from "vitest";
import type { Backend, BackendName } from "../../src/backends/backend.ts";
import { type BenchSettings, runBench } from "../../src/bench/core/bench.ts";
import { Judge } from "../../src/bench/core/judge.ts";
import { exactly } from "../../src/bench/core/measure.ts";
import type { BenchRow } from "../../src/bench/core/row.ts";
import { benchSummaries } from "../../src/bench/core/summary.ts";
import { makeWorkload, type Workload } from "../../src/bench/core/workload.ts";
import { benchReport } from "../../src/cli/bench_report.ts";
import { DeviceError } from "../../src/errors.ts";
import { float32, type TensorMap } from "../../src/formats/tensor.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";

const settings: BenchSettings = {
  stop: exactly(3),
  warmup: 1,
  cold: false,
  precision: "f32",
  notes: "",
  commit: null,
  machine: { cpu: "a CPU" },
};

const workload = (): Promise<Workload> =>
  makeWorkload(nodeFiles, {
    engine: "ligo",
    mode: "component",
    component: "distogram_head",
    preset: "tiny",
    tokens: 5,
    weights: "random",
    features: "synthetic",
    seed: 9,
  });

/** The values 1, 2, 3 …, all of them larger by the part `off`. */
const answer = (off: number): TensorMap =>
  new Map([
    [
      "distogram_logits",
      float32(
        [5, 5, 64],
        Float32Array.from({ length: 1600 }, (_, at) => (at + 1) * (1 + off)),
      ),
    ],
  ]);

/** Relative errors: what float32 gives, what bfloat16 gives, and what no precision explains. */
const [TINY, COARSE, LARGE] = [2 ** -20, 2 ** -8, 2 ** -6];

interface Fake {
  readonly name?: BackendName;
  readonly variant?: string;
  /** Relative error of every output. */
  readonly off?: number;
  readonly milliseconds?: number;
  readonly ready?: boolean;
  /** The run that fails, from 0. */
  readonly failsAt?: number;
}

function fake(events: string[], { name = "webgpu", variant = "", off = 0, milliseconds = 1, ...rest }: Fake): Backend {
  return {
    name,
    variant,
    status: async () =>
      rest.ready === false
        ? { ready: false, reason: "there is no such thing", fix: "make one" }
        : { ready: true, device: { name: `the device of ${name}`, software: false } },
    async load() {
      let runs = 0;
      const time = async () => {
        events.push(`${name} ${runs}`);
        if (runs++ === rest.failsAt) throw new DeviceError("lost", "it fell over");
        const sections = [{ name: "", runs: 1, execute: milliseconds, gpu: undefined }];
        const times = { elapsed: milliseconds, execute: milliseconds, gpu: undefined, sections };
        return { outputs: answer(off), times, peakBytes: undefined };
      };
      return {
        time,
        run: async () => (await time()).outputs,
        memory: { weights: undefined, activations: undefined, overhead: undefined },
        settings: { threads: 2 },
        dispose: async () => void events.push(`${name} disposed`),
        [Symbol.asyncDispose]: async () => {},
      };
    },
    release: async () => void events.push(`${name} closed`),
    dispose: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

async function bench(...fakes: Fake[]) {
  const events: string[] = [];
  const rows: BenchRow[] = [];
  const hooks = { row: (row: BenchRow) => void rows.push(row), progress: () => {} };
  const backends = fakes.map((one) => fake(events, one));
  const results = await runBench(backends, [await workload()], new Judge(nodeFiles, []), settings, hooks);
  return { events, rows, results, of: (name: string) => rows.find(({ backend }) => backend === name) };
}

describe("backends side by side", () => {
  it("take turns, once all have been loaded and judged", async () => {
    const { events } = await bench({}, { name: "onnx-cpu" });
    expect(events).toEqual([
      ...["webgpu 0", "onnx-cpu 0"],
      ...[1, 2, 3].flatMap((turn) => [`webgpu ${turn}`, `onnx-cpu ${turn}`]),
      ...["webgpu disposed", "onnx-cpu disposed"],
    ]);
  });

  it("confirm each other: the most trusted judges the rest, and is named", async () => {
    const { of } = await bench({ off: TINY }, { name: "onnx-cpu" }, { name: "native", variant: "eager" });
    expect(of("native")).toMatchObject({ check: "backend:onnx-cpu", ok: true });
    expect(of("webgpu")?.check).toBe("backend:native:eager");
    expect(of("webgpu")?.worst_error).toBeGreaterThan(TINY / 4);
  });

  it("give no time to the one that is wrong", async () => {
    const { of, results } = await bench({}, { name: "onnx-cpu" }, { name: "onnx-webgpu", off: LARGE });
    expect(results.map(({ outcome }) => outcome)).toEqual(["timed", "timed", "wrong"]);
    expect(of("onnx-webgpu")).toMatchObject({ ok: false, elapsed_ms: null, check: "backend:onnx-cpu" });
    expect(of("onnx-webgpu")?.error).toMatch(/^wrong: distogram_logits differs from onnx-cpu by /);
  });

  it("do not outvote a more trusted one that nobody confirms: cases decide, and there are none", async () => {
    const { rows } = await bench({ off: LARGE }, { name: "native", variant: "eager" });
    expect(rows.map(({ error }) => error)).toEqual(Array(2).fill(expect.stringMatching(/there is no golden case/)));
  });

  it("do not outvote another together if both run the same graph: cases decide", async () => {
    const { rows } = await bench({}, { name: "onnx-cpu", off: LARGE }, { name: "onnx-webgpu", off: LARGE });
    expect(rows.map(({ check }) => check)).toEqual(["cases", "cases", "cases"]);
    const { of } = await bench({ name: "onnx-webgpu" }, { name: "onnx-cpu" });
    expect(of("onnx-webgpu")).toMatchObject({ ok: true, check: "backend:onnx-cpu" });
  });

  it("are allowed what their precision allows", async () => {
    const { of } = await bench({}, { name: "native", variant: "bf16", off: COARSE });
    expect(of("native")).toMatchObject({ ok: true, check: "backend:webgpu" });
    const { of: other } = await bench({}, { name: "onnx-cpu" }, { name: "native", variant: "bf16", off: 0.1 });
    expect(other("native")).toMatchObject({ ok: false });
  });

  it("never confirm each other if both are ours, in two precisions: cases decide, and there are none", async () => {
    const { rows } = await bench({}, { variant: "mixed", off: COARSE });
    expect(rows.map(({ check }) => check)).toEqual(["cases", "cases"]);
    const { of } = await bench({}, { variant: "mixed", off: COARSE }, { name: "onnx-cpu" });
    expect(of("onnx-cpu")).toMatchObject({ ok: true, check: "backend:webgpu" });
  });

  it("say in which precision each computed, and are allowed what that allows", async () => {
    const { rows, results } = await bench(
      { name: "onnx-cpu" },
      {},
      { variant: "mixed", off: COARSE },
      { name: "native", variant: "tf32" },
    );
    expect(new Set(rows.map(({ variant, precision, ok }) => `${variant} ${precision} ${ok}`))).toEqual(
      new Set([" f32 true", "mixed mixed true", "tf32 tf32 true"]),
    );
    const [float32, mixed] = results.slice(1).map(({ rows: [row] }) => row);
    expect(mixed.traffic_bytes).toBeLessThan(float32.traffic_bytes ?? 0);
    expect(benchReport(results, undefined)).toContain("float32 and mixed and tf32");
    const { rows: wrong } = await bench({ name: "onnx-cpu" }, {}, { variant: "mixed", off: 0.1 });
    expect(wrong.find(({ variant }) => variant === "mixed")).toMatchObject({ ok: false, precision: "mixed" });
  });

  it("go on without one that fails, or is not there", async () => {
    const { rows, of, results, events } = await bench(
      {},
      { name: "onnx-cpu" },
      { name: "native", variant: "eager", failsAt: 2 },
      { name: "onnx-cuda", ready: false },
    );
    expect(results.map(({ outcome }) => outcome)).toEqual(["timed", "timed", "failed", "failed"]);
    expect(of("onnx-cuda")?.error).toBe("there is no such thing. To fix it: make one");
    expect(rows.filter(({ backend }) => backend === "native").at(-1)).toMatchObject({
      ok: false,
      error: "it fell over",
    });
    expect(rows.filter(({ backend, ok }) => backend === "webgpu" && ok)).toHaveLength(3);
    expect(events).toContain("native closed");
  });

  it("are told by their ratio to the first, turn by turn, with what they were set to", async () => {
    const { results } = await bench({ milliseconds: 2 }, { name: "onnx-webgpu", variant: "mha", milliseconds: 5 });
    expect(benchSummaries(results, undefined).map(({ ratio }) => ratio?.median)).toEqual([1, 2.5]);
    const report = benchReport(results, undefined);
    expect(report).toContain("onnx-webgpu:mha");
    expect(report).toContain("threads=2");
    expect(report).toContain("ratio=2.50–2.50");
  });
});
