/** The command line of a checkout refuses to run what was built of older sources. */
import { cpSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { changedSince, changedSincePage } from "../../src/platform/node/build_age.ts";
import { af3gpu, scratch } from "../support/binary.ts";

const BUILT = new Date("2026-01-02T00:00:00Z");
const EARLIER = new Date("2026-01-01T00:00:00Z");
const LATER = new Date("2026-01-03T00:00:00Z");

/** Makes files with their times. */
function folderWith(files: Readonly<Record<string, Date>>, root = scratch()): string {
  for (const [name, time] of Object.entries(files)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "");
    utimesSync(file, time, time);
  }
  return root;
}

const built = { "dist/cli/main.js": BUILT, "dist/generated/shaders.js": BUILT, "dist/generated/presets.js": BUILT };

describe("a checkout's build", () => {
  it.each([
    ["src/cli/main.ts", path.join("src", "cli", "main.ts")],
    ["src/cli/added.ts", path.join("src", "cli", "added.ts")],
    ["wgsl/lib/tile.wgsl", path.join("wgsl", "lib", "tile.wgsl")],
    ["presets/ligo.json", path.join("presets", "ligo.json")],
  ])("is old once %s changed", (changed, named) => {
    expect(changedSince(folderWith({ ...built, [changed]: LATER }))).toBe(named);
  });

  it("is fresh behind its sources, and where there are none", () => {
    const sources = { "src/cli/main.ts": EARLIER, "wgsl/copy.wgsl": BUILT, "wgsl/README.md": LATER };
    expect(changedSince(folderWith({ ...built, ...sources }))).toBeUndefined();
    expect(changedSince(folderWith(built))).toBeUndefined();
  });
});

describe("a checkout's page", () => {
  const page = { "demo/dist/index.html": BUILT, "demo/index.html": EARLIER, "src/library.ts": EARLIER };

  it.each([
    "demo/index.html",
    "demo/src/page/main.ts",
    "src/library.ts",
    "src/platform/browser/gpu.ts",
    "wgsl/lib/tile.wgsl",
  ])("is old once %s changed", (changed) => {
    expect(changedSincePage(folderWith({ ...page, [changed]: LATER }))).toBe(path.normalize(changed));
  });

  it("is fresh behind its sources, whatever else changed, and where there are none", () => {
    const others = { "src/cli/main.ts": LATER, "src/platform/node/dawn.ts": LATER, "docs/demo.md": LATER };
    expect(changedSincePage(folderWith({ ...page, ...others }))).toBeUndefined();
    expect(changedSincePage(folderWith({ "demo/dist/index.html": BUILT }))).toBeUndefined();
  });

  it("is not served once it is old, and a folder without one is bad input", async () => {
    const root = checkout();
    folderWith({ "demo/dist/index.html": BUILT, "demo/src/page/main.ts": LATER }, root);
    const file = path.join(root, "dist", "cli", "main.js");
    const [source, cwd] = [path.join("demo", "src", "page", "main.ts"), scratch()];
    expect(await af3gpu(["demo", "--port", "0"], { file })).toEqual({
      code: 3,
      stdout: "",
      stderr: `af3-gpu: ${source} changed after demo/dist was built. To fix it: npm run demo:build\n`,
    });
    const elsewhere = await af3gpu(["demo", cwd], { file });
    expect([elsewhere.code, elsewhere.stdout, elsewhere.stderr]).toEqual([
      2,
      "",
      expect.stringMatching(/^af3-gpu: there is no built demo in .*npm run demo:build.*\n$/),
    ]);
  });
});

/** The command line in a folder of its own, without sources. */
function checkout(): string {
  const root = scratch();
  const project = path.resolve(import.meta.dirname, "../..");
  cpSync(path.join(project, "dist"), path.join(root, "dist"), { recursive: true });
  cpSync(path.join(project, "package.json"), path.join(root, "package.json"));
  symlinkSync(path.join(project, "node_modules"), path.join(root, "node_modules"), "junction");
  return root;
}

it("the command line says which source changed and what builds it", async () => {
  const root = checkout();
  const file = path.join(root, "dist", "cli", "main.js");
  expect(await af3gpu(["--version"], { file })).toMatchObject({ code: 0, stderr: "" });
  folderWith({ "src/cli/main.ts": EARLIER }, root);
  expect(await af3gpu(["plan", "--seq-len", "8"], { file })).toMatchObject({ code: 0, stderr: "" });
  folderWith({ "src/cli/main.ts": new Date(Date.now() + 60_000) }, root);
  expect(await af3gpu(["plan", "--seq-len", "8"], { file })).toEqual({
    code: 3,
    stdout: "",
    stderr: `af3-gpu: ${path.join("src", "cli", "main.ts")} changed after dist was built. To fix it: npm run build\n`,
  });
});
