// `npm run perf -- BASE`: whether this checkout is faster or slower than another commit or build, in turns.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { built } from "./built.mjs";
import { sentence } from "./kernel_names.mjs";
import { runTogether, takesTurns } from "./perf/lockstep.mjs";
import { takeTurn } from "./perf/turns.mjs";

const USAGE = `usage: npm run perf -- BASE [--turns 10] [--threshold 3%] [--fail-on slower] [--markdown] [--keep FOLDER] [-- VERB OPTIONS…]

BASE            a commit, branch or tag, which is checked out and built in a temporary folder; or a folder with a build (dist/)
--turns N       how often each of the two is started (8 or more); meanwhile both work in short turns
--threshold, --fail-on, --markdown, --json  as of af3-gpu compare
--keep FOLDER   keeps the results there
VERB OPTIONS    what is timed: a call of bench or kernels (bench --passes 5)

npm run perf -- main -- bench --component pairformer --preset block --passes 3
npm run perf -- HEAD~1 --turns 20 -- kernels matmul --variant shuffle --time 1`;

const root = fileURLToPath(new URL("../", import.meta.url));

/** @param {string} cwd @param {string} command @param {readonly string[]} args @returns {string} */
function run(cwd, command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (error || status !== 0)
    throw new Error(
      `${command} ${args.join(" ")}: ${error?.message ?? (stderr.trim() || stdout.trim()).split("\n").at(-1)}`,
    );
  return stdout.trim();
}

/** @param {string} text */
const lock = (text) => readFileSync(path.join(text, "package-lock.json"), "utf8");

/** @param {string} name @throws {Error} that says what would be one */
function commitNamed(name) {
  const asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
  const { status, stdout } = spawnSync("git", asked, { cwd: root, encoding: "utf8" });
  if (status === 0) return stdout.trim();
  throw new Error(`${name} is neither a commit, branch or tag of this clone, nor a folder with a build (dist/)`);
}

/** Checks a commit out and builds it. @param {string} commit @param {string} folder which is made */
function checkOut(commit, folder) {
  run(root, "git", "worktree", "add", "--detach", folder, commit);
  // The same packages need no second installation.
  if (lock(folder) === lock(root)) symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  else run(folder, "npm", "ci", "--ignore-scripts");
  run(folder, "npm", "run", "build");
}

async function main() {
  const options = /** @type {const} */ ({
    turns: { type: "string", default: "10" },
    threshold: { type: "string" },
    "fail-on": { type: "string" },
    markdown: { type: "boolean" },
    json: { type: "boolean" },
    keep: { type: "string" },
    help: { type: "boolean", default: false },
  });
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [base, ...call] = positionals;
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (base === undefined) throw new Error("what to compare with is missing: npm run perf -- BASE; --help says more");
  const turns = Number(values.turns);
  if (!Number.isInteger(turns) || turns < 8)
    throw new Error(`--turns should be a whole number from 8, not ${values.turns}`);
  if (!(await built())) return 1;
  const folder = mkdtempSync(path.join(os.tmpdir(), "af3-gpu-perf-"));
  const given = existsSync(path.join(base, "dist"));
  const other = given ? path.resolve(base) : path.join(folder, "base");
  const results = path.resolve(values.keep ?? path.join(folder, "results"));
  const builds = [
    { name: base, root: other, results: path.join(results, "base") },
    { name: "this checkout", root, results: path.join(results, "here") },
  ];
  try {
    if (!given) checkOut(commitNamed(base), other);
    const timed = call.length > 0 ? call : ["bench", "--passes", "5"];
    // Older builds cannot wait for a turn; then both are run one after the other.
    const together = builds.every(takesTurns);
    for (let turn = 0; turn < turns; turn++) {
      if (together) await runTogether(builds, timed);
      else takeTurn(builds, timed, turn);
      console.error(`turn ${turn + 1} of ${turns}`);
    }
    const { threshold, "fail-on": failOn, markdown, json } = values;
    const also = [
      ...(threshold === undefined ? [] : ["--threshold", threshold]),
      ...(failOn === undefined ? [] : ["--fail-on", failOn]),
      ...(markdown ? ["--markdown"] : []),
      ...(json ? ["--json"] : []),
    ];
    const compare = ["dist/cli/start.js", "compare", builds[0].results, builds[1].results, ...also];
    return spawnSync(process.execPath, compare, { cwd: root, stdio: "inherit" }).status ?? 1;
  } finally {
    if (!given && existsSync(other)) spawnSync("git", ["worktree", "remove", "--force", other], { cwd: root });
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`perf: ${sentence(error)}`);
  process.exitCode = /** @type {{ exitCode?: number }} */ (error).exitCode ?? 2;
}
