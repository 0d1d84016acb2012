/** Which variant of a kernel a device runs: the tuning table proposes, features and limits decide. */
import { UnavailableError } from "../../errors.ts";
import type { AnyKernel, Dims, Variant } from "./kernel.ts";
import type { Target } from "./target.ts";

export interface Choice {
  readonly variant: Variant;
  /** All sizes and parameters with this variant. */
  readonly dims: Dims;
}

/** Why a variant cannot run on a target at these sizes, or undefined if it can. */
export function refusal(variant: Variant, target: Target, dims: Dims): string | undefined {
  const missing = variant.features.filter((feature) => !target.features.has(feature));
  if (missing.length) return `needs ${missing.join(", ")}`;
  return variant.refuses?.(target, dims);
}

/**
 * The first choice of the tuning table that the target can run, else the first of the kernel's variants that it can.
 *
 * @param complete makes all sizes and parameters for a variant and the parameters that the tuning table changes
 * @throws {UnavailableError} with every variant's reason if none can run
 */
export function chooseVariant(
  kernel: AnyKernel,
  target: Target,
  complete: (variant: Variant, tuned: Readonly<Record<string, number>>) => Dims,
): Choice {
  const reasons = new Set<string>();
  for (const { variant, tuned } of candidates(kernel, target)) {
    const dims = complete(variant, tuned);
    const reason = refusal(variant, target, dims);
    if (reason === undefined) return { variant, dims };
    reasons.add(`${variant.name} ${reason}`);
  }
  throw new UnavailableError(
    `no variant of the kernel ${kernel.name} runs on this device: ${[...reasons].join("; ")}`,
    "choose another adapter with --device",
  );
}

function* candidates(kernel: AnyKernel, target: Target) {
  for (const { when, variant: name, params = {} } of target.tuning) {
    if (when.kernel !== undefined && when.kernel !== kernel.name) continue;
    if (when.software !== undefined && when.software !== target.software) continue;
    if (when.subgroupSize !== undefined && when.subgroupSize !== target.subgroupSize) continue;
    const variant = kernel.variants.find((candidate) => candidate.name === name);
    if (!variant) continue;
    const tuned = Object.fromEntries(Object.entries(params).filter(([key]) => key in variant.params));
    yield { variant, tuned };
  }
  for (const variant of kernel.variants) yield { variant, tuned: {} };
}
