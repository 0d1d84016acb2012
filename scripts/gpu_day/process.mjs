// A stage's process: its output in files, ended when its time is up.
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/** How long a process that was asked to stop may take to keep what it has, in milliseconds. */
const GRACE_MS = 8000;

/** @param {{ onstart?: (stop: () => void) => void }} [options] onstart is handed what stops the process @returns {import("./day.mjs").Run} */
export const processRun =
  ({ onstart = () => {} } = {}) =>
  async ([program, ...args], { out, log, limit, env }) => {
    const [stdout, stderr] = [openSync(out, "w"), openSync(log, "w")];
    let late = false;
    try {
      const child = spawn(program, args, { stdio: ["ignore", stdout, stderr], env: { ...process.env, ...env } });
      /** @type {NodeJS.Timeout[]} */
      const timers = [];
      const stop = () => {
        child.kill("SIGINT");
        timers.push(setTimeout(() => child.kill("SIGKILL"), GRACE_MS));
      };
      onstart(stop);
      timers.push(
        setTimeout(() => {
          late = true;
          stop();
        }, limit),
      );
      /** @type {number | null | undefined} */
      const code = await new Promise((resolve) => {
        child.on("error", () => resolve(undefined));
        child.on("exit", (status) => resolve(status));
      });
      for (const timer of timers) clearTimeout(timer);
      const last = lastLine(log);
      return code === undefined ? { code: null, late, last, absent: true } : { code, late, last };
    } finally {
      for (const file of [stdout, stderr]) closeSync(file);
    }
  };

/** @param {string} file */
function lastLine(file) {
  const lines = readFileSync(file, "utf8").split("\n");
  return (
    lines
      .filter((line) => line.trim() !== "" && !/^warning/i.test(line))
      .at(-1)
      ?.slice(0, 300) ?? ""
  );
}
