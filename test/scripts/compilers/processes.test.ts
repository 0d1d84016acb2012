/** The lab's processes, with a folder in the place of Mesa: what is missing is said, and a compiler that crashes is asked on. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gpus } from "../../../scripts/compilers/gpus.mjs";
import { ask } from "../../../scripts/compilers/lab.mjs";
import { scratch } from "../../support/binary.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const here = process.platform === "linux" && process.arch === "x64";
const elsewhere = "Mesa's compilers are for linux-x64; run the tests there";

/** A file that can be executed. */
function program(file: string, text: string): string {
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

/** A folder that looks like a Mesa, with a loader that is this JavaScript; without, nothing that runs. */
function fakeMesa(loader?: string): string {
  const folder = mkdtempSync(path.join(scratch(), "mesa-"));
  const libraries = path.join(folder, "usr/lib/x86_64-linux-gnu");
  mkdirSync(libraries, { recursive: true });
  writeFileSync(path.join(folder, "version"), "1.2\n");
  if (loader === undefined) return folder;
  const list = path.join(folder, "usr/share/vulkan/icd.d");
  mkdirSync(list, { recursive: true });
  for (const { driver } of Object.values(gpus)) {
    writeFileSync(path.join(libraries, `lib${driver.shim}_noop_drm_shim.so`), "");
    writeFileSync(path.join(list, `${driver.name}_icd.json`), "{}");
  }
  program(path.join(libraries, "ld-linux-x86-64.so.2"), `#!${process.execPath}\n${loader}`);
  return folder;
}

describe("what the layer needs", () => {
  /** Runs the lab on such a Mesa where `gcc` is this shell script, or is not there. */
  function run(gcc: string | undefined, mesa = fakeMesa()) {
    const folder = mkdtempSync(path.join(scratch(), "layer-"));
    if (gcc !== undefined) program(path.join(folder, "gcc"), `#!/bin/sh\n${gcc}\n`);
    const env = { ...process.env, PATH: folder, AF3_GPU_CACHE: path.join(folder, "cache") };
    const args = ["scripts/compilers.mjs", "--mesa", mesa, "--gpu", "m1", "--engine", "deepmind", "--preset", "tiny"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: "utf8" });
    return { status, stdout, stderr, cache: path.join(folder, "cache", "compilers") };
  }

  const install = "sudo apt-get install gcc libc6-dev libvulkan-dev";

  it.each([
    ["no gcc", undefined, `the lab's Vulkan layer needs gcc: spawnSync gcc ENOENT; ${install}`],
    [
      "no headers",
      'echo "layer.c:1:10: fatal error: vulkan/vk_layer.h: No such file or directory" >&2; exit 1',
      `the lab's Vulkan layer needs Vulkan's headers; ${install}`,
    ],
    ["another reason", "echo broken >&2; exit 1", `gcc does not build the lab's Vulkan layer: broken; ${install}`],
  ])("is said in a sentence: %s", (_, gcc, message) => {
    if (!here) return;
    const { status, stdout, stderr, cache } = run(gcc);
    expect([status, stdout, stderr]).toEqual([3, "", `compilers: ${message}\n`]);
    expect(readdirSync(cache).flatMap((name) => readdirSync(path.join(cache, name)))).toEqual([]);
  });

  it("a Mesa without a shim for the GPU is said", ({ skip }) => {
    if (!here) skip(elsewhere);
    const { status, stderr } = run('while [ "$1" != -o ]; do shift; done; echo > "$2"');
    expect(stderr).toMatch(/^compilers: this Mesa has no .*libasahi_noop_drm_shim\.so; npm run setup:compilers\n$/);
    expect(status).toBe(3);
  });
});

it("an empty cache is said, unless the system's Mesa will do", ({ skip }) => {
  if (!here) skip(elsewhere);
  const cache = mkdtempSync(path.join(scratch(), "cache-"));
  const { status, stderr } = spawnSync(process.execPath, ["scripts/compilers.mjs", "--gpu", "navi31,m1"], {
    cwd: root,
    env: { ...process.env, AF3_GPU_CACHE: cache },
    encoding: "utf8",
  });
  const folder = path.join(cache, "compilers/mesa");
  expect([status, stderr]).toEqual([3, `compilers: there is no Mesa in ${folder}; npm run setup:compilers\n`]);
});

/** A child that has three pipelines and dies as it is told at the second, when it gets there for the first time. */
const dying = (death: string): string => `
  process.once("message", async ({ gpu, skip }) => {
    const tell = (message) => new Promise((resolve) => process.send(message, resolve));
    const figures = { registers: 8, spills: 0, waves: 4, workgroup_bytes: 0, hot: null };
    await tell({ total: 3 });
    for (const [at, label] of ["first", "second", "third"].entries()) {
      if (at < skip) continue;
      const pipeline = { engine: "e", plan: "full", kernel: "k", variant: "v", label, flops: 1, dispatches: 1, share: 1 };
      await tell({ pipeline });
      if (label === "second") { ${death} }
      await tell({ pipeline, figures, listing: label + " on " + gpu });
    }
    process.exit(0);
  });`;

describe("a GPU that is asked", () => {
  const work = { engines: ["deepmind"], preset: "tiny", tokens: 16, precision: "f32", choice: {} } as const;
  const mesa = (loader: string) => ({ root: fakeMesa(loader), version: "1.2", system: false });
  let temporary = "";
  /** Folders of its own that the lab did not remove. */
  const left = (): string[] => readdirSync(temporary).filter((name) => name.startsWith("af3-gpu-compilers-"));
  beforeEach(() => {
    temporary = mkdtempSync(path.join(scratch(), "tmp-"));
    vi.stubEnv("TMPDIR", temporary);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("and crashes at a pipeline goes on behind it, with null figures there", async ({ skip }) => {
    if (!here) skip(elsewhere);
    const listings: string[] = [];
    const told = await ask(mesa(dying('process.kill(process.pid, "SIGSEGV")')), "layer", "m1", work, (row, listing) =>
      listings.push(`${row.label}: ${listing}`),
    );
    expect(told.rows.map(({ gpu, label, registers }) => [gpu, label, registers])).toEqual([
      ["m1", "first", 8],
      ["m1", "second", null],
      ["m1", "third", 8],
    ]);
    expect(told.problems).toEqual(["m1: the compiler crashes (SIGSEGV) at second"]);
    expect(listings).toEqual(["first: first on m1", "third: third on m1"]);
    expect(left()).toEqual([]);
  });

  it("and refuses a pipeline has null figures and the reason", async ({ skip }) => {
    if (!here) skip(elsewhere);
    const nothing = "{ registers: null, spills: null, waves: null, workgroup_bytes: null, hot: null }";
    const refusing = dying(`await tell({ pipeline, figures: ${nothing}, error: "too big" }); continue;`);
    const { rows, problems } = await ask(mesa(refusing), "layer", "m1", work);
    expect(rows.map(({ registers }) => registers)).toEqual([8, null, 8]);
    expect(problems).toEqual(["m1: second: too big"]);
  });

  it("and does not open is said with the driver's last line", async ({ skip }) => {
    if (!here) skip(elsewhere);
    const closed = 'process.once("message", () => { console.error("a\\nno adapter"); process.exit(3); });';
    await expect(ask(mesa(closed), "layer", "m1", work)).rejects.toThrow("m1 does not open: no adapter");
    expect(left()).toEqual([]);
  });

  it("sees its own driver, its own shim and the layer, and no other", async ({ skip }) => {
    if (!here) skip(elsewhere);
    const file = path.join(temporary, "..", `${path.basename(temporary)}.json`);
    const telling = `require("node:fs").writeFileSync(${JSON.stringify(file)}, JSON.stringify([process.argv.slice(2), process.env]));
      process.once("message", () => process.send({ total: 0 }, () => process.exit(0)));`;
    const { root: folder, ...rest } = mesa(telling);
    await ask({ root: folder, ...rest }, "layer", "navi31", work);
    expect(existsSync(file)).toBe(true);
    const [args, env] = JSON.parse(readFileSync(file, "utf8"));
    const libraries = path.join(folder, "usr/lib/x86_64-linux-gnu");
    expect(args.slice(0, 5)).toEqual([
      "--library-path",
      libraries,
      "--preload",
      path.join(libraries, "libamdgpu_noop_drm_shim.so"),
      process.execPath,
    ]);
    expect(env).toMatchObject({
      AMDGPU_GPU_ID: "navi31",
      VK_DRIVER_FILES: path.join(folder, "usr/share/vulkan/icd.d/radeon_icd.json"),
      VK_LAYER_PATH: "layer",
      MESA_SHADER_CACHE_DISABLE: "1",
    });
  });
});

describe("npm run setup:compilers", () => {
  /** Runs it with apt's sources in an empty folder, and an empty cache. */
  function setup(...args: string[]) {
    const folder = mkdtempSync(path.join(scratch(), "setup-"));
    const config = path.join(folder, "apt.conf");
    mkdirSync(path.join(folder, "lists/partial"), { recursive: true });
    const empty = { "Dir::Etc::sourcelist": "none", "Dir::Etc::sourceparts": "none.d", "Dir::State::lists": "lists" };
    writeFileSync(
      config,
      Object.entries(empty)
        .map(([name, at]) => `${name} "${path.join(folder, at)}";\n`)
        .join(""),
    );
    const env = { ...process.env, APT_CONFIG: config, AF3_GPU_CACHE: path.join(folder, "cache") };
    const command = ["scripts/setup_compilers.mjs", ...args];
    const { status, stderr } = spawnSync(process.execPath, command, { cwd: root, env, encoding: "utf8" });
    return {
      status,
      stderr,
      left: existsSync(path.join(folder, "cache/compilers")) && readdirSync(path.join(folder, "cache/compilers")),
    };
  }

  it("refuses what it does not know", () => {
    expect(setup("--agian")).toEqual({ status: 2, stderr: "setup:compilers: Unknown option '--agian'\n", left: false });
  });

  it("says that apt knows no mirror, and leaves nothing", ({ skip }) => {
    if (!here) skip(elsewhere);
    if (spawnSync("apt-get", ["--version"]).status !== 0) skip("apt-get is not here: run it on Debian or Ubuntu");
    const { status, stderr, left } = setup();
    expect(stderr.split("\n").slice(1)).toEqual([
      "setup:compilers: apt has no list of a Debian mirror: add one to its sources and run apt-get update",
      "",
    ]);
    expect([status, left]).toEqual([3, []]);
  });
});
