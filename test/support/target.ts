/** Devices for plans that are recorded and not run. */
import { anyDevice, type SubgroupMatrix, type Target } from "../../src/gpu/plan/target.ts";
import { matrixVariant } from "../../src/kernels/families/matrix.ts";
import { tuning } from "../../src/kernels/tune/table.ts";

/** With WebGPU's default limits. */
export const target = anyDevice(tuning);

/** A product of square matrices of halves. */
export const cube = (M: number, result = "f32"): SubgroupMatrix => ({ component: "f16", result, M, N: M, K: M });

/** With matrix units that nobody has tested, and subgroups of a size between two. */
export const withMatrices = (
  subgroupMatrices: readonly SubgroupMatrix[],
  [least, most]: readonly [number, number],
  also: readonly string[] = [],
): Target => ({
  ...target,
  features: new Set([...matrixVariant.features, ...also]),
  limits: { ...target.limits, maxComputeWorkgroupStorageSize: 32768 },
  subgroupSize: least === most ? least : undefined,
  subgroupSizes: [least, most],
  subgroupMatrices,
});
