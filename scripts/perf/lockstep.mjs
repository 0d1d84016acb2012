// Runs builds at once, of which one at a time works: short turns of each alternate at random, and nothing is started anew for a turn.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

/** @typedef {import("./turns.mjs").Build} Build */

/** What a process says when it waits, and what lets it work: src/cli/turns.ts. */
const WAITING = "af3-gpu: waiting for its turn";
const SAID_LAST = 4000;

/** Whether a build can wait for its turn; older ones cannot. @param {Build} build */
export const takesTurns = ({ root }) => existsSync(path.join(root, "dist/cli/turns.js"));

/** A process that works when it is let. */
class Contestant {
  /** @param {Build} build @param {readonly string[]} args */
  constructor({ name, root, results }, args) {
    this.call = `${name}: af3-gpu ${args.join(" ")}`;
    this.name = name;
    this.over = false;
    this.stderr = "";
    this.rest = "";
    /** @type {{ resolve: () => void, reject: (error: Error) => void } | undefined} */
    this.awaited = undefined;
    this.child = spawn(process.execPath, [path.join(root, "dist/cli/start.js"), ...args, "--out", results], {
      cwd: root,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, AF3_GPU_TURNS: "1" },
    });
    this.child.stdin.on("error", () => {}); // it has ended; its exit code says why
    this.child.stderr.setEncoding("utf8").on("data", (text) => {
      this.stderr = (this.stderr + text).slice(-SAID_LAST);
    });
    this.child.stdout.setEncoding("utf8").on("data", (text) => {
      const lines = (this.rest + text).split("\n");
      this.rest = lines.pop() ?? "";
      if (lines.includes(WAITING)) this.awaited?.resolve();
    });
    this.child.on("error", (error) => this.awaited?.reject(error));
    this.child.on("close", (code, signal) => {
      this.over = true;
      if (signal || code === 130 || code === 143)
        this.awaited?.reject(Object.assign(new Error(`stopped in a run of ${this.name}`), { exitCode: 130 }));
      else if (code !== 0) this.awaited?.reject(new Error(`${this.call} ended with ${code}: ${this.stderr.trim()}`));
      else this.awaited?.resolve();
    });
  }

  /** Lets it work until it waits or ends. @param {() => void} begin @returns {Promise<void>} */
  until(begin) {
    return new Promise((resolve, reject) => {
      this.awaited = { resolve, reject };
      begin();
    });
  }

  turn() {
    return this.until(() => this.child.stdin.write("go\n"));
  }
}

/**
 * One run of each build. They get ready together; then one at a time works, every round in another random order, until all are through.
 * @param {readonly Build[]} builds which all take turns @param {readonly string[]} args a verb that keeps results, and its options
 * @param {() => number} random from 0 to 1
 * @throws {Error} with what a run said, if it did not end well; with the exit code 130 if it was stopped
 */
export async function runTogether(builds, args, random = Math.random) {
  /** @type {Contestant[]} */
  const running = [];
  try {
    for (const build of builds) running.push(new Contestant(build, args));
    await Promise.all(running.map((one) => one.until(() => {})));
    for (;;) {
      const round = shuffled(
        running.filter(({ over }) => !over),
        random,
      );
      if (round.length === 0) return;
      for (const one of round) await one.turn();
    }
  } finally {
    for (const { child, over } of running) if (!over) child.kill("SIGTERM");
  }
}

/** @template T @param {readonly T[]} values @param {() => number} random @returns {T[]} */
function shuffled(values, random) {
  const order = [...values];
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other], order[at]];
  }
  return order;
}
