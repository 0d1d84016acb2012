// `npm run sweep:kills -- 20`: a sweep of real runs that is killed so many times at random moments, against one that is not
// (docs/sweeps.md). What is killed: the command, the program behind it, a case, or all at once.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { built } from "./built.mjs";

const program = fileURLToPath(new URL("../dist/cli/start.js", import.meta.url));
const kills = Number(process.argv[2] ?? 20);
if (process.platform !== "linux" || !Number.isInteger(kills) || kills < 1) {
  console.error("usage: npm run sweep:kills -- NUMBER, on Linux");
  process.exit(2);
}
if (!(await built())) process.exit(1);

const SWEEP = "engine: both\nmode: toy\npasses: 2\nwarmup: 1\nseq-len: [4, 8, 12]\n";
/** A start is killed within so many milliseconds, during its first case or one behind it. */
const LATEST_MS = 9000;
const TARGETS = /** @type {const} */ (["the command", "its program", "the case", "all of them"]);

/** The processes below one, itself first. @param {number} pid @returns {number[]} */
function tree(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
    return [pid, ...children.flatMap((one) => tree(Number(one)))];
  } catch {
    return [pid];
  }
}

/** @param {string} folder @param {(pid: number) => Promise<void>} [meanwhile] @returns {Promise<number | null>} the exit code */
async function sweep(folder, meanwhile) {
  const child = spawn(process.execPath, [program, "sweep", "toy.yaml"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.resume();
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve) => child.on("close", resolve));
  await Promise.race([ended, meanwhile?.(child.pid ?? 0) ?? ended]);
  return ended;
}

/** What is left of rows when times and machines are taken away. @param {string} folder */
function rowsOf(folder) {
  const at = path.join(folder, "results", "toy");
  const cases = readdirSync(at, { withFileTypes: true }).filter(
    (one) => one.isDirectory() && !one.name.startsWith("."),
  );
  return cases
    .flatMap(({ name }) =>
      readdirSync(path.join(at, name))
        .filter((file) => file.endsWith(".jsonl"))
        .flatMap((file) =>
          readFileSync(path.join(at, name, file), "utf8")
            .trimEnd()
            .split("\n"),
        )
        .map((line) => {
          const { engine, backend, component, seq_len, pass_index, ok, error } = JSON.parse(line);
          return JSON.stringify([name, engine, backend, component, seq_len, pass_index, ok, error]);
        }),
    )
    .sort();
}

/** @returns {string} */
const scratch = () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "af3-gpu-kills-"));
  writeFileSync(path.join(folder, "toy.yaml"), SWEEP);
  return folder;
};

const [undisturbed, folder] = [scratch(), scratch()];
try {
  await sweep(undisturbed);
  const wanted = rowsOf(undisturbed);
  console.log(`undisturbed: ${wanted.length} rows`);
  for (let done = 0, start = 1; done < kills; start++) {
    const target = TARGETS[Math.floor(Math.random() * TARGETS.length)];
    let killed = false;
    const code = await sweep(folder, async (pid) => {
      const after = Math.round(Math.random() * LATEST_MS);
      await wait(after);
      const all = tree(pid);
      const chosen =
        { "the command": [all[0]], "its program": all.slice(1, 2), "the case": all.slice(2) }[String(target)] ?? all;
      for (const one of chosen)
        try {
          process.kill(one, "SIGKILL");
          killed = true;
        } catch {} // it has ended by itself
      if (killed) console.log(`start ${start}: ${target} killed after ${(after / 1000).toFixed(1)} s`);
    });
    if (killed) done++;
    // A sweep that is through has nothing more to be killed: begin anew.
    else if (code === 0) {
      check(wanted, rowsOf(folder));
      rmSync(path.join(folder, "results"), { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
    }
  }
  for (let tries = 0; (await sweep(folder)) !== 0 && tries < 3; tries++) await wait(2000);
  check(wanted, rowsOf(folder));
  console.log(`after ${kills} kills: the same ${wanted.length} rows`);
} finally {
  for (const one of [undisturbed, folder])
    rmSync(one, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
}

/** @param {readonly string[]} wanted @param {readonly string[]} found */
function check(wanted, found) {
  const lost = wanted.filter((one) => !found.includes(one));
  const more = found.filter((one, at) => !wanted.includes(one) || found.indexOf(one) !== at);
  if (lost.length === 0 && more.length === 0) return;
  console.error(`lost: ${lost.join(" ") || "none"}; too many: ${more.join(" ") || "none"}`);
  process.exit(1);
}
