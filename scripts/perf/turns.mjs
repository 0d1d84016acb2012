// Runs builds in turns, so that whatever slows the machine slows all of them.
import { spawnSync } from "node:child_process";
import path from "node:path";

/**
 * A build of af3-gpu and where its results go.
 * @typedef {{ name: string, root: string, results: string }} Build
 */

/**
 * One run of each build; every other turn in the opposite order, so that none is always the later.
 * @param {readonly Build[]} builds @param {readonly string[]} args a verb that keeps results, and its options
 * @param {number} turn counted from 0
 * @throws {Error} with what a run said, if it did not end well; with the exit code 130 if it was stopped
 */
export function takeTurn(builds, args, turn) {
  for (const { name, root, results } of turn % 2 === 0 ? builds : [...builds].reverse()) {
    const command = [path.join(root, "dist/cli/start.js"), ...args, "--out", results];
    const { status, signal, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
    if (signal || status === 130 || status === 143)
      throw Object.assign(new Error(`stopped in a run of ${name}`), { exitCode: 130 });
    if (status !== 0) throw new Error(`${name}: af3-gpu ${args.join(" ")} ended with ${status}: ${stderr.trim()}`);
  }
}
