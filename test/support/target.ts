/** A device with WebGPU's default limits, for plans that are recorded and not run. */
import { anyDevice } from "../../src/gpu/plan/target.ts";
import { tuning } from "../../src/kernels/tune/table.ts";

export const target = anyDevice(tuning);
