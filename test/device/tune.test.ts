/** `af3-gpu tune` from end to end, on a device: what it writes, who uses it, and how it fails. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { jobsOf } from "../../src/bench/tune/jobs.ts";
import { DeviceMachine } from "../../src/bench/tune/machine.ts";
import { chooseVariant } from "../../src/gpu/plan/variant.ts";
import { candidatesOf } from "../../src/kernels/tune/candidates.ts";
import { rowsOf } from "../../src/kernels/tune/own_rows.ts";
import { nodeSources } from "../../src/platform/node/dawn.ts";
import { ownTuning, tuningFile, writeTuning } from "../../src/platform/node/tuning.ts";
import { scratch } from "../support/binary.ts";
import { openTestBackend, testDevice } from "../support/device.ts";
import { af3gpu } from "../support/inside.ts";

const tiny = ["--engine", "ligo", "--preset", "tiny", "--seq-len", "8", "--device", testDevice];
const cache = scratch();
const env = { AF3_GPU_CACHE: cache, AF3_GPU_TUNING: "own" };

/** Runs work while the cache folder is another. */
async function inCache<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env.AF3_GPU_CACHE;
  process.env.AF3_GPU_CACHE = cache;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.AF3_GPU_CACHE;
    else process.env.AF3_GPU_CACHE = before;
  }
}

describe("tune", () => {
  it("times a kernel's candidates, and writes what it found as a whole", async () => {
    const rows = path.join(scratch(), "rows.json");
    const { code, stdout, stderr } = await af3gpu(
      ["tune", ...tiny, "--kernel", "add", "--minutes", "0.5", "--json", rows],
      { env },
    );
    expect(stderr).toMatch(/^add \(.*\): lanes.*/m);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^kernel +sizes/);
    const { device, file, jobs, rows: found } = JSON.parse(readFileSync(rows, "utf8"));
    expect(device).not.toBe("");
    expect(path.dirname(file)).toBe(path.join(cache, "tuning"));
    expect(jobs.length).toBeGreaterThan(0);
    for (const job of jobs) {
      expect(job).toMatchObject({
        kernel: "add",
        incumbent: { variant: "lanes", params: { LANES: 64 } },
        problem: null,
      });
      expect(job.tried.map(({ verdict }: { verdict: string }) => verdict)).not.toContain("failed");
      expect(job.tried.map(({ verdict }: { verdict: string }) => verdict)).not.toContain("wrong");
    }
    const written = readdirSync(path.join(cache, "tuning"));
    expect(written).toHaveLength(found.length > 0 ? 1 : 0);
  });

  it("finds every candidate right that it would let win", async () => {
    const backend = openTestBackend();
    try {
      const target = await backend.target();
      const machine = new DeviceMachine(await backend.device(), await backend.pipelines(), target);
      const jobs = jobsOf({ engines: ["ligo"], component: "trunk", preset: "tiny", seqLens: [8] }, target);
      for (const name of ["add", "masked_softmax"]) {
        const job = jobs.find(({ kernel }) => kernel.name === name);
        if (!job) continue;
        const { incumbent, others } = candidatesOf(job.kernel, target, job.call);
        for (const candidate of others) expect(await machine.check(job, candidate, incumbent)).toBeUndefined();
      }
    } finally {
      await backend.dispose();
    }
  });

  it("notices a candidate whose numbers are wrong, and gives up one that is not ready in time", async () => {
    const backend = openTestBackend();
    try {
      const target = await backend.target();
      const machine = new DeviceMachine(await backend.device(), await backend.pipelines(), target);
      const [job] = jobsOf({ engines: ["ligo"], component: "trunk", preset: "tiny", seqLens: [8] }, target).filter(
        ({ kernel }) => kernel.name === "add",
      );
      const { incumbent } = candidatesOf(job.kernel, target, job.call);
      // Half of the workgroups do half of the work.
      const half = { ...incumbent.variant, workgroups: () => 0 };
      expect(await machine.check(job, { ...incumbent, variant: half }, incumbent)).toMatch(/one row: .*reference/);
      await expect(machine.prepare(job, incumbent, 0)).rejects.toThrow("it was not ready after 0 s");
      (await machine.prepare(job, incumbent, 60_000)).destroy();
    } finally {
      await backend.dispose();
    }
  });

  it("prints what it would do, and touches nothing", async () => {
    const empty = scratch();
    const { code, stdout } = await af3gpu(["tune", ...tiny, "--dry-run"], { env: { AF3_GPU_CACHE: empty } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^attention .* \d+$/m);
    expect(stdout).toContain(`faster ones would be written to ${empty}`);
    // SwiftShader, where it is the device, is unpacked there.
    expect(readdirSync(empty)).not.toContain("tuning");
  });

  it.each([
    [["--minutes", "0"], "--minutes should be a number above 0"],
    [["--kernel", "ad"], "there is no kernel ad; there are"],
    [["--kernel", "add,add"], "--kernel names add twice"],
    [["--kernel", "matmul"], "these networks make no use of the kernel matmul"],
    [["--dry-run", "--minutes", "3"], "--dry-run has no use for --minutes"],
    [["--mode", "toy"], "--mode should be trunk or full"],
    [["--json", "/proc/nowhere/rows.json"], "cannot write /proc/nowhere/rows.json"],
    [["--fast"], "unknown option"],
  ])("refuses %j", async (args, words) => {
    const { code, stdout, stderr } = await af3gpu(["tune", ...tiny, ...args], { env });
    expect(stderr).toContain(words);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it("says that the cache cannot be written to before it times anything", async () => {
    const file = path.join(scratch(), "file");
    writeFileSync(file, "");
    const { code, stderr } = await af3gpu(["tune", ...tiny], { env: { AF3_GPU_CACHE: file } });
    expect(code).toBe(3);
    expect(stderr).toContain("cannot be written to, AF3_GPU_CACHE chooses another");
  });
});

describe("a table of one's own", () => {
  const call = { sizes: { x_rows: 64, C: 16, z_rows: 64, mask_rows: 0 }, scalars: { rows: 64 } };
  const opened = () => new WebGpuBackend(nodeSources(testDevice), testDevice, ownTuning);

  /** Writes a row by which add runs with other lanes. */
  const written = () =>
    inCache(async () => {
      const backend = opened();
      try {
        const [{ adapter }, target] = [await backend.device(), await backend.target()];
        const kernel = jobsOf({ engines: ["ligo"], component: "trunk", preset: "tiny", seqLens: [8] }, target).find(
          (job) => job.kernel.name === "add",
        )?.kernel;
        if (!kernel) throw new Error("no add");
        const winner = candidatesOf(kernel, { ...target, tuning: target.tuning.slice(-6) }, call).others.find(
          ({ dims }) => dims.LANES === 128,
        );
        const rows = rowsOf([{ kernel, call, winner }], {}, { kind: "measured", on: "it", see: "a test" });
        await writeTuning(adapter, rows);
        return { kernel, file: tuningFile(adapter) };
      } finally {
        await backend.dispose();
      }
    });

  it("decides which variants run, and is named by every verb, doctor and results", async () => {
    const { kernel, file } = await written();
    await inCache(async () => {
      const backend = opened();
      try {
        expect(chooseVariant(kernel, await backend.target(), call).dims.LANES).toBe(128);
        const status = await backend.status();
        expect(status.ready && status.device.tuning).toMatchObject({ kind: "own", file, rows: [{ kernel: "add" }] });
      } finally {
        await backend.dispose();
      }
    });
    const out = scratch();
    const bench = ["bench", "--mode", "toy", "--engine", "ligo", "--passes", "1", "--device", testDevice, "--out", out];
    const own = await af3gpu(bench, { env });
    expect(own.stderr).toMatch(/note: 1 row of your own tuning of \d{4}-\d\d-\d\d decide/);
    const reviewed = await af3gpu(bench, { env: { ...env, AF3_GPU_TUNING: "reviewed" } });
    expect(reviewed.stderr).not.toContain("your own tuning");
    const environments = readdirSync(out).map((name) =>
      JSON.parse(readFileSync(path.join(out, name, "environment.json"), "utf8")),
    );
    const kinds = environments.map(({ tuning }) => tuning.kind);
    expect(kinds.sort()).toEqual(["own", "reviewed"]);
    const doctor = JSON.parse((await af3gpu(["doctor", "--json", "--device", testDevice], { env })).stdout);
    expect(doctor.tuning).toMatchObject({ kind: "own", file });
  });

  it("that is broken is a note, and no failure", async () => {
    const { file } = await written();
    writeFileSync(file, "{");
    const { code, stdout, stderr } = await af3gpu(["plan", "--device", testDevice, "--seq-len", "16"], { env });
    expect(code).toBe(0);
    expect(stdout).toContain("dispatches");
    expect(stderr).toContain(`note: your tuning table ${file} is ignored: it is no JSON`);
  });

  it("is not asked for where the environment says something unknown", async () => {
    const wrong = { ...env, AF3_GPU_TUNING: "mine" };
    const { code, stderr } = await af3gpu(["plan", "--device", testDevice, "--seq-len", "16"], { env: wrong });
    expect(code).toBe(2);
    expect(stderr).toContain('AF3_GPU_TUNING should be own or reviewed, not "mine"');
  });
});
