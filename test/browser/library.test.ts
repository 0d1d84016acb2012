/** The package in browsers: bundled by others, as a plain script, in a worker; small, and free of Node. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as library from "../../src/browser.ts";
import { compareOutput } from "../../src/engines/core/comparison.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { serveFolder } from "../../src/platform/node/static_server.ts";
import { launchChromium, noBrowser } from "../support/chromium.ts";
import { PATIENCE } from "../support/demo.ts";
import { openTestBackend } from "../support/device.ts";

const root = path.resolve(import.meta.dirname, "../..");
/** Compressed bytes that the whole library may have. */
const MOST = 350_000;

/** Somebody's project that has the package installed. */
let project: string;
beforeAll(() => {
  project = mkdtempSync(path.join(os.tmpdir(), "af3-gpu-app-"));
  mkdirSync(path.join(project, "node_modules"));
  symlinkSync(root, path.join(project, "node_modules/af3-gpu"));
  writeFileSync(path.join(project, "package.json"), JSON.stringify({ name: "app", type: "module" }));
});
afterAll(() => rmSync(project, { recursive: true }));

type Chunk = Rolldown.OutputChunk;
const AsyncFunction = (async () => {}).constructor as new (
  ...words: string[]
) => (...values: unknown[]) => Promise<unknown>;

/** What Vite makes of an entry. */
async function bundled(code: string): Promise<Chunk[]> {
  writeFileSync(path.join(project, "entry.js"), code);
  const warnings: string[] = [];
  const made = await build({
    root: project,
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: true,
      rolldownOptions: {
        input: path.join(project, "entry.js"),
        preserveEntrySignatures: "strict",
        onwarn: ({ message }) => warnings.push(message),
      },
    },
  });
  expect(warnings).toEqual([]);
  const [{ output }] = [made].flat() as Rolldown.RolldownOutput[];
  return output.filter((part) => part.type === "chunk");
}

const compressed = (chunks: readonly Chunk[]): number =>
  chunks.reduce((sum, { code }) => sum + gzipSync(code).length, 0);

/** Imports that a browser could not follow. */
const strangers = (chunks: readonly Chunk[]): string[] =>
  chunks.flatMap(({ code, imports, dynamicImports }) => [
    ...(code.match(/node:\w+|__vite-browser-external/g) ?? []),
    ...[...imports, ...dynamicImports].filter((name) => !chunks.some(({ fileName }) => fileName === name)),
  ]);

it("is bundled by Vite, whole, without a Node module, within 350 kB compressed", { timeout: PATIENCE }, async () => {
  const chunks = await bundled('export * from "af3-gpu";');
  expect(strangers(chunks)).toEqual([]);
  const [{ exports }] = chunks.filter(({ isEntry }) => isEntry);
  expect(exports).toEqual(
    expect.arrayContaining(["openWebGpu", "preset", "syntheticInputs", "readCase", "fetchFiles"]),
  );
  expect(exports).not.toContain("nodeFiles");
  const size = compressed(chunks);
  expect(size).toBeGreaterThan(50_000); // the shaders are in it
  expect(size).toBeLessThan(MOST);
});

it("leaves out what is not used", { timeout: PATIENCE }, async () => {
  const whole = compressed(await bundled('export * from "af3-gpu";'));
  const version = compressed(await bundled('export { version } from "af3-gpu";'));
  const files = compressed(await bundled('export { SafeTensors, writeSafetensors } from "af3-gpu";'));
  expect(version).toBeLessThan(200);
  expect(files).toBeLessThan(whole / 20);
});

const RUN = `
  const { config } = preset("ligo", "pairformer", "tiny");
  const sizes = { tokens: 12 };
  const backend = openWebGpu();
  const weights = { kind: "random", seed: 5 };
  const runner = await backend.load({ engine: "ligo", component: "pairformer", config, sizes, weights });
  const outputs = await runner.run(syntheticInputs("ligo", "pairformer", config, sizes, 5));
  await backend.dispose();
  const numbers = Array.from(outputs.get("z").data);`;

/** The way from a sequence to the files of a prediction but for the network, whose outputs are made up. */
const AROUND = ["completeFeatures", "featurise", "predictionFiles"] as const;
const PREDICT = `
  const [text, source] = [">A|protein\\nGSHMKT\\n>B|ccd\\nMG\\n", { file: "job.fasta" }];
  const made = await featurise("deepmind", text, source, { buckets: [8], seed: 3 });
  const { tensors } = completeFeatures("deepmind", made, { passes: 2, numMsa: 16 });
  const output = (...shape) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => (37 * at) % 1009 / 50);
    return { dtype: "float32", shape, data };
  };
  const outputs = new Map([["positions", output(2, 8, 24, 3)], ["predicted_lddt", output(2, 8, 24)], ["contact_probs", output(8, 8)]]);
  for (const name of ["full_pae", "tmscore_adjusted_pae_global", "tmscore_adjusted_pae_interface"])
    outputs.set(name, output(2, 8, 8));
  const written = { randomWeights: 5, fullConfidences: true };
  const files = await predictionFiles("deepmind", text, source, made, outputs, written);
  // Of an engine without padding, from a list of jobs: 8 tokens and 47 atoms.
  const sequences = [{ proteinChain: { sequence: "GSHMKT" } }, { ligand: { ligand: "CO" } }];
  const list = [JSON.stringify([{ name: "x", sequences, covalent_bonds: [] }]), { file: "list.json" }];
  const own = await featurise("protenix", ...list, { msa: false });
  const answers = new Map([["positions", output(1, 47, 3)], ["plddt", output(1, 47, 50)], ["contact_probs", output(8, 8)]]);
  for (const name of ["pae", "pde"]) answers.set(name, output(1, 8, 8, 64));
  files.push(...(await predictionFiles("protenix", ...list, own, answers, written)));
  for (const [name, tensor] of completeFeatures("protenix", own, { passes: 2 }).tensors) tensors.set("list:" + name, tensor);
  return {
    features: [...tensors].map(([name, { dtype, shape, data }]) => [name, dtype, shape, Array.from(data)]),
    files: files.map(({ path, chunks }) => [path, [...chunks].join("")]),
  };`;

it("runs from a plain script and in a worker, with Node's numbers", { timeout: 2 * PATIENCE }, async ({ skip }) => {
  if (noBrowser) skip(noBrowser);
  const made = spawnSync(process.execPath, ["scripts/browser_build.mjs"], { cwd: root, encoding: "utf8" });
  expect([made.status, made.stderr]).toEqual([0, ""]);
  const site = path.join(project, "site");
  mkdirSync(site);
  const importing = `import { openWebGpu, preset, syntheticInputs, ${AROUND} } from "./af3-gpu.js";`;
  cpSync(path.join(root, "dist/browser"), site, { recursive: true });
  writeFileSync(path.join(site, "worker.js"), `${importing} ${RUN} self.postMessage(numbers);`);
  const script = `${importing} ${RUN} window.here = numbers;
    new Worker("./worker.js", { type: "module" }).onmessage = ({ data }) => { window.there = data; };
    async function predict() { ${PREDICT} }
    window.predicted = await predict().catch(String);`;
  writeFileSync(
    path.join(site, "index.html"),
    `<!doctype html><title>app</title><script type="module">${script}</script>`,
  );

  const server = await serveFolder(site, 0);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(server.address);
    await page.waitForFunction("window.there && window.predicted", undefined, { timeout: PATIENCE });
    const found = (await page.evaluate("[window.here, window.there]")) as number[][];
    const want = await inNode();
    for (const numbers of found) expect(want(numbers)).toMatchObject({ passed: true, count: 12 * 12 * 32 });

    const { completeFeatures, featurise, predictionFiles } = library;
    const run = new AsyncFunction(...AROUND, PREDICT)(completeFeatures, featurise, predictionFiles);
    const predicted = await page.evaluate("window.predicted");
    expect(predicted).toEqual(await run);
    expect(predicted).toMatchObject({ files: expect.arrayContaining([["RANDOM_WEIGHTS.txt", expect.any(String)]]) });
  } finally {
    await browser.close();
    await server.close();
  }
});

/** Node's run of the same, and how other numbers compare with it. */
async function inNode() {
  const { config } = findPreset("ligo", "pairformer", "tiny");
  const component = findComponent(findEngine("ligo"), "pairformer");
  const { sizes, randomInputs } = component.configure(config, { tokens: 12 }, () => {});
  const inputs = randomInputs(5);
  const backend = openTestBackend();
  try {
    const weights = { kind: "random", seed: 5 } as const;
    const runner = await backend.load({ engine: "ligo", component: "pairformer", config, sizes, weights });
    const wanted = await runner.run(inputs);
    const run = { engine: "ligo", component, inputs, valid: new Map(), where: "Node" } as const;
    return (numbers: readonly number[]) => {
      const z = wanted.get("z");
      if (!z) throw new Error("Node's run has no z");
      const got = { ...z, data: Float32Array.from(numbers) };
      return compareOutput(run, "z", z, new Map([...wanted, ["z", got as never]]));
    };
  } finally {
    await backend.dispose();
  }
}
