/** The package in Node. */
import type { Precisions } from "./backends/precision.ts";
import { WebGpuBackend } from "./backends/webgpu.ts";
import { givenFields, givenName, givenText, knownFields } from "./formats/given.ts";
import { SafeTensors } from "./formats/safetensors.ts";
import { nodeSources } from "./platform/node/dawn.ts";
import { nodeFiles } from "./platform/node/files.ts";
import { tuningChoice } from "./platform/node/tuning.ts";

export * from "./library.ts";
export { keptAlignments } from "./platform/node/alignments.ts";
export {
  type ConformerThread,
  type ConformerThreadOptions,
  openConformers,
} from "./platform/node/conformers/generator.ts";
export { nodeFiles } from "./platform/node/files.ts";

/**
 * Our kernels on an adapter of this machine; nothing is opened before it is needed.
 * @param options.tuning `own` (default): where `af3-gpu tune` has measured variants on this adapter, the fastest run; `reviewed`: those
 *   that the package names. Without it, the environment's AF3_GPU_TUNING decides. Results differ by rounding.
 * @param options.precision of loads that ask for none, as `diffusionPrecision`; with `mixed` it is a backend of another variant, so that both can stand in one benchmark
 * @param options.device `auto`, `cpu` (software), `cuda` (NVIDIA), `mps` (Apple), `swiftshader`, or part of an adapter's name
 */
export function openWebGpu(
  options: Precisions & {
    readonly device?: string | undefined;
    readonly tuning?: "own" | "reviewed" | undefined;
  } = {},
): WebGpuBackend {
  givenFields("the options", 'an object such as { device: "auto" }', options);
  knownFields("the options", options, ["device", "tuning", "precision", "diffusionPrecision"]);
  const { device = "auto", tuning, precision, diffusionPrecision } = options;
  givenText("the device", "a text such as auto, or part of an adapter's name", device);
  if (tuning !== undefined) givenName("tuning", tuning, ["own", "reviewed"]);
  return new WebGpuBackend(nodeSources(device), device, tuningChoice(tuning), { precision, diffusionPrecision });
}

/** Reads a safetensors file. @throws {BadInputError} if it cannot be read or is malformed */
export const readSafetensors = async (file: string): Promise<SafeTensors> =>
  new SafeTensors(await nodeFiles.read(file), file);
