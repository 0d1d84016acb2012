/** What every command starts from: the device that was asked for, and the signal that stops it. */

import { rmSync } from "node:fs";
import type { Backend } from "../backends/backend.ts";
import type { Precisions } from "../backends/precision.ts";
import { WebGpuBackend } from "../backends/webgpu.ts";
import { displayName } from "../gpu/device/adapter.ts";
import type { TuningUse } from "../kernels/tune/use.ts";
import { nodeSources } from "../platform/node/dawn.ts";
import { watchTemporaries } from "../platform/node/temporaries.ts";
import { tuningChoice } from "../platform/node/tuning.ts";
import { counted } from "../words.ts";
import { remark } from "./output.ts";
import {
  exitCodes,
  type OverMessage,
  type StopMessage,
  type StopSignal,
  stopSignals,
  supervised,
  type TemporaryMessage,
} from "./supervised.ts";

/** Fires at Ctrl-C or a request to end. */
export const stop = new AbortController();

let signalled: StopSignal | undefined;

/** The exit code of a command that was stopped. */
export const stoppedCode = (): number => exitCodes[signalled ?? "SIGINT"];

/** How long the program outlives a starter that was killed. */
const ORPHAN_MS = 1500;

/**
 * Lets signals fire {@link stop}. With a starter (start.ts) it is the starter that hears them, also those that the terminal sends to both,
 * and ends a program that does not end by itself; without one, a second signal ends the process.
 */
export function listenForStop(): void {
  const asked = (signal: StopSignal): void => {
    signalled = signal;
    stop.abort();
  };
  for (const signal of stopSignals)
    process.on(signal, () => {
      if (supervised && signal !== "SIGTERM") return; // a terminal's
      if (!supervised && stop.signal.aborted) process.exit(exitCodes[signal]);
      asked(signal);
    });
  if (!supervised) return;
  const files = new Set<string>();
  process.on("message", (message: StopMessage) => asked(message.stop));
  process.on("disconnect", () => {
    asked("SIGTERM");
    setTimeout(() => {
      // Whatever keeps it from its own end: nobody else is left to take these away.
      for (const file of files) rmSync(file, { recursive: true, force: true });
      process.exit(exitCodes.SIGTERM);
    }, ORPHAN_MS).unref();
  });
  process.channel?.unref(); // a program that has nothing left to do ends
  watchTemporaries((temporary, there) => {
    if (typeof temporary === "string") files[there ? "add" : "delete"](temporary);
    tellStarter({ temporary, there });
  });
}

/** Says something to the starter, which may have been killed a moment ago: the channel tells that only later, and a failed message is no reason to end at once. */
function tellStarter(message: TemporaryMessage | OverMessage): void {
  if (process.connected) process.send?.(message, () => {});
}

/** The program has said all it had to say about its end: the starter need not wait for what a device has begun. */
export function tellStopped(): void {
  if (supervised && signalled) tellStarter({ over: true });
}

/** Disposes of a backend. A device that has been given work is left to its process's end, which does not wait for it. */
export async function disposeOf(backend: Backend): Promise<void> {
  if (supervised && signalled && backend instanceof WebGpuBackend) return;
  await backend.dispose();
}

/** The `webgpu` backend on the chosen device. */
export const webgpuBackend = (device: string, precisions: Precisions = {}): WebGpuBackend =>
  new WebGpuBackend(nodeSources(device), device, tuningChoice(), precisions);

/** Says where other variants run than the reviewed ones, and what of the user's own table is left out. */
export function tellTuning({ kind, rows, written = "", notes }: TuningUse): void {
  for (const note of notes) remark(`note: ${note}`);
  if (kind === "own")
    remark(
      `note: ${counted(rows.length, "row")} of your own tuning of ${written.slice(0, 10)} decide which variants run; AF3_GPU_TUNING=reviewed leaves them out`,
    );
}

/**
 * Runs work with an opened backend and closes it behind it.
 * @throws {UnavailableError} if the device cannot be had
 */
export async function withWebGpu<T>(
  device: string,
  work: (backend: WebGpuBackend) => Promise<T>,
  precisions: Precisions = {},
): Promise<T> {
  const backend = webgpuBackend(device, precisions);
  try {
    const { adapter } = await backend.device();
    if (adapter.software)
      remark(`${displayName(adapter)}: a CPU does the GPU's work. Numbers are right, times say nothing about GPUs.`);
    tellTuning(await backend.tuning());
    return await work(backend);
  } finally {
    await disposeOf(backend);
  }
}
