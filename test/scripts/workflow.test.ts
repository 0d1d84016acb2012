/** `npm run workflow`: what is wrong is said before Snakemake is installed. */
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratch } from "../support/binary.ts";

const script = path.resolve(import.meta.dirname, "../../scripts/workflow.mjs");

function run(cwd: string, ...args: string[]) {
  const cache = path.join(cwd, "cache");
  const env = { ...process.env, INIT_CWD: cwd, AF3_GPU_CACHE: cache, AF3_GPU_PYTHON: path.join(cwd, "no-python") };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { env, encoding: "utf8" });
  expect(existsSync(cache)).toBe(false);
  return { status, stdout, stderr };
}

describe("npm run workflow", () => {
  it("refuses what af3-gpu sweep refuses, in its words, and installs nothing", () => {
    const folder = scratch();
    expect(run(folder, "nowhere.yaml")).toEqual({
      status: 2,
      stdout: "",
      stderr: "af3-gpu: cannot read nowhere.yaml: there is no such file\n",
    });
    writeFileSync(path.join(folder, "grid.yaml"), "engin: ligo");
    expect(run(folder, "grid.yaml").stderr).toMatch(/^af3-gpu: grid\.yaml: bench has no option "engin"/);
  });

  it("says its use: asked with 0, else with 2", () => {
    expect(run(scratch(), "--help")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^usage: npm run/) });
    expect(run(scratch())).toMatchObject({ status: 2, stderr: expect.stringMatching(/^usage: npm run/) });
  });
});
