/** How fine a device's clock is. */
import type { Device } from "../gpu/device/device.ts";
import type { Target } from "../gpu/plan/target.ts";
import { chooseVariant } from "../gpu/plan/variant.ts";
import { SingleDispatch } from "../gpu/run/single_dispatch.ts";
import type { PipelineCache } from "../gpu/shader/pipelines.ts";
import { copy } from "../kernels/copy.ts";
import { timerStep } from "./kernel_bench.ts";

/** The step of the device's timestamps in milliseconds, by the times of a small copy. */
export async function measureTimerStep(device: Device, pipelines: PipelineCache, target: Target): Promise<number> {
  const { variant, dims } = chooseVariant(copy, target, { sizes: { length: 4096 } });
  const dispatch = await SingleDispatch.create(device, pipelines, copy, variant, dims);
  try {
    await dispatch.run();
    return await timerStep(dispatch);
  } finally {
    dispatch.destroy();
  }
}
