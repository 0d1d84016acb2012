// Starts something again and again, and kills it at random moments.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** The processes below one, itself first, by Linux's /proc. @param {number} pid @returns {number[]} */
export function treeOf(pid) {
  /** @type {number[]} */
  const children = [];
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`))
      children.push(
        ...readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
      );
  } catch {} // it has ended
  return [pid, ...children.flatMap(treeOf)];
}

/** Ends processes at once. @param {readonly number[]} pids @returns {number} how many there were */
export function killAll(pids) {
  let killed = 0;
  for (const pid of pids)
    try {
      process.kill(pid, "SIGKILL");
      killed++;
    } catch {} // it has ended by itself
  return killed;
}

/**
 * What can be started, and killed.
 * @typedef {{
 *   start: () => import("node:child_process").ChildProcess,
 *   latest: number,
 *   kill: (pid: number) => string | undefined,
 *   through: () => void | Promise<void>,
 *   say: (text: string) => void,
 * }} Victim `latest`: milliseconds within which it is killed; `kill` says what it killed, or undefined if nothing was left; `through` is
 *   called when it has ended well by itself, and makes everything as it was in the beginning
 */

/** Starts it until it was killed so many times, then until it ends well. @param {Victim} victim @param {number} kills */
export async function killOften({ start, latest, kill, through, say }, kills) {
  for (let done = 0, starts = 1; done < kills; starts++) {
    const child = start();
    const ended = endOf(child);
    const after = Math.random() * latest;
    const early = await Promise.race([ended, wait(after)]);
    const killed = early === undefined && child.pid !== undefined ? kill(child.pid) : undefined;
    if (killed !== undefined) {
      say(`start ${starts}: ${killed} killed after ${(after / 1000).toFixed(1)} s`);
      done++;
    }
    const code = await ended;
    // What is through has nothing more to be killed: begin anew.
    if (killed === undefined && code === 0) await through();
  }
  for (let tries = 0; (await endOf(start())) !== 0; tries++) {
    if (tries === 3) throw new Error("it does not end well, though nobody kills it");
    await wait(2000);
  }
}

/** @param {import("node:child_process").ChildProcess} child @returns {Promise<number | null>} the exit code */
export const endOf = (child) =>
  new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code));
  });
