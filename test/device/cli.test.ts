/** The commands, as users call them. */
import { cpSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { SafeTensors } from "../../src/formats/safetensors.ts";
import { scratch } from "../support/binary.ts";
import { testDevice } from "../support/device.ts";
import { af3gpu } from "../support/inside.ts";

const cases = path.resolve(import.meta.dirname, "../../cases");
const device = ["--device", testDevice];

describe("run", () => {
  it("writes a case's outputs under their names, without reading what is expected of it", async () => {
    const out = path.join(scratch(), "deep", "outputs.safetensors");
    const { code, stdout } = await af3gpu(["run", path.join(cases, "ligo-pairformer-odd"), "--out", out, ...device]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^s \[\d+, \d+\]\nz \[\d+, \d+, \d+\]\n$/)]);
    const written = new SafeTensors(readFileSync(out), out);
    expect([...written.names].sort()).toEqual(["s", "z"]);
    expect(written.describe("s")?.dtype).toBe("F32");
  });

  it("takes single files in a case's place", async () => {
    const folder = path.join(cases, "deepmind-pairformer-odd");
    const out = path.join(scratch(), "outputs.safetensors");
    const config = path.join(scratch(), "config.json");
    const { writeFileSync } = await import("node:fs");
    writeFileSync(config, JSON.stringify(JSON.parse(readFileSync(path.join(folder, "case.json"), "utf8")).config));
    const files = [
      "--config",
      config,
      "--weights",
      path.join(folder, "weights.safetensors"),
      "--inputs",
      path.join(folder, "inputs.safetensors"),
    ];
    const { code } = await af3gpu([
      "run",
      "--engine",
      "deepmind",
      "--component",
      "pairformer",
      ...files,
      "--out",
      out,
      ...device,
    ]);
    expect(code).toBe(0);
    expect([...new SafeTensors(readFileSync(out), out).names].sort()).toEqual(["pair", "single"]);
  });
});

describe("verify", () => {
  it("prints each output's error against its bound", async () => {
    const { code, stdout } = await af3gpu([
      "verify",
      path.join(cases, "ligo-pairformer-odd"),
      path.join(cases, "deepmind-pairformer-odd"),
      ...device,
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok +ligo-pairformer-odd +z /m);
    expect(stdout).toContain("2 of 2 cases passed");
  });

  it("exits with 1 when a number is off", async () => {
    const folder = path.join(scratch(), "off");
    const { cpSync, writeFileSync } = await import("node:fs");
    cpSync(path.join(cases, "deepmind-pairformer-odd"), folder, { recursive: true });
    const file = path.join(folder, "expected.safetensors");
    const bytes = readFileSync(file);
    bytes.writeFloatLE(bytes.readFloatLE(bytes.length - 4) + 1, bytes.length - 4);
    writeFileSync(file, bytes);
    const { code, stdout } = await af3gpu(["verify", folder, ...device]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("0 of 1 case passed")]);
    expect(stdout).toMatch(/^FAILED +off/m);
  });
});

describe("the others", () => {
  it("kernels lists, checks and times", async () => {
    expect((await af3gpu(["kernels", "--list"])).stdout).toMatch(/^attention +tile, workgroup, shuffle/m);
    const checked = await af3gpu(["kernels", "copy", "matmul", "--check", "--case", "ragged", ...device]);
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringMatching(/[23] passed, 0 failed/)]);
  });

  it("kernels times, and keeps what it found as compare reads it", async () => {
    const cwd = scratch();
    const call = ["kernels", "copy", "--case", "16 MiB", "--time", "0.2", "--notes", "a note", "--out", "r", ...device];
    const timed = await af3gpu(call, { cwd });
    expect(timed.stdout).toMatch(/^copy +plain +16 MiB +[\d.]+/m);
    const [folder] = readdirSync(path.join(cwd, "r"));
    expect(timed.stderr).toContain(`results: ${path.join("r", folder)}`);
    const files = readdirSync(path.join(cwd, "r", folder)).sort();
    expect(files).toEqual(["environment.json", "kernels.csv", "kernels.jsonl"]);
    const row = JSON.parse(readFileSync(path.join(cwd, "r", folder, "kernels.jsonl"), "utf8"));
    expect(row).toMatchObject({ kernel: "copy", variant: "plain", case: "16 MiB", notes: "a note", flops: 0 });
    expect(row.batched_ms.length).toBeGreaterThan(0);
    cpSync(path.join(cwd, "r"), path.join(cwd, "again"), { recursive: true });
    const compared = await af3gpu(["compare", "r", "again", "--json"], { cwd });
    expect(JSON.parse(compared.stdout)).toMatchObject({ rows: [{ name: "copy (plain) 16 MiB", change: "UNSURE" }] });
    const unused = await af3gpu(["kernels", "copy", "--check", "--out", "r", ...device], { cwd });
    expect([unused.code, unused.stderr]).toEqual([2, expect.stringContaining("--out")]);
  });

  it("doctor tells what is here and tests it", async () => {
    const { code, stdout } = await af3gpu(["doctor", "--json", ...device]);
    expect(code).toBe(0);
    const findings = JSON.parse(stdout);
    expect(findings.selfTest).toMatchObject({ failed: [] });
    expect(findings.selfTest.passed).toBeGreaterThanOrEqual(9);
    expect(findings.roofline.flops).toBeGreaterThan(0);
    expect(findings.largest_tokens.ligo).toBeGreaterThanOrEqual(512);
    expect(findings.largest[0]).toEqual({
      engine: "deepmind",
      mode: "pairformer",
      precision: "f32",
      tokens: findings.largest_tokens.deepmind,
      note: null,
    });
    // Whatever is null has its reason beside it.
    for (const { tokens, note } of findings.largest) if (tokens === null) expect(note).toMatch(/^not known: /);
    expect(findings.memory_bytes).toBeGreaterThan(0);
    expect(findings.memory_note).toMatch(/the memory of this machine$/);
    expect(findings.main_job_note).toBe("af3-gpu bench without options can run here");
    expect(findings).toMatchObject({ main_job: null, installed: { "onnxruntime-node": "1.30.0" } });
    expect(findings.conditions.usable).toBeGreaterThan(0);
  });

  it("doctor without an adapter says what is here all the same, and exits with 3", async () => {
    const { code, stdout, stderr } = await af3gpu(["doctor", "--device", "none-such"]);
    expect([code, stderr]).toEqual([3, expect.stringContaining("To fix it: ")]);
    expect(stdout).toMatch(/^installed +nvidia .*\n(.*\n)*machine +\d+ of \d+ processors usable/m);
  });

  it("plan needs no adapter", async () => {
    const { code, stdout } = await af3gpu([
      "plan",
      "--engine",
      "ligo",
      "--seq-len",
      "256",
      "--steps",
      "--device",
      "none-such",
    ]);
    expect(code).toBe(3);
    const without = await af3gpu(["plan", "--engine", "ligo", "--seq-len", "256", "--steps"]);
    expect([without.code, stdout]).toEqual([0, ""]);
    expect(without.stdout).toContain("19 dispatches (19 per block)");
    const whole = await af3gpu([
      "plan",
      "--engine",
      "deepmind",
      "--mode",
      "full",
      "--preset",
      "tiny",
      "--seq-len",
      "16",
    ]);
    expect(whole.stdout).toMatch(/^ +denoising +20 +\d+ +[\d.]+ M/m);
    expect(without.stdout).toMatch(/block 0\/triangle attention ending\/attention +attention +workgroup/);
  });

  it("every verb has help with an example, and the version is the package's", async () => {
    for (const verb of [
      "bench",
      "run",
      "verify",
      "kernels",
      "compare",
      "tune",
      "doctor",
      "plan",
      "export",
      "features",
      "weights",
      "demo",
    ]) {
      const { code, stdout } = await af3gpu([verb, "--help"]);
      expect([code, stdout]).toEqual([0, expect.stringMatching(new RegExp(`Examples?:\\n +af3-gpu ${verb}`))]);
    }
    const { version } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, "../../package.json"), "utf8"));
    expect((await af3gpu(["--version"])).stdout.trim()).toBe(version);
  });
});
