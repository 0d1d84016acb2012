/** `af3-gpu features`, as users call it; it needs no GPU. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { syntheticFeatures, syntheticNoise } from "../../src/engines/by_name.ts";
import { engineNames, findEngine } from "../../src/engines/index.ts";
import { writeSafetensors } from "../../src/formats/safetensors.ts";
import { scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";

const target = (): string => path.join(scratch(), "features.safetensors");

describe.each(engineNames)("features --synthetic --engine %s", (engine) => {
  const padding = findEngine(engine).features.options.includes("padding") ? 1 : 0;
  const options = ["--seq-len", "13", "--chains", "2", "--ligand-tokens", "3", "--msa", "3"];
  if (padding) options.push("--padding", String(padding));

  it("writes what the library makes, and nothing else", async () => {
    const out = target();
    const args = ["features", "--synthetic", "--engine", engine, ...options, "--recycles", "2", "--steps", "3"];
    const { code, stdout, stderr } = await af3gpu([...args, "--seed", "8", "--out", out, "--verbose"]);
    expect([code, stderr]).toEqual([0, `wrote ${out}\n`]);
    expect(stdout).toMatch(/^asym_id +int32 +\[13\]$/m);
    expect(stdout).toMatch(/^tensors=\d+ tokens=13 .*samples=1/m);
    expect(readdirSync(path.dirname(out))).toEqual(["features.safetensors"]);
    const made = syntheticFeatures(engine, {
      tokens: 13,
      chains: 2,
      ligandTokens: 3,
      padding,
      msaRows: 3,
      recycles: 2,
      seed: 8,
    });
    const noise = syntheticNoise(engine, made, { seed: 8, samples: 1, steps: 3 });
    expect(readFileSync(out).equals(writeSafetensors(new Map([...made, ...noise])))).toBe(true);
  });

  it("what it wrote passes its own check", async () => {
    const [first, second] = [target(), target()];
    await af3gpu(["features", "--synthetic", "--engine", engine, ...options, "--out", first]);
    const { code, stdout } = await af3gpu(["features", first, "--engine", engine, "--json", "--out", second]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ engine, noise: false, sizes: { tokens: 13, rows: 3 } });
    expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
  });
});

describe("features refuses", () => {
  const synthetic = ["--synthetic", "--engine", "ligo", "--seq-len", "8"];
  it.each<[string, readonly string[], RegExp]>([
    ["no engine", ["x.safetensors"], /needs --engine/],
    ["nothing to do", ["--engine", "ligo"], /needs a file, or --synthetic/],
    ["no output", synthetic, /needs --out/],
    ["no length", ["--synthetic", "--engine", "ligo", "--out", "x.npz"], /needs --seq-len/],
    ["a file and a seed", ["x", ...synthetic, "--out", "y.npz"], /not both/],
    [
      "an option of the generator with a file",
      ["x", "--engine", "ligo", "--num-msa", "3"],
      /--num-msa needs --synthetic/,
    ],
    ["samples without steps", [...synthetic, "--samples", "2", "--out", "x.npz"], /--samples needs --steps/],
    [
      "ligo with templates",
      [...synthetic, "--templates", "2", "--out", "x.npz"],
      /ligo has no use for --templates: leave it out/,
    ],
    [
      "padding without masks",
      ["--synthetic", "--engine", "protenix", "--seq-len", "8", "--padding", "1", "--out", "x.npz"],
      /protenix has no use for --padding: leave it out/,
    ],
    [
      "too many chains",
      [...synthetic, "--chains", "9", "--out", "x.npz"],
      /chains should be a whole number from 1 to 8/,
    ],
    ["an odd fraction", [...synthetic, "--ligand-tokens", "1.5", "--out", "x.npz"], /--ligand-tokens should be/],
    ["length zero", ["--synthetic", "--engine", "ligo", "--seq-len", "0", "--out", "x.npz"], /from 1/],
    ["a file that is not there", ["none.npz", "--engine", "ligo"], /cannot read none.npz: there is no such file/],
  ])("%s", async (_, args, message) => {
    const cwd = scratch();
    const { code, stdout, stderr } = await af3gpu(["features", ...args], { cwd });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("features of the other engine, and a file that is cut", async () => {
    const out = target();
    await af3gpu(["features", ...synthetic, "--out", out]);
    const other = await af3gpu(["features", out, "--engine", "deepmind"]);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/af3-gpu: \S+: deepmind's features lack seq_mask, /);
    writeFileSync(out, readFileSync(out).subarray(0, -4));
    const cut = await af3gpu(["features", out, "--engine", "ligo"]);
    expect(cut.code).toBe(2);
    expect(cut.stderr).toMatch(/features.safetensors is not a valid safetensors file/);
  });
});
