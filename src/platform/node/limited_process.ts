/** A process with a limit of time and of memory, which ends with the process that started it. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { residentBytes } from "./process_memory.ts";
import { withProcess } from "./temporaries.ts";

/** What a process may take; nothing left out is limited. */
export interface Limits {
  readonly seconds?: number;
  /** Resident bytes, of it and all that it has started. */
  readonly memory?: number;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it was ended, if it was. */
  readonly ended: "time" | "memory" | "stopped" | undefined;
  readonly seconds: number;
  /** The most resident bytes that were seen; null where there is no telling. */
  readonly peakBytes: number | null;
}

interface Started {
  /** Where its stdout and stderr go. */
  readonly out: string;
  readonly log: string;
  readonly limits: Limits;
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** Called once it runs. */
  readonly started?: (pid: number) => void;
}

/** Memory is looked at so often: what grows faster than this is the system's to stop. */
const LOOK_MS = 250;
/** How long a process that was asked to end may take. */
const GRACE_MS = 3000;
/** A timer takes no more, some 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Runs a program to its end. It has a channel to this process and is expected to end when that closes, as `af3-gpu` does.
 * @throws the system's error if it cannot be started
 */
export async function runLimited(command: readonly string[], options: Started): Promise<ProcessEnd> {
  const [program, ...args] = command;
  const [out, log] = [openSync(options.out, "w"), openSync(options.log, "w")];
  try {
    return await withProcess(
      () => spawn(program, args, { stdio: ["ignore", out, log, "ipc"], detached: process.platform !== "win32" }),
      (child) => watched(child, options),
    );
  } finally {
    for (const file of [out, log]) closeSync(file);
  }
}

async function watched(child: ChildProcess, { limits, signal, started }: Started): Promise<ProcessEnd> {
  const start = performance.now();
  let ended: ProcessEnd["ended"];
  let peakBytes: number | null = null;
  let looking = false;
  let killing: NodeJS.Timeout | undefined;
  const end = (why: NonNullable<ProcessEnd["ended"]>): void => {
    if (ended !== undefined) return;
    ended = why;
    child.kill("SIGTERM");
    killing = setTimeout(() => endAll(child), GRACE_MS);
  };
  const look = async (): Promise<void> => {
    if (looking || child.pid === undefined) return;
    looking = true;
    const bytes = await residentBytes(child.pid);
    looking = false;
    if (bytes !== undefined) peakBytes = Math.max(peakBytes ?? 0, bytes);
    if (limits.memory !== undefined && (bytes ?? 0) > limits.memory) end("memory");
  };
  const stopped = (): void => end("stopped");
  const timers = [setInterval(look, LOOK_MS)];
  if (limits.seconds !== undefined) timers.push(setTimeout(end, Math.min(1000 * limits.seconds, LONGEST_MS), "time"));
  signal?.addEventListener("abort", stopped);
  if (signal?.aborted) stopped();
  if (child.pid !== undefined) started?.(child.pid);
  try {
    const [code, by] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (status, cause) => resolve([status, cause]));
    });
    return { code, signal: by, ended, seconds: (performance.now() - start) / 1000, peakBytes };
  } finally {
    for (const timer of timers) clearInterval(timer);
    clearTimeout(killing);
    endAll(child); // what it has started would live on otherwise, with all its memory
    signal?.removeEventListener("abort", stopped);
  }
}

/** Ends a process with what it has started in its group. */
function endAll(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== "win32") process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {} // it has ended by itself
}
