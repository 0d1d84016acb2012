// `npm run perf:trials`: how often `compare` is right on this machine, with builds whose truth is known: this one, and one with a kernel
// that takes a fifth longer. In each trial, three builds run in turns some times; it prints a table.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { built } from "./built.mjs";
import { sentence } from "./kernel_names.mjs";
import { runTogether } from "./perf/lockstep.mjs";

const USAGE = `usage: npm run perf:trials -- [--trials 20] [--turns 24] [--json FILE]

--trials N   how many comparisons of each kind
--turns N    how often each build is started in a trial (8 or more); the three work in short turns meanwhile
--json FILE  keeps counts, intervals and ratios there`;

const root = fileURLToPath(new URL("../", import.meta.url));
const CALL = ["kernels", "common_rows", "--variant", "shuffle", "--case", "N = 64", "--time", "1.2"];

/** The loop of the tile by shuffles, and one that goes a third further and counts what it finds there as zero. */
const CHANGES = /** @type {const} */ ([
  [
    "for (var k = 0u; k < k_blocks(phase); k++) {",
    "for (var step = 0u; step < k_blocks(phase) * 4u / 3u; step++) {\\n    let k = min(step, k_blocks(phase) - 1u);",
  ],
  [
    "var x = operand(phase, rows[q], k);",
    "var x = operand(phase, rows[q], k);\\n      if (step >= k_blocks(phase)) { x = mat4x4f(); }",
  ],
]);

/** A copy of this build. @param {string} folder @param {boolean} slow */
function copyBuild(folder, slow) {
  cpSync(path.join(root, "dist"), path.join(folder, "dist"), { recursive: true });
  for (const name of ["package.json", "node_modules", "cases", "presets"])
    symlinkSync(path.join(root, name), path.join(folder, name));
  if (!slow) return;
  const file = path.join(folder, "dist/generated/shaders.js");
  let text = readFileSync(file, "utf8");
  const start = text.indexOf("Multiplies one tile with no workgroup memory");
  for (const [before, after] of CHANGES) {
    const at = text.indexOf(before, start);
    if (start < 0 || at < 0)
      throw new Error(`tile_shuffle.wgsl has no "${before}" any more: scripts/perf_trials.mjs slows it there`);
    text = text.slice(0, at) + after + text.slice(at + before.length);
  }
  writeFileSync(file, text);
}

async function main() {
  const options = /** @type {const} */ ({
    trials: { type: "string", default: "20" },
    turns: { type: "string", default: "24" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  });
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [trials, turns] = [Number(values.trials), Number(values.turns)];
  if (!Number.isInteger(trials) || trials < 1 || !Number.isInteger(turns) || turns < 8)
    throw new Error("--trials should be a whole number from 1, --turns from 8");
  if (!(await built())) return 1;
  const { compareRuns } = await import("../dist/bench/core/index.js");
  const { measuredIn } = await import("../dist/bench/result_files.js");
  const folder = mkdtempSync(path.join(os.tmpdir(), "af3-gpu-trials-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => process.exit(130));
  /** @type {Record<string, Record<string, number>>} */
  const counts = { "in turns, the same": {}, "in turns, one of them slowed": {}, "apart, the same": {} };
  /** Of each trial's three comparisons. @type {(import("../dist/bench/core/index.js").Interval | null)[][]} */
  const intervals = [];
  /** @type {number[]} */
  const ratios = [];
  /** @type {number[]} */
  const others = [];
  const builds = ["one", "same", "slow"].map((name) => ({ name, root: path.join(folder, name), results: "" }));
  for (const { name, root: own } of builds) copyBuild(own, name === "slow");
  for (let trial = 0; trial < trials; trial++) {
    const now = builds.map((build) => ({ ...build, results: path.join(folder, `${build.name}-${trial}`) }));
    for (let turn = 0; turn < turns; turn++) await runTogether(now, CALL);
    const [one, same, slow] = await Promise.all(now.map(({ results }) => measuredIn(results)));
    // Runs that were made apart: the first of this trial and the last of it, of one build.
    const [first, last] = [one.slice(0, 1), one.slice(-1)];
    const found = {
      "in turns, the same": compareRuns(one, same)[0],
      "in turns, one of them slowed": compareRuns(one, slow)[0],
      "apart, the same": compareRuns(first, last)[0],
    };
    for (const [kind, { change }] of Object.entries(found)) counts[kind][change] = (counts[kind][change] ?? 0) + 1;
    intervals.push(Object.values(found).map(({ interval }) => interval));
    ratios.push(found["in turns, one of them slowed"].ratio ?? Number.NaN);
    others.push(...one.flatMap((run) => run.others));
    console.error(
      `trial ${trial + 1} of ${trials}: ${Object.values(found)
        .map(({ change, ratio }) => `${change} ${ratio?.toFixed(3)}`)
        .join(", ")}`,
    );
  }
  const { quantile } = await import("../dist/bench/core/index.js");
  const changes = ["FASTER", "SLOWER", "SAME", "UNSURE"];
  console.log(`| trials of ${turns} turns | ${changes.join(" | ")} |\n|---|${changes.map(() => "---:|").join("")}`);
  for (const [kind, count] of Object.entries(counts))
    console.log(`| ${kind} | ${changes.map((one) => count[one] ?? 0).join(" | ")} |`);
  const middle = [0, 0.5, 1].map((q) => quantile(ratios, q).toFixed(2));
  console.log(
    `\nThe slow build's ratio: ${middle[1]} (${middle[0]}–${middle[2]}). Others had ${(100 * quantile(others, 0.5)).toFixed(0)} % of the processor in the middle, at most ${(100 * quantile(others, 1)).toFixed(0)} %.`,
  );
  if (values.json)
    writeFileSync(
      values.json,
      `${JSON.stringify({ trials, turns, call: CALL, counts, intervals, ratios, others }, null, 2)}\n`,
    );
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`perf:trials: ${sentence(error)}`);
  process.exitCode = /** @type {{ exitCode?: number }} */ (error).exitCode ?? 2;
}
