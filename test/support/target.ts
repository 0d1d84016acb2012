/** A device with WebGPU's default limits, for plans that are recorded and not run. */
import { defaultChunkBytes, defaultLimits, type Target } from "../../src/gpu/target.ts";
import { tuning } from "../../src/kernels/tuning.ts";

export const target: Target = {
  software: false,
  features: new Set(),
  subgroupSize: undefined,
  limits: defaultLimits,
  chunkBytes: defaultChunkBytes,
  tuning,
};
