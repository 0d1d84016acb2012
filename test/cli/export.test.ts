/** `af3-gpu export`, run as users run it, with a program in Python's place: the exporters themselves have tests in Python. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { findPreset } from "../../src/engines/index.ts";
import { af3gpu, scratch, start } from "../support/binary.ts";
import * as inside from "../support/inside.ts";
import { distogramGraph, modelAndManifest } from "../support/onnx.ts";

const unix = process.platform !== "win32";
const skipped = "the stand-in for Python is a shell script; run the tests on Linux or macOS";

/** What the stand-in does with its arguments, in place of an export. */
type Behaviour = "exports" | "damaged" | "waits" | "is deaf" | "talks" | "nothing" | number;

/** A cache whose environment of ligo has a stand-in for Python. */
function cacheWith(behaviour: Behaviour) {
  const AF3_GPU_CACHE = scratch();
  const log = path.join(AF3_GPU_CACHE, "asked");
  const [made, pids] = [path.join(AF3_GPU_CACHE, "made"), path.join(AF3_GPU_CACHE, "pids")];
  const { model, manifest } = modelAndManifest(
    distogramGraph(findPreset("ligo", "distogram_head", "tiny").config as { c_z: number; no_bins: number }),
  );
  mkdirSync(made);
  writeFileSync(path.join(made, "model.onnx"), behaviour === "damaged" ? model.subarray(1) : model);
  writeFileSync(path.join(made, "manifest.json"), JSON.stringify(manifest));
  const python = path.join(AF3_GPU_CACHE, "venv", "ligo", "bin", "python");
  mkdirSync(path.dirname(python), { recursive: true });
  const work = {
    exports: `mkdir -p "$last" && cp "${made}"/* "$last"`,
    damaged: `mkdir -p "$last" && cp "${made}"/* "$last"`,
    nothing: ":",
    waits: `trap 'echo cleaning >&2; exit 130' INT; sleep 300 & echo $$ $! > "${pids}"; echo waiting >&2; wait`,
    "is deaf": `trap '' INT TERM; sleep 300 & echo $$ $! > "${pids}"; echo waiting >&2; wait`,
    talks: `i=0; while [ $i -lt 3000 ]; do echo "line $i" >&2; i=$((i + 1)); done; exit 2`,
  };
  const body = typeof behaviour === "number" ? `echo "af3_export: refused" >&2; exit ${behaviour}` : work[behaviour];
  writeFileSync(
    python,
    `#!/bin/sh\necho "$@" >> "${log}"\nfor last; do :; done\necho "af3_export: working" >&2\n${body}\n`,
  );
  chmodSync(python, 0o755);
  const asked = () =>
    existsSync(log)
      ? readFileSync(log, "utf8")
          .trim()
          .split("\n")
          .map((line) => line.split(" "))
      : [];
  /** The stand-in and what it has started, as far as they still run. */
  const running = (): number[] => readFileSync(pids, "utf8").trim().split(" ").map(Number).filter(runs);
  return { AF3_GPU_CACHE, asked, running };
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that has ended and that nobody has asked about yet is no more than an entry.
  const stat = path.join("/proc", String(pid), "stat");
  return !existsSync(stat) || !/^\d+ \(.*\) Z/.test(readFileSync(stat, "utf8"));
}

const distogram = ["export", "onnx", "--engine", "ligo", "--component", "distogram"];

const graphsOf = (cache: string): string[] =>
  existsSync(path.join(cache, "onnx")) ? readdirSync(path.join(cache, "onnx")) : [];

describe("export onnx", () => {
  it("puts a checked graph into the cache under its key, and keeps it the next time", async ({ skip }) => {
    if (!unix) skip(skipped);
    const { AF3_GPU_CACHE, asked } = cacheWith("exports");
    const first = await inside.af3gpu(distogram, { env: { AF3_GPU_CACHE } });
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toMatch(
      /^exported ligo distogram_head plain, any size: 5 nodes, .* of weights outside; \S+\n$/,
    );
    const [key, ...more] = graphsOf(AF3_GPU_CACHE);
    expect([key, more]).toEqual([expect.stringMatching(/^ligo-distogram_head-plain-[0-9a-f]{12}$/), []]);
    const folder = path.join(AF3_GPU_CACHE, "onnx", key);
    expect(readdirSync(folder).sort()).toEqual(["manifest.json", "model.onnx"]);
    const [args] = asked();
    expect(args.slice(0, -1).join(" ")).toBe(
      "-m af3_export onnx --engine ligo --component distogram_head --preset tiny --variant plain --out",
    );
    const { ino } = statSync(folder);
    const second = await inside.af3gpu(distogram, { env: { AF3_GPU_CACHE } });
    expect([second.code, second.stdout]).toEqual([0, first.stdout.replace("exported", "kept")]);
    const forced = await inside.af3gpu([...distogram, "--force"], { env: { AF3_GPU_CACHE } });
    expect([forced.stdout, asked().length, graphsOf(AF3_GPU_CACHE)]).toEqual([first.stdout, 2, [key]]);
    expect(statSync(folder).ino).not.toBe(ino);
  });

  it("says that stdout is full, and nothing to a reader that has left", async ({ skip }) => {
    if (!unix || !existsSync("/dev/full")) skip(skipped);
    const { AF3_GPU_CACHE } = cacheWith("exports");
    const full = await af3gpu(distogram, { env: { AF3_GPU_CACHE }, stdout: "full" });
    expect([full.code, full.stderr]).toEqual([2, expect.stringMatching(/: the disk is full\n$/)]);
    const closed = await af3gpu(distogram, { env: { AF3_GPU_CACHE }, stdout: "closed" });
    expect([closed.code, closed.stderr]).toEqual([0, ""]);
  });

  it("exports again what is damaged", async ({ skip }) => {
    if (!unix) skip(skipped);
    const { AF3_GPU_CACHE, asked } = cacheWith("exports");
    await inside.af3gpu(distogram, { env: { AF3_GPU_CACHE } });
    const model = path.join(AF3_GPU_CACHE, "onnx", graphsOf(AF3_GPU_CACHE)[0], "model.onnx");
    writeFileSync(model, "");
    expect((await inside.af3gpu(distogram, { env: { AF3_GPU_CACHE } })).stdout).toMatch(/^exported /);
    expect([asked().length, statSync(model).size > 0]).toEqual([2, true]);
  });

  it("takes sizes, variants, configs and another folder", async ({ skip }) => {
    if (!unix) skip(skipped);
    const { AF3_GPU_CACHE, asked } = cacheWith("exports");
    const out = path.join(scratch(), "graphs");
    const config = path.resolve(import.meta.dirname, "../../cases/ligo-distogram_head-odd/case.json");
    const options = [
      "--config",
      config,
      "--seq-len",
      "8",
      "--size",
      "rows=4",
      "--variant",
      "plain",
      "--out",
      out,
      "--json",
    ];
    const { code, stdout } = await inside.af3gpu([...distogram, ...options], { env: { AF3_GPU_CACHE } });
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      [expect.objectContaining({ state: "exported", component: "distogram_head" })],
    ]);
    expect(asked()[0].join(" ")).toContain(
      `--component distogram_head --config ${config} --variant plain --tokens 8 --rows 4 --out`,
    );
    expect([graphsOf(AF3_GPU_CACHE), readdirSync(out).length]).toEqual([[], 1]);
  });

  it("says what is wrong with a graph that does not fit its manifest, and keeps nothing", async ({ skip }) => {
    if (!unix) skip(skipped);
    const { AF3_GPU_CACHE } = cacheWith("damaged");
    const { code, stderr, stdout } = await af3gpu(distogram, { env: { AF3_GPU_CACHE } });
    expect([code, stdout, graphsOf(AF3_GPU_CACHE)]).toEqual([2, "", []]);
    expect(stderr).toMatch(/model\.onnx has \d+ bytes, its manifest says \d+/);
  });

  it.each([
    [2, 2, /refuses; its reason is above/],
    [3, 3, /cannot run here; its reason is above. To fix it: node third_party\/fetch.mjs ligo/],
    [1, 1, /failed \(exit code 1\)/],
  ])("passes the exporter's exit code %i on as %i", async (given, wanted, message) => {
    if (!unix) return;
    const { AF3_GPU_CACHE } = cacheWith(given);
    const { code, stderr } = await af3gpu(distogram, { env: { AF3_GPU_CACHE } });
    expect([code, graphsOf(AF3_GPU_CACHE)]).toEqual([wanted, []]);
    expect(stderr).toMatch(/^af3_export: working\naf3_export: refused\nFAILED ligo distogram_head plain: /);
    expect(stderr).toMatch(message);
  });

  it("says what it says behind the exporter's last words", async ({ skip }) => {
    if (!unix) skip(skipped);
    const { AF3_GPU_CACHE } = cacheWith("talks");
    const { code, stderr } = await af3gpu(distogram, { env: { AF3_GPU_CACHE } });
    const lines = stderr.trimEnd().split("\n");
    expect([code, lines.findIndex((line) => line.startsWith("FAILED"))]).toEqual([2, 3001]);
  });

  it("without the environment says what makes it", async () => {
    const { code, stderr } = await inside.af3gpu(distogram, { env: { AF3_GPU_CACHE: scratch() } });
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /the Python environment of ligo is not there .* To fix it: node third_party\/fetch\.mjs ligo && npm run setup:python -- ligo/,
    );
  });

  it.each([
    [["--component", "nothing"], /have no component nothing/],
    [["--config", "x.json"], /--config is one component's: name it with --engine and --component/],
    [["--width", "c_s=4"], /--width belongs to --config/],
    [["--size", "rows"], /"rows" should be a name and a whole number, such as rows=128/],
    [["--variant", "fast"], /--variant should be plain or mha, not "fast"/],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await inside.af3gpu(["export", "onnx", ...args], { env: { AF3_GPU_CACHE: scratch() } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

/** What is promised of every verb, and what a busy machine may add. */
const AT_ONCE_MS = 2000;
const BUSY_MS = 1000;
const casesOf = ["export", "cases", "trunk", "--engine", "ligo", "--check", "--out", "cases"];

describe.skipIf(!unix).each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s", (signal, expected) => {
  it.each([
    ["waits", distogram],
    ["is deaf", casesOf],
  ] as const)("while Python %s, ends %j with it and leaves nothing half-written", async (behaviour, args) => {
    const { AF3_GPU_CACHE, running: left } = cacheWith(behaviour);
    const running = start(args, { env: { AF3_GPU_CACHE } });
    await running.shows("waiting");
    expect(left()).toHaveLength(2);
    const at = performance.now();
    running.interrupt(signal);
    const { code, stderr } = await running.ended;
    expect(performance.now() - at).toBeLessThan(AT_ONCE_MS + BUSY_MS);
    expect([code, left(), graphsOf(AF3_GPU_CACHE)]).toEqual([expected, [], []]);
    expect(stderr).toMatch(behaviour === "waits" ? /waiting\ncleaning\naf3-gpu: stopped/ : /waiting\naf3-gpu: stopped/);
  });
});

it.skipIf(!unix)("stopped twice, ends without waiting for a Python that does not listen", async () => {
  const { AF3_GPU_CACHE, running: left } = cacheWith("is deaf");
  const running = start(distogram, { env: { AF3_GPU_CACHE } });
  await running.shows("waiting");
  running.interrupt("SIGINT");
  running.interrupt("SIGTERM");
  const { code } = await running.ended;
  expect([130, 143]).toContain(code);
  expect([left(), graphsOf(AF3_GPU_CACHE)]).toEqual([[], []]);
});

describe("export cases", () => {
  it("hands names and options to the exporter", async ({ skip }) => {
    if (!unix) skip(skipped);
    const { AF3_GPU_CACHE, asked } = cacheWith("nothing");
    const out = path.join(scratch(), "cases");
    const { code } = await inside.af3gpu(["export", "cases", "trunk", "--engine", "ligo", "--out", out, "--check"], {
      env: { AF3_GPU_CACHE },
    });
    expect(code).toBe(0);
    expect(asked()[0].join(" ")).toBe(`-m af3_export cases --engine ligo --out ${out} --check trunk`);
  });
});
