/** A device with WebGPU's default limits, for plans that are recorded and not run. */
import { anyDevice } from "../../src/gpu/target.ts";
import { tuning } from "../../src/kernels/tuning.ts";

export const target = anyDevice(tuning);
