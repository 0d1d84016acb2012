// `npm run sweep:kills -- 20` and `npm run workflow:kills -- 20`: a sweep of real runs that is killed so many times at random moments, against
// one that is not (docs/sweeps.md). Of a sweep: the command, the program behind it, a case, or all at once; of the same sweep as a workflow
// of Snakemake (docs/workflow.md): all of its processes at once, or Snakemake, or the cases.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { built } from "./built.mjs";
import { sentence } from "./kernel_names.mjs";
import { endOf, killAll, killOften, treeOf } from "./kills/killed.mjs";
import { differenceOf, rowsOf } from "./kills/rows.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const [kind, number = "20"] = process.argv.slice(2);
const kills = Number(number);
if (process.platform !== "linux" || !["sweep", "workflow"].includes(kind) || !Number.isInteger(kills) || kills < 1) {
  console.error(`usage: npm run ${kind === "workflow" ? kind : "sweep"}:kills -- NUMBER, on Linux`);
  process.exit(2);
}

const SWEEP = "engine: both\nmode: toy\npasses: 2\nwarmup: 1\nseq-len: [4, 8, 12]\n";
const folders = /** @type {string[]} */ ([]);

/** @param {string} cwd @returns {import("node:child_process").ChildProcess} */
function start(cwd) {
  const script = kind === "sweep" ? ["dist/cli/start.js", "sweep"] : ["scripts/workflow.mjs"];
  return spawn(process.execPath, [path.join(root, script[0]), ...script.slice(1), "toy.yaml"], {
    cwd,
    stdio: "ignore",
    env: { ...process.env, INIT_CWD: cwd },
  });
}

/** Kills some of what runs. @param {number} pid of what was started @returns {string | undefined} what, if there was anything */
function killSome(pid) {
  const all = treeOf(pid);
  /** @type {readonly (readonly [string, readonly number[]])[]} */
  const targets =
    kind === "sweep"
      ? [
          ["the command", all.slice(0, 1)],
          ["its program", all.slice(1, 2)],
          ["the case", all.slice(2)],
          ["all of them", all],
        ]
      : [
          ["everything", all],
          ["everything", all],
          ["Snakemake", all.slice(1, 2)],
          ["what it runs", all.slice(2)],
        ];
  const [name, pids] = targets[Math.floor(Math.random() * targets.length)];
  return killAll(pids) > 0 ? name : undefined;
}

const scratch = () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "af3-gpu-kills-"));
  folders.push(folder);
  writeFileSync(path.join(folder, "toy.yaml"), SWEEP);
  return folder;
};

const remove = (/** @type {string} */ folder) =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });

async function main() {
  if (!(await built())) return 1;
  const [undisturbed, folder] = [scratch(), scratch()];
  const found = (/** @type {string} */ where) => rowsOf(path.join(where, "results", "toy"));
  const began = Date.now();
  if ((await endOf(start(undisturbed))) !== 0) throw new Error("what nobody kills does not end well");
  const whole = Date.now() - began;
  const wanted = found(undisturbed);
  console.log(`undisturbed: ${wanted.length} rows in ${(whole / 1000).toFixed(0)} s`);
  /** @type {Map<string, number>} */
  const counts = new Map();
  const same = (/** @type {string} */ when) => {
    const difference = differenceOf(wanted, found(folder));
    if (difference) throw new Error(`${when}: ${difference}`);
  };
  let through = 0;
  const victim = {
    start: () => start(folder),
    // During the first case or one behind it: a start that comes to its end too often is killed too rarely.
    latest: kind === "sweep" ? whole / 2 : whole * 0.8,
    kill(/** @type {number} */ pid) {
      const killed = killSome(pid);
      if (killed) counts.set(killed, (counts.get(killed) ?? 0) + 1);
      return killed;
    },
    through() {
      same("it came through between two kills");
      through++;
      remove(path.join(folder, "results"));
    },
    say: console.log,
  };
  await killOften(victim, kills);
  same(`after ${kills} kills`);
  const what = [...counts].map(([name, count]) => `${count} of ${name}`).join(", ");
  console.log(`after ${kills} kills (${what}), ${through} times through on the way: the same ${wanted.length} rows`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`${kind}:kills: ${sentence(error)}`);
  process.exitCode = 1;
} finally {
  for (const folder of folders) remove(folder);
}
