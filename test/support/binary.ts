/** Runs the built command line as users do. */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export const binary = path.resolve(import.meta.dirname, "../../dist/cli/start.js");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningBinary {
  readonly ended: Promise<Ended>;
  readonly pid: number;
  /** Resolves once stderr has shown this text. */
  shows(text: string): Promise<void>;
  interrupt(signal?: NodeJS.Signals): void;
}

interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Where stdout goes: to us, to a device without room, or into a pipe whose reader has left. */
  readonly stdout?: "read" | "full" | "closed";
  /** Another build of the command line. */
  readonly file?: string;
}

/** Starts `af3-gpu` with arguments in a folder of its own. */
export function start(
  args: readonly string[],
  { cwd = scratch(), env = {}, stdout: to = "read", file = binary }: StartOptions = {},
): RunningBinary {
  const full = to === "full" ? openSync("/dev/full", "w") : undefined;
  const stdio = ["pipe", full ?? "pipe", "pipe"] as const;
  const child = spawn(process.execPath, [file, ...args], { cwd, env: { ...process.env, ...env }, stdio: [...stdio] });
  if (full !== undefined) closeSync(full);
  if (to === "closed") child.stdout?.destroy();
  let [stdout, stderr] = ["", ""];
  const waiting: { text: string; resolve: () => void; reject: (error: Error) => void }[] = [];
  child.stdout?.on("data", (data) => {
    stdout += data;
  });
  child.stderr?.on("data", (data) => {
    stderr += data;
    for (const { text, resolve } of waiting) if (stderr.includes(text)) resolve();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code) => {
      for (const { text, reject } of waiting)
        reject(new Error(`ended with ${code} before it said "${text}": ${stderr}`));
      resolve({ code, stdout, stderr });
    });
  });
  return {
    ended,
    pid: child.pid as number,
    shows: (text) =>
      new Promise((resolve, reject) => (stderr.includes(text) ? resolve() : waiting.push({ text, resolve, reject }))),
    interrupt: (signal = "SIGINT") => void child.kill(signal),
  };
}

/** Runs `af3-gpu` to its end. */
export const af3gpu = (args: readonly string[], options?: Parameters<typeof start>[1]): Promise<Ended> =>
  start(args, options).ended;

/** An empty folder. */
export const scratch = (): string => mkdtempSync(path.join(os.tmpdir(), "af3-gpu-test-"));
