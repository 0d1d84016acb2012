/** What Node says where packages are missing that web apps do without, and that it finds them once they are installed. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { installPacked, link, manifestOf, type Packed } from "../support/packed.ts";

vi.setConfig({ testTimeout: 300_000 });
let packed: Packed;
beforeAll(async () => {
  packed = await installPacked();
}, 300_000);

/** Runs a module, or a command of the package, in the stranger's project. */
function node(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: packed.project, encoding: "utf8" });
  return { status, stdout, stderr };
}

const command = (...args: readonly string[]) =>
  node(path.join(packed.folder, manifestOf(packed.folder).bin["af3-gpu"]), ...args);
const script = (code: string) => node("--input-type=module", "-e", code);

it("a Node user without Dawn gets one sentence that says what to install", () => {
  const { webgpu } = manifestOf(packed.folder).peerDependencies;
  const status = script(
    'import { openWebGpu } from "af3-gpu"; console.log(JSON.stringify(await openWebGpu().status()));',
  );
  expect(status.stderr).toBe("");
  expect(JSON.parse(status.stdout)).toEqual({
    ready: false,
    reason: "Node has no WebGPU of its own, and Dawn is not installed",
    fix: `npm install webgpu@${webgpu}`,
  });
  const { status: code, stderr } = command("doctor");
  expect([code, stderr]).toEqual([
    3,
    expect.stringMatching(/^af3-gpu: .*Dawn is not installed. To fix it: npm install webgpu@\S+\n$/),
  ]);
});

it("what needs no device works without: presets, features, weights, help", () => {
  const made = script(
    'import { preset, syntheticInputs } from "af3-gpu"; const { config } = preset("ligo", "pairformer", "tiny"); console.log(syntheticInputs("ligo", "pairformer", config, { tokens: 4 }).size);',
  );
  expect(made).toEqual({ status: 0, stdout: "4\n", stderr: "" });
  expect(command("--help")).toMatchObject({ status: 0, stderr: "" });
});

it("conformers of a SMILES need openchemlib, which is asked for when there is one", () => {
  const made = (name: string, record: string) => {
    writeFileSync(path.join(packed.project, name), record);
    const out = ["--buckets", "exact", "--out", `${name}.npz`];
    return command("features", name, "--engine", "deepmind", "--conformers", "generated", ...out);
  };
  const { openchemlib } = manifestOf(packed.folder).peerDependencies;
  const missing = made("smiles.fasta", ">A|smiles\nCO\n");
  expect([missing.status, missing.stderr]).toEqual([
    3,
    expect.stringMatching(`openchemlib, which is not installed. To fix it: npm install openchemlib@${openchemlib},`),
  ]);
  expect(made("protein.fasta", ">A|protein\nGSHMKT\n").status).toBe(0);
  link(packed.project, "openchemlib");
  const found = made("smiles.fasta", ">A|smiles\nCO\n");
  expect([found.status, found.stderr]).toEqual([0, expect.not.stringContaining("zeros")]);
});

it("golden cases come with a package of their own, which verify and bench ask for", async () => {
  const { status, stderr } = command("verify");
  expect([status, stderr]).toEqual([
    3,
    expect.stringMatching(/the golden cases.* are not installed. To fix it: npm install af3-gpu-cases@\d/),
  ]);
  const cases = await installPacked("cases");
  const { version } = manifestOf(cases.folder);
  expect(version).toBe(manifestOf(packed.folder).version);
  expect(manifestOf(packed.folder).peerDependencies["af3-gpu-cases"]).toBe(version);
  link(packed.project, "af3-gpu-cases", cases.folder);
  const found = script(
    'import { findCases, shippedCases } from "./package/dist/platform/node/cases.js"; console.log((await findCases(shippedCases())).length);',
  );
  expect(found.stderr).toBe("");
  expect(Number(found.stdout)).toBeGreaterThan(60);
});
