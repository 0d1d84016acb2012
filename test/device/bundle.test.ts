/** The archive for bare GPU machines: made from this Node, unpacked, and run with neither PATH nor HOME. */
import { type ChildProcess, execFile } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesBelow, writeArchive } from "../../scripts/bundle/archive.mjs";
import { scratch } from "../support/binary.ts";
import { testDevice } from "../support/device.ts";

const root = path.resolve(import.meta.dirname, "../..");
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const folder = path.join(scratch(), "with a space");
const archive = path.join(folder, "bundle.tar.gz");
const unpacked = path.join(folder, `af3-gpu-${version}-linux-x64`);
const oneCase = path.join(unpacked, "app", "cases", "ligo-pairformer-one-token");

// A bundle is made of the Node that runs the tests, so that they need no network.
const libraries = Object.entries(process.config.variables).some(
  ([name, value]) => /^node_shared/.test(name) && value === true,
);
const here = process.platform === "linux" && process.arch === "x64" && !libraries;
const skipped = `a bundle for linux-x64 is tried on linux-x64, with a Node in one piece as nodejs.org has it (this is ${process.platform}-${process.arch}): npx vitest run --project device test/device/bundle.test.ts`;

interface Ended {
  readonly code: ChildProcess["exitCode"] | string;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd = scratch()): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(program, [...args], { env, cwd, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? -1) : 0, stdout, stderr }),
    );
  });

const make = (args: readonly string[], script = path.join(root, "scripts", "bundle.mjs")): Promise<Ended> =>
  run(process.execPath, [script, ...args], process.env);

/** The bundle on a bare machine. lavapipe's optimiser stays off, as in all tests. */
const bare = (args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd?: string): Promise<Ended> =>
  run(
    path.join(unpacked, "af3-gpu"),
    args,
    { PATH: "", HOME: "", GALLIVM_PERF: process.env.GALLIVM_PERF, ...env },
    cwd,
  );

describe.runIf(here)("the bundle", () => {
  beforeAll(async () => {
    mkdirSync(folder);
    const made = await make(["--node", process.execPath, "--out", archive]);
    expect([made.code, made.stderr.replace(/^there is no licence beside --node.*\n/, "")]).toEqual([0, ""]);
    expect((await run("tar", ["-xzf", archive, "-C", folder], process.env)).code).toBe(0);
  }, 600_000);
  afterAll(() => rmSync(path.dirname(folder), { recursive: true, force: true })); // 180 MB

  it("is one file of at most 60 MiB that makes one folder", () => {
    expect(statSync(archive).size).toBeLessThanOrEqual(60 * 2 ** 20);
    expect(readdirSync(folder).sort()).toEqual([path.basename(unpacked), "bundle.tar.gz"]);
  });

  it("holds this platform's Dawn, every case, no development packages, and a licence for each package", () => {
    const files = filesBelow(unpacked);
    expect(files.filter((file) => file.endsWith("dawn.node"))).toEqual([
      "app/node_modules/webgpu/dist/linux-x64/dawn.node",
    ]);
    const inTree = filesBelow(path.join(root, "cases")).filter((file) => !file.endsWith(".md"));
    expect(files.filter((file) => file.startsWith("app/cases/"))).toEqual(inTree.map((file) => `app/cases/${file}`));
    const packages = readdirSync(path.join(unpacked, "app", "node_modules"));
    expect(packages).toEqual(expect.arrayContaining(["commander", "webgpu", "zstddec"]));
    for (const name of ["typescript", "vitest", "onnxruntime-node"]) expect(packages).not.toContain(name);
    const about = JSON.parse(readFileSync(path.join(unpacked, "app", "bundle.json"), "utf8"));
    const licences = readFileSync(path.join(unpacked, "LICENSES.txt"), "utf8");
    for (const [name, version] of Object.entries(about.packages)) {
      const text = licences.split("\n").find((line) => line.startsWith(`${name} ${version}: `));
      expect(files).toContain(text?.split(", ").at(-1));
    }
  });

  it("examines the machine", async () => {
    const { code, stdout } = await bare(["doctor", "--device", testDevice, "--json"]);
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    expect(found.selfTest).toMatchObject({ failed: [], passed: expect.any(Number) });
    expect(found.selfTest.passed).toBeGreaterThan(10);
  });

  it("times the toy and a tiny Pairformer of both engines, and keeps the commit that it was made of", async () => {
    const cwd = scratch();
    const common = ["--passes", "1", "--fail-on-error", "--device", testDevice, "--out", "out"];
    const toy = await bare(["bench", "--mode", "toy", ...common], {}, cwd);
    expect([toy.code, toy.stdout]).toEqual([0, expect.stringMatching(/^deepmind toy webgpu[\s\S]*?check=reference/m)]);
    const what = ["--component", "pairformer", "--preset", "tiny", "--seq-len", "16"];
    const tiny = await bare(["bench", ...what, ...common], {}, cwd);
    expect(tiny.code).toBe(0);
    for (const engine of ["deepmind", "ligo"])
      expect(tiny.stdout).toMatch(new RegExp(`^${engine} pairformer webgpu N=16: [^]*?check=\\w+`, "m"));
    const [first] = readdirSync(path.join(cwd, "out"));
    const { af3_gpu } = JSON.parse(readFileSync(path.join(cwd, "out", `${first}`, "environment.json"), "utf8"));
    const { git } = JSON.parse(readFileSync(path.join(unpacked, "app", "bundle.json"), "utf8"));
    expect(af3_gpu).toEqual({ version, git });
  });

  it("spends a day on the machine, be it a quarter of a minute: what fits is done, and the rest says why not", async () => {
    const cwd = scratch();
    const args = ["--minutes", "0.25", "--quick", "--device", testDevice];
    const { code, stdout } = await run(path.join(unpacked, "gpu-day"), args, { PATH: "", HOME: "" }, cwd);
    expect([code, stdout]).toEqual([0, expect.stringContaining("| backends | done | 0 |")]);
    const found = path.join(cwd, "gpu-day-results");
    const { about, stages } = JSON.parse(readFileSync(path.join(found, "gpu-day.json"), "utf8"));
    const { git } = JSON.parse(readFileSync(path.join(unpacked, "app", "bundle.json"), "utf8"));
    expect(about).toMatchObject({ version, ...(git && { commit: expect.stringContaining(git.commit) }) });
    expect(stages["ligo-native"]).toMatchObject({
      status: "skipped",
      reason: expect.stringContaining("is not here: "),
    });
    expect(stages["nvidia-smi"].status).toMatch(/skipped|out of time/);
    expect(readFileSync(path.join(found, "summary.md"), "utf8")).toBe(stdout.slice(0, -1));
  });

  it("verifies a case that it brings", async () => {
    const { code, stdout } = await bare(["verify", oneCase, "--device", testDevice]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("1 of 1 case passed on ")]);
  });

  it("brings a Vulkan loader and SwiftShader for a machine without, and writes nothing to run them", async () => {
    const before = filesBelow(unpacked);
    // The system's loader, if there is one, hidden behind an empty file of its name.
    const hidden = scratch();
    writeFileSync(path.join(hidden, "libvulkan.so.1"), "");
    const driver = path.join(unpacked, "app", "swiftshader", "vk_swiftshader_icd.json");
    // Found as any driver is, by the bundle's loader.
    const listed = await bare(["bench", "--list", "--json"], { LD_LIBRARY_PATH: hidden, VK_DRIVER_FILES: driver });
    expect(JSON.parse(listed.stdout)[0]).toMatchObject({ ready: true, device: expect.stringMatching(/^swiftshader/) });
    // Where there is no driver, by the app itself.
    const VK_DRIVER_FILES = path.join(hidden, "none.json");
    const { code, stdout, stderr } = await bare(["verify", oneCase], { LD_LIBRARY_PATH: hidden, VK_DRIVER_FILES });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/1 of 1 case passed on swiftshader\S* \(software\)/)]);
    expect(stderr).not.toContain("Found no drivers"); // the loader says it, and nobody can act on it
    expect(stderr).toContain("a CPU does the GPU's work");
    expect(filesBelow(unpacked)).toEqual(before);
  });

  it("runs by a relative path and through PATH, and says what is wrong with a copied launcher", async () => {
    const launcher = path.join(unpacked, "af3-gpu");
    for (const start of ['./af3-gpu "$@"', 'cd app; ../af3-gpu "$@"', 'PATH=. && af3-gpu "$@"'])
      expect(await run("/bin/sh", ["-c", start, "sh", "--version"], {}, unpacked)).toMatchObject({
        code: 0,
        stdout: `${version}\n`,
      });
    const copy = path.join(scratch(), "af3-gpu");
    copyFileSync(launcher, copy);
    const { code, stderr } = await run(copy, ["--version"], {});
    expect([code, stderr]).toEqual([3, expect.stringContaining("start af3-gpu from the folder that was unpacked")]);
  });
});

if (!here) it("the bundle", ({ skip }) => skip(skipped));

describe("making a bundle", () => {
  it("refuses what it cannot use before it starts, and leaves nothing behind", async () => {
    const at = scratch();
    const file = path.join(at, "file");
    writeFileSync(file, "");
    const out = path.join(at, "bundle.tar.gz");
    const wrong: [args: string[], sentence: RegExp][] = [
      [["--out", path.join(file, "bundle.tar.gz")], /^bundle: cannot write .*file.*bundle\.tar\.gz: /],
      [["--out", path.join(at, "none", "bundle.tar.gz")], /^bundle: cannot write .*none.*bundle\.tar\.gz: ENOENT/],
      [["--out", path.join(at, "bundle.zip")], /^bundle: --out should end in \.tar\.gz, not ".*bundle\.zip"/],
      [["--out", out, "--node", file], /^bundle: --node should name .* for linux-x64, but .*file is no program/],
      [["--out", out, "--node", path.join(at, "none")], /^bundle: cannot read --node .*none: ENOENT/],
      [["--platform", "mars"], /^bundle: Unknown option '--platform'[\s\S]*usage: npm run bundle/],
      [["--out", out, "stray"], /^bundle: Unexpected argument 'stray'/],
    ];
    for (const [args, sentence] of wrong) {
      const { code, stderr } = await make(args);
      expect([code, stderr]).toEqual([2, expect.stringMatching(sentence)]);
    }
    expect(readdirSync(at)).toEqual(["file"]);
  });

  it("says that the app has to be built first", async () => {
    const at = scratch();
    cpSync(path.join(root, "scripts"), path.join(at, "scripts"), { recursive: true });
    copyFileSync(path.join(root, "package.json"), path.join(at, "package.json"));
    const { code, stderr } = await make([], path.join(at, "scripts", "bundle.mjs"));
    expect([code, stderr]).toEqual([2, expect.stringContaining("build first: npm run build")]);
    expect(existsSync(path.join(at, "dist-bundle"))).toBe(false);
  });

  it("writes the same files as the same bytes, whenever and by whomever they were made", async () => {
    const at = scratch();
    for (const [name, order] of Object.entries({ one: ["a", "b/c"], two: ["b/c", "a"] })) {
      mkdirSync(path.join(at, name, "b"), { recursive: true });
      for (const file of order)
        writeFileSync(path.join(at, name, file), `contents of ${file}`, { mode: name === "one" ? 0o600 : 0o755 });
      await new Promise((resolve) => setTimeout(resolve, 1100)); // archives keep whole seconds
      await writeArchive(path.join(at, name), "top", ["a"], path.join(at, `${name}.tar.gz`));
    }
    expect(readFileSync(path.join(at, "one.tar.gz"))).toEqual(readFileSync(path.join(at, "two.tar.gz")));
  });
});
