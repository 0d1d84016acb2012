/** What every command starts from: the device that was asked for, and the signal that stops it. */
import { WebGpuBackend } from "../backends/webgpu.ts";
import { displayName } from "../gpu/device/adapter.ts";
import { nodeSources } from "../platform/node/dawn.ts";
import { remark } from "./output.ts";

/** Fires at Ctrl-C or a request to end. A second Ctrl-C ends the process at once. */
export const stop = new AbortController();

export function listenForStop(): void {
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}

/** The `webgpu` backend on the chosen device. */
export const webgpuBackend = (device: string): WebGpuBackend => new WebGpuBackend(nodeSources(device), device);

/**
 * Runs work with an opened backend and closes it behind it.
 * @throws {UnavailableError} if the device cannot be had
 */
export async function withWebGpu<T>(device: string, work: (backend: WebGpuBackend) => Promise<T>): Promise<T> {
  const backend = webgpuBackend(device);
  try {
    const { adapter } = await backend.device();
    if (adapter.software)
      remark(`${displayName(adapter)}: a CPU does the GPU's work. Numbers are right, times say nothing about GPUs.`);
    return await work(backend);
  } finally {
    await backend.dispose();
  }
}
