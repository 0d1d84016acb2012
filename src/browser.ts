/** The package in browsers. */
import type { Precisions } from "./backends/precision.ts";
import { WebGpuBackend } from "./backends/webgpu.ts";
import { givenFields, givenText, knownFields } from "./formats/given.ts";
import { SafeTensors } from "./formats/safetensors.ts";
import { fetchFiles } from "./platform/browser/files.ts";
import { browserSources } from "./platform/browser/gpu.ts";

export * from "./library.ts";
export { fetchFiles } from "./platform/browser/files.ts";

/**
 * Our kernels on the browser's adapter; nothing is opened before it is needed. Works in pages and workers.
 * @param options.device `auto`, or part of an adapter's name to insist on
 * @param options.precision of loads that ask for none, as `diffusionPrecision`
 */
export function openWebGpu(options: Precisions & { readonly device?: string | undefined } = {}): WebGpuBackend {
  givenFields("the options", 'an object such as { device: "auto" }', options);
  knownFields("the options", options, ["device", "precision", "diffusionPrecision"]);
  const { device = "auto", precision, diffusionPrecision } = options;
  givenText("the device", "a text such as auto, or part of an adapter's name", device);
  return new WebGpuBackend(browserSources(), device, undefined, { precision, diffusionPrecision });
}

/** Fetches a safetensors file. @throws {BadInputError} if it cannot be fetched or is malformed */
export const readSafetensors = async (address: string): Promise<SafeTensors> =>
  new SafeTensors(await fetchFiles.read(address), address);
