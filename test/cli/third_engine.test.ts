/** An engine of one folder and one line of registration (test/support/third_engine) in the command line; what needs no GPU. */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findEngine, registerEngine } from "../../src/engines/index.ts";
import { BadInputError } from "../../src/errors.ts";
import { af3gpu, type Ended, scratch } from "../support/binary.ts";
import { buildThird } from "../support/third_engine/build.ts";
import { third } from "../support/third_engine/engine.ts";

let built: Awaited<ReturnType<typeof buildThird>>;
beforeAll(async () => {
  built = await buildThird();
});
afterAll(() => built.remove());

const run = (args: readonly string[], cwd = scratch()): Promise<Ended> => af3gpu(args, { file: built.script, cwd });
const sentence = async (args: readonly string[]): Promise<[number | null, string]> => {
  const { code, stderr } = await run(args);
  return [code, stderr.trimEnd()];
};

describe("a third engine", () => {
  it("has features, made and checked", async () => {
    const cwd = scratch();
    const make = ["features", "--synthetic", "--engine", "third", "--seq-len", "9", "--padding", "2"];
    expect((await run([...make, "--out", "f.safetensors"], cwd)).code).toBe(0);
    const { code, stdout } = await run(["features", "f.safetensors", "--engine", "third", "--json"], cwd);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ engine: "third", sizes: { tokens: 9 }, tensors: { length: 3 } });
    const [refused, reason] = await sentence(["features", path.join(cwd, "f.safetensors"), "--engine", "ligo"]);
    expect([refused, reason]).toEqual([2, expect.stringContaining("ligo's features lack")]);
  });

  it("says what it has no use for", async () => {
    const make = ["features", "--synthetic", "--engine", "third", "--seq-len", "9", "--out", "f.safetensors"];
    expect(await sentence([...make, "--templates", "4"])).toEqual([
      2,
      "af3-gpu: third has no use for --templates: leave it out",
    ]);
    expect(await sentence([...make, "--steps", "4"])).toEqual([
      2,
      "af3-gpu: third has no sampler, so there is no noise for it",
    ]);
    expect(await sentence(["export", "onnx", "--engine", "third"])).toEqual([
      2,
      "af3-gpu: third reproduces no repository: there is nothing to export from",
    ]);
    expect(await sentence(["plan", "--engine", "third", "--mode", "trunk", "--samples", "4"])).toEqual([
      2,
      "af3-gpu: third trunk has no samples",
    ]);
  });

  it("is one of both, and of those that helps and errors name", async () => {
    const args = [
      "plan",
      "--engine",
      "both",
      "--component",
      "trunk,mixing",
      "--preset",
      "tiny",
      "--seq-len",
      "8",
      "--json",
    ];
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).map(({ engine, component }: Record<string, string>) => `${engine} ${component}`)).toEqual(
      ["deepmind trunk", "ligo trunk", "protenix trunk", "third trunk", "third mixing_layer"],
    );
    expect(stderr).toBe(
      "deepmind has no component mixing\nligo has no component mixing\nprotenix has no component mixing\n",
    );
    expect(await sentence(["plan", "--engine", "fourth"])).toEqual([
      2,
      'af3-gpu: --engine should be deepmind, ligo, protenix, third or both, not "fourth"',
    ]);
    expect(await sentence(["weights", "random", "--engine", "fourth", "--component", "x", "--out", "x"])).toEqual([
      2,
      "af3-gpu: there is no engine fourth; there are deepmind, ligo, protenix and third",
    ]);
    expect((await run(["bench", "--help"])).stdout).toMatch(
      /deepmind, ligo, protenix, third or both.* distogram, .*mixing\./s,
    );
  });
});

describe("registration", () => {
  it("refuses a name that is taken, or stands for something else", () => {
    for (const name of ["ligo", "both", "all", "Third", "a,b", ""])
      expect(() => registerEngine({ ...third, name }), name).toThrow(BadInputError);
    expect(() => findEngine("third")).toThrow("there is no engine third; there are deepmind, ligo and protenix");
  });
});
