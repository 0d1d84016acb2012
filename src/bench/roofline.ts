/** What the adapter can do at best: the rate of our plain matmul and the bandwidth of our copy, measured. */

import type { Device } from "../gpu/device/device.ts";
import { elementsIn } from "../gpu/plan/dtype.ts";
import { type AnyKernel, costOf } from "../gpu/plan/kernel.ts";
import type { Target } from "../gpu/plan/target.ts";
import { chooseVariant } from "../gpu/plan/variant.ts";
import { SingleDispatch } from "../gpu/run/single_dispatch.ts";
import type { PipelineCache } from "../gpu/shader/pipelines.ts";
import { copy } from "../kernels/copy.ts";
import { matmul } from "../kernels/matmul.ts";
import type { Roofline } from "./core/roofline.ts";
import { median } from "./core/stats.ts";
import { makeInputs } from "./kernel_inputs.ts";

/** Sizes that a slow adapter finishes in about a second. */
const software = { matmul: 512, copy: 4 * 2 ** 20 };
/** Sizes that fill a GPU. */
const hardware = { matmul: 4096, copy: 32 * 2 ** 20 };
/** A glance, where only times beside other times count. */
const glance = { matmul: 256, copy: 2 ** 20 };
/** Samples are taken for this long, in milliseconds, and never fewer than {@link LEAST} … */
const PERIOD = 500;
const LEAST = 5;
/** … unless that takes so long: an interpreter is not waited for. */
const PATIENCE = 2000;

/**
 * Measures both rates, the median of some runs each. Machines drift: measure beside what is to be compared.
 * @param briefly with small sizes and one run, which is less than the adapter can do
 */
export async function measureRoofline(
  device: Device,
  pipelines: PipelineCache,
  target: Target,
  briefly = false,
): Promise<Roofline> {
  const sizes = briefly ? glance : device.adapter.software ? software : hardware;
  const length = Math.min(sizes.copy, Math.floor(elementsIn(target.limits.maxStorageBufferBindingSize)) - 256);
  const n = sizes.matmul;
  const [product, moved] = [
    await rate(device, pipelines, target, matmul, { rows: n, K: n, COLUMNS: n }, briefly),
    await rate(device, pipelines, target, copy, { length: length - (length % 4) }, briefly),
  ];
  return { flops: product.flops, bytes: moved.bytes };
}

async function rate(
  device: Device,
  pipelines: PipelineCache,
  target: Target,
  kernel: AnyKernel,
  sizes: Readonly<Record<string, number>>,
  briefly: boolean,
) {
  const { variant, dims } = chooseVariant(kernel, target, { sizes });
  const dispatch = await SingleDispatch.create(device, pipelines, kernel, variant, dims);
  try {
    for (const [name, values] of Object.entries(makeInputs(kernel, variant, dims, 0))) dispatch.write(name, values);
    await dispatch.run();
    const times: number[] = [];
    const start = performance.now();
    const [period, least] = briefly ? [0, 1] : [PERIOD, LEAST];
    for (let spent = 0; spent < period || (times.length < least && spent < PATIENCE); spent = performance.now() - start)
      times.push(await dispatch.time(1));
    const seconds = median(times) / 1000;
    const { flops, bytes } = costOf(kernel, variant, dims);
    return { flops: flops / seconds, bytes: bytes / seconds };
  } finally {
    dispatch.destroy();
  }
}
