/** The package in Node. */
import { WebGpuBackend } from "./backends/webgpu.ts";
import { givenFields, givenText, knownFields } from "./formats/given.ts";
import { SafeTensors } from "./formats/safetensors.ts";
import { nodeSources } from "./platform/node/dawn.ts";
import { nodeFiles } from "./platform/node/files.ts";

export * from "./library.ts";
export { nodeFiles } from "./platform/node/files.ts";

/**
 * Our kernels on an adapter of this machine; nothing is opened before it is needed.
 * @param device `auto`, `cpu` (software), `cuda` (NVIDIA), `mps` (Apple), `swiftshader`, or part of an adapter's name
 */
export function openWebGpu(options: { readonly device?: string | undefined } = {}): WebGpuBackend {
  givenFields("the options", 'an object such as { device: "auto" }', options);
  knownFields("the options", options, ["device"]);
  const { device = "auto" } = options;
  givenText("the device", "a text such as auto, or part of an adapter's name", device);
  return new WebGpuBackend(nodeSources(device), device);
}

/** Reads a safetensors file. @throws {BadInputError} if it cannot be read or is malformed */
export const readSafetensors = async (file: string): Promise<SafeTensors> =>
  new SafeTensors(await nodeFiles.read(file), file);
