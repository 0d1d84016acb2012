/** The least time on a GPU that is not here: `plan --gpu`. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { floorOf, sharesOf } from "../../src/bench/core/floor.ts";
import { workOf } from "../../src/bench/core/plan_report.ts";
import { publishedGpus } from "../../src/bench/core/published_gpus.ts";
import { planCommand } from "../../src/cli/plan.ts";
import { componentOf } from "../../src/engines/core/names.ts";
import { findEngine, findPreset } from "../../src/engines/index.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { anyDevice } from "../../src/gpu/plan/target.ts";
import { tuning } from "../../src/kernels/tune/table.ts";
import { scratch } from "../support/binary.ts";

const component = componentOf(findEngine("deepmind"), "full");
if (!component) throw new Error("deepmind has a full network");
const { config, widths } = findPreset("deepmind", component.name, "tiny");
const configured = component.configure(config, { ...widths, tokens: 24 }, () => {});
const plan = new Plan(anyDevice(tuning));
configured.record(plan);
const work = workOf(plan, configured);
const gpu = { ...publishedGpus.rx7900xtx, f32: 1, bandwidth: 200 };

describe("a plan's floor", () => {
  const floor = floorOf(plan, configured, gpu);

  it("is the FLOP at the peak, the bytes at the bandwidth, and for each dispatch the longer of both", () => {
    expect(floor.compute_ms).toBeCloseTo(work.flops / 1e9, 9);
    expect(floor.memory_ms).toBeCloseTo(work.bytes / 2e8, 6);
    const longer = plan.sections.reduce((sum, { name, first, end }) => {
      const runs = configured.repeats?.get(name) ?? 1;
      const steps = plan.steps.slice(first, end);
      return sum + runs * steps.reduce((ms, { cost }) => ms + Math.max(cost.flops / 1e9, cost.bytes / 2e8), 0);
    }, 0);
    expect(floor.floor_ms).toBeCloseTo(longer, 6);
    expect(floor.floor_ms).toBeGreaterThan(Math.max(floor.compute_ms, floor.memory_ms));
    expect(floor.compiled_ms).toBe(null);
  });

  it("is the sum of its sections, each as often as it runs", () => {
    expect(floor.sections.map(({ name }) => name)).toEqual(plan.sections.map(({ name }) => name));
    expect(floor.sections.some(({ runs }) => runs > 1)).toBe(true);
    const sum = floor.sections.reduce((total, section) => total + section.floor_ms, 0);
    expect(sum).toBeCloseTo(floor.floor_ms, 6);
  });

  it("follows what one of both peaks allows", () => {
    const { floor_ms, compute_ms } = floorOf(plan, configured, { ...gpu, bandwidth: 1e12 });
    expect(floor_ms).toBeCloseTo(compute_ms, 6);
    expect(floorOf(plan, configured, { ...gpu, f32: 2 }).compute_ms).toBeCloseTo(compute_ms / 2, 9);
  });
});

describe("as compiled", () => {
  const row = (label: string, kernel: string, share: number | null) => ({
    gpu: "navi31",
    engine: "deepmind",
    kernel,
    label,
    hot: share === null ? null : { fma_share: share },
  });
  const fast = { ...gpu, bandwidth: 1e12 };

  it("takes the share of multiply-adds of the step's pipeline, else of its kernel's heaviest, else all", () => {
    const steps = plan.steps.filter(({ kernel }) => kernel.name === "swiglu");
    const [{ label }] = steps;
    const other = steps.find((step) => step.label.replace(/\d+/g, "") !== label.replace(/\d+/g, ""));
    if (!other) throw new Error("swiglu stands at two places");
    const rows = [
      row("elsewhere", "swiglu", 0.5),
      row(label, "swiglu", 0.25),
      row("copy", "copy", 0),
      row("x", "add", null),
    ];
    const shares = sharesOf(rows, "f.json", "navi31", "deepmind");
    expect([shares(steps[0]), shares(other)]).toEqual([0.25, 0.5]);
    const matmul = plan.steps.find(({ kernel }) => kernel.name === "project_residual");
    expect(matmul && shares(matmul)).toBe(undefined);
  });

  it("is longer by as much as the share is short of one", () => {
    const names = [...new Set(plan.steps.map(({ kernel }) => kernel.name))];
    const shares = sharesOf(
      names.map((name) => row("-", name, 0.5)),
      "f.json",
      "navi31",
      "deepmind",
    );
    const { compiled_ms, compute_ms } = floorOf(plan, configured, fast, shares);
    expect(compiled_ms).toBeCloseTo(2 * compute_ms, 4);
  });

  it.each([
    [{}, /^f\.json is no table that npm run compilers -- --json wrote$/],
    [[{ gpu: "navi31" }], /^f\.json is no table/],
    [[row("-", "swiglu", 1)].map((one) => ({ ...one, gpu: "m1" })), /^f\.json has no figures of deepmind on navi31$/],
  ])("refuses %j", (rows, message) => {
    expect(() => sharesOf(rows, "f.json", "navi31", "deepmind")).toThrow(message);
  });
});

it("every published GPU has peaks, a source, and a name that no other has", () => {
  for (const { f32, bandwidth, source } of Object.values(publishedGpus)) {
    expect(f32).toBeGreaterThan(1);
    expect(bandwidth).toBeGreaterThan(100);
    expect(source).not.toBe("");
  }
  const names = Object.values(publishedGpus).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe("plan --gpu", () => {
  const run = (...args: string[]) => planCommand().parseAsync(args, { from: "user" });
  const folder = scratch();
  /** A file with this text, or this value as JSON. */
  const file = (name: string, value: unknown): string => {
    const at = path.join(folder, name);
    writeFileSync(at, typeof value === "string" ? value : JSON.stringify(value));
    return at;
  };

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("prints a floor per section, beside it what the compiler's code allows", async () => {
    const written: string[] = [];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
    const compiled = file("lab.json", [
      { gpu: "navi31", engine: "deepmind", kernel: "swiglu", label: "-", hot: { fma_share: 0.8 } },
    ]);
    const args = ["--engine", "deepmind", "--mode", "full", "--preset", "tiny", "--seq-len", "24"];
    await run(...args, "--gpu", "rx7900xtx", "--compilers", compiled);
    const text = written.join("");
    expect(text).toContain("on AMD Radeon RX 7900 XTX at best, by published peaks of 61.4 TFLOP/s (f32) and 960 GB/s");
    expect(text).toMatch(/floor ms +as compiled for navi31/);
    for (const { name } of plan.sections) expect(text).toContain(name);
  });

  it("takes peaks of a file, and tells them in JSON", async () => {
    const written: string[] = [];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
    const own = file("own.json", { name: "mine", f32: 2, bandwidth: 50 });
    await run("--engine", "deepmind", "--seq-len", "32", "--gpu", own, "--json");
    const [{ roofline, flops }] = JSON.parse(written.join(""));
    expect(roofline).toMatchObject({ gpu: "mine", source: own, f32_tflops: 2, bandwidth_gbs: 50, compiled_ms: null });
    expect(roofline.compute_ms).toBeCloseTo(flops / 2e9, 6);
  });

  it("plans arrays as large as WebGPU has them on such GPUs, or the file says, and says so", async () => {
    const written: string[] = [];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
    const args = ["--engine", "ligo", "--preset", "block", "--seq-len", "640"];
    await run(...args, "--gpu", "h100_sxm");
    expect(written.join("")).toMatch(
      /for bindings of at most 2.00 GiB and buffers of at most 2.00 GiB, as WebGPU usually/,
    );
    const limits = { maxStorageBufferBindingSize: 2 ** 30, maxBufferSize: 2 ** 31 };
    written.length = 0;
    await run(...args, "--gpu", file("large.json", { f32: 2, bandwidth: 50, ...limits }), "--json");
    expect(JSON.parse(written.join(""))[0].roofline.limits).toEqual({ ...limits, known: true });
    const small = file("small.json", { f32: 2, bandwidth: 50, maxStorageBufferBindingSize: 2 ** 27 });
    await expect(run(...args, "--gpu", small)).rejects.toThrow(/bindings of 128 MiB, the device allows 8:/);
  });

  it.each([
    [["--gpu", "rx7900xt"], /^--gpu should be one of rx7900xtx, .*, not "rx7900xt"\. Did you mean rx7900xtx\?$/],
    [["--gpu", "rx7900xtx", "--device", "cpu"], /^--gpu and --device contradict each other: /],
    [["--compilers", "x.json"], /^--compilers says more of a GPU: name it with --gpu$/],
    [
      ["--gpu", "h100_sxm", "--compilers", file("rows.json", [])],
      /^no compiler that can be asked comes near that of NVIDIA H100 SXM/,
    ],
    [["--gpu", "rx7900xtx", "--compilers", path.join(folder, "no")], /^cannot read .*no: /],
    [
      ["--gpu", file("a.json", { bandwidth: 1 })],
      /a\.json: f32 should be a number above 0, in TFLOP\/s, not undefined$/,
    ],
    [
      ["--gpu", file("huge.json", '{ "f32": 1e400, "bandwidth": 1 }')],
      /f32 should be a number above 0, in TFLOP\/s, not Infinity$/,
    ],
    [["--gpu", file("b.json", { f32: 1, bandwidth: -1 })], /bandwidth should be a number above 0, in GB\/s, not -1$/],
    [["--gpu", file("c.json", { f32: 1, bandwith: 1 })], /has a field bandwith; .*Did you mean bandwidth\?$/],
    [["--gpu", file("d.json", { f32: 1, bandwidth: 1, name: 3 })], /name should be a text$/],
    [["--gpu", file("e.json", [1])], /e\.json should hold a JSON object$/],
  ])("refuses %j in a sentence", async (args, message) => {
    await expect(run("--engine", "deepmind", "--seq-len", "16", ...args)).rejects.toThrow(message);
  });
});
