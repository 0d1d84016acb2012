// `npm run mutate`: edits one token at a time, runs the tests that should notice, and lists the edits that none noticed.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { checkKernelName, kernelNames } from "./kernel_names.mjs";
import { makeCopy, root, runNode, withTexts } from "./mutation/copy.mjs";
import { applied, editsOf } from "./mutation/operators.mjs";

const USAGE = `usage: npm run mutate -- [--kernel NAME [--file PART] [--token T] [--numbers] | --model] [--sample 10] [--seed 0]

--kernel NAME  edits of a kernel's shader and of the library files behind it; without it, every kernel in turn
--file PART    of these, only edits of files whose name has this in it, such as halves
--token T      of these, only edits whose text matches this pattern, such as "Barrier|PITCH|vec4h"
--numbers      judged by what kernels compute alone: barriers are not read from the text
--model        edits of src/model, judged by the tests of the model and by the golden cases
--sample N     how many edits per kernel, or of the model
--seed S       which`;

/** A mutant that runs longer than this hangs: the edit has been noticed. */
const timeoutMs = 180_000;
/** As much where matrix units are computed: a driver in software takes half a minute for each pipeline of theirs. */
const matrixTimeoutMs = 900_000;

/** @typedef {import("./mutation/operators.mjs").Edit} Edit @typedef {{ file: string, edit: Edit }} Mutant */

function readOptions() {
  const options = /** @type {const} */ ({
    kernel: { type: "string" },
    file: { type: "string", default: "" },
    token: { type: "string", default: "" },
    numbers: { type: "boolean", default: false },
    model: { type: "boolean", default: false },
    sample: { type: "string", default: "10" },
    seed: { type: "string", default: "0" },
    help: { type: "boolean", default: false },
  });
  const { values } = parseArgs({ options });
  const [sample, seed] = [Number(values.sample), Number(values.seed)];
  const { help, file, token, numbers, model } = values;
  const given = { help, file, token, numbers, model, sample, seed };
  if (help) return { ...given, kernels: [] };
  if (!Number.isInteger(sample) || sample < 1 || !Number.isInteger(seed) || seed < 0)
    throw new Error(`--sample and --seed should be whole numbers\n${USAGE}`);
  if (values.kernel !== undefined) checkKernelName(values.kernel);
  const kernels = values.kernel ? [values.kernel] : kernelNames();
  return { ...given, kernels };
}

/** The library files that a shader reaches, through any variant. @param {string} file @param {Set<string>} found */
function withLibraries(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(path.join(root, "wgsl", file), "utf8");
  if (/\/\/! dtype /.test(text)) found.add("lib/halves.wgsl"); // composing adds it where there are halves
  for (const [, name] of text.matchAll(/^\/\/! use (\w+)$/gm))
    for (const library of readdirSync(path.join(root, "wgsl/lib")))
      if (library === `${name}.wgsl` || library.startsWith(`${name}_`)) withLibraries(`lib/${library}`, found);
  return found;
}

/** @param {string} folder @returns {string[]} */
const typescriptBelow = (folder) =>
  readdirSync(path.join(root, folder), { recursive: true })
    .map((name) => path.posix.join(folder, String(name)))
    .filter((name) => name.endsWith(".ts"))
    .sort();

/** Every edit of the files. @param {readonly string[]} files @param {"wgsl" | "model"} kind @returns {Mutant[]} */
const mutantsOf = (files, kind) =>
  files.flatMap((file) => editsOf(readFileSync(path.join(root, file), "utf8"), kind).map((edit) => ({ file, edit })));

/** A shuffled copy, the same for the same seed. @template T @param {readonly T[]} list @param {number} seed @returns {T[]} */
function shuffled(list, seed) {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return list
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/**
 * Which tests judge mutants, those first that take a second; what narrows them, and how long they may take. `build`: whether they use dist/
 * @typedef {{ first?: readonly string[], tests: readonly string[], env: NodeJS.ProcessEnv, limitMs?: number, build?: boolean }} Judges
 */

/** Compiles what has changed. */
const tsc = [
  "node_modules/typescript/bin/tsc",
  "-p",
  "tsconfig.build.json",
  "--incremental",
  "--tsBuildInfoFile",
  "dist/build.tsbuildinfo",
];

/**
 * Runs the tests on the copy as it is. @param {string} copy @param {Judges} judges
 * @returns {Promise<"noticed" | "survived" | "invalid">}
 */
async function runTests(copy, { first = [], tests, env, limitMs = timeoutMs, build = false }) {
  await runNode(copy, ["scripts/generate.mjs"], { timeoutMs });
  for (const files of [first, tests]) {
    if (files.length === 0) continue;
    if (build && files === tests) await runNode(copy, tsc, { timeoutMs });
    const vitest = ["node_modules/vitest/vitest.mjs", "run", "--bail", "1", ...files];
    const { code, output } = await runNode(copy, vitest, { env, timeoutMs: limitMs });
    if (code !== 0) return /does not compile|unreadable|Error while parsing/.test(output) ? "invalid" : "noticed";
    if (/^0 passed/m.test(output)) throw new Error(`these tests ran nothing: ${files.join(" ")}`);
  }
  return "survived";
}

/** Judges one mutant. @param {string} copy @param {Mutant} mutant @param {Judges} judges */
function judge(copy, { file, edit }, judges) {
  const texts = new Map([[file, applied(readFileSync(path.join(copy, file), "utf8"), edit)]]);
  return withTexts(copy, texts, () => runTests(copy, judges));
}

/** @param {string} name @param {readonly Mutant[]} mutants @param {Judges} judges @param {string} copy @param {number} sample */
async function mutate(name, mutants, judges, copy, sample) {
  if ((await runTests(copy, judges)) !== "survived")
    throw new Error(`the tests of ${name} fail without any edit: npm test`);
  /** @type {Mutant[]} */
  const survivors = [];
  let [noticed, invalid] = [0, 0];
  for (const mutant of mutants) {
    if (noticed + survivors.length === sample) break;
    const verdict = await judge(copy, mutant, judges);
    if (verdict === "invalid") invalid++;
    else if (verdict === "noticed") noticed++;
    else survivors.push(mutant);
    const { file, edit } = mutant;
    console.error(`${verdict.padEnd(8)} ${file}:${edit.line} "${edit.from}" → "${edit.to}" in: ${edit.context}`);
  }
  console.log(
    `${name}: ${noticed} of ${noticed + survivors.length} noticed, ${survivors.length} survived (${invalid} did not compile)`,
  );
  for (const { file, edit } of survivors)
    console.log(`  survived ${file}:${edit.line} "${edit.from}" → "${edit.to}" in: ${edit.context}`);
}

try {
  const { help, kernels, file: part, token, numbers, model, sample, seed } = readOptions();
  if (help) console.log(USAGE);
  else {
    const copy = makeCopy();
    try {
      if (model) {
        const tests = [
          "test/model",
          "test/engines",
          "test/device/masks.test.ts",
          "test/device/executable.test.ts",
          "test/device/chunks.test.ts",
          "test/device/cases.test.ts",
        ];
        const judges = { tests, env: { AF3_GPU_TEST_CASES: "^(?!.*-(block|tokens)-)" } };
        await mutate("model", shuffled(mutantsOf(typescriptBelow("src/model"), "model"), seed), judges, copy, sample);
      } else
        for (const kernel of kernels) {
          const all = [...withLibraries(`${kernel}.wgsl`)].map((file) => `wgsl/${file}`);
          const files = all.filter((file) => file.includes(part));
          // What packs halves is in no shader of float32.
          const halves = files.every((file) => file === "wgsl/lib/halves.wgsl");
          // Matrix units are computed by a test of their own, on another Mesa.
          const matrix = files.filter((file) => /matrix/.test(file)).length;
          const others = ["half", "half_kernels", ...(halves ? [] : ["kernels", "gpu_tiles"])];
          const names = [...(matrix < files.length ? others : []), ...(matrix > 0 ? ["matrix"] : [])];
          const tests = names.map((name) => `test/device/${name}.test.ts`);
          const limitMs = matrix > 0 ? matrixTimeoutMs : timeoutMs;
          // Barriers are read from the text, unless numbers are to show what they are for.
          const first = numbers ? [] : ["test/static/barriers.test.ts"];
          // That test runs what is built.
          const judges = { first, tests, env: { AF3_GPU_TEST_KERNEL: kernel }, limitMs, build: matrix > 0 };
          const pattern = new RegExp(token);
          const mutants = mutantsOf(files, "wgsl").filter(({ edit }) => pattern.test(edit.from));
          if (mutants.length === 0)
            throw new Error(`no edit of ${kernel} has ${token || "any text"} in ${part || "any file"}`);
          await mutate(kernel, shuffled(mutants, seed), judges, copy, sample);
        }
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }
} catch (error) {
  console.error(`mutate: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
