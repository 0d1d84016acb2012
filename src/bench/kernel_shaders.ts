/** The shaders of a kernel's cases, for checks that need no GPU. */
import {
  type AnyKernel,
  completeDims,
  type Dims,
  frozenParams,
  halvesOf,
  type KernelCase,
  type Variant,
} from "../gpu/plan/kernel.ts";
import type { TuningRow } from "../gpu/plan/target.ts";
import { variantOf } from "../gpu/plan/variant.ts";
import { compose, type ShaderSources } from "../gpu/shader/compose.ts";
import { callOf } from "./kernel_inputs.ts";

export interface CaseShader {
  readonly variant: Variant;
  /** The variant's name, what the tuning table changes, and how arrays are stored: `workgroup, GROUP 32, halves`. */
  readonly setting: string;
  /** Name of the case. */
  readonly case: string;
  readonly source: string;
  readonly dims: Dims;
}

/**
 * The shaders of all cases with every variant, with its own parameters and with each set that the tuning table gives it; each in float32
 * and with all halves that the kernel allows.
 */
export function* shadersOf(
  sources: ShaderSources,
  kernel: AnyKernel,
  tuning: readonly TuningRow[],
): Generator<CaseShader> {
  for (const variant of kernel.variants as readonly Variant[])
    for (const tuned of settingsOf(kernel, variant, tuning))
      for (const testCase of kernel.cases as readonly KernelCase[]) {
        const { sizes, params, scalars = {} } = callOf(testCase);
        const dims = completeDims(kernel, variant, sizes, { ...tuned, ...params }, scalars);
        const changed = Object.entries(tuned).map(([name, value]) => `, ${name} ${value}`);
        for (const dtypes of kernel.halves ? [{}, halvesOf(kernel)] : [{}])
          yield {
            variant,
            setting: [variant.name, ...changed, ...(Object.keys(dtypes).length ? [", halves"] : [])].join(""),
            case: testCase.name,
            source: compose(sources, kernel, variant, frozenParams(dims), { dtypes }),
            dims,
          };
      }
}

function settingsOf(
  kernel: AnyKernel,
  variant: Variant,
  tuning: readonly TuningRow[],
): Readonly<Record<string, number>>[] {
  const rows = tuning.filter((row) => variantOf(row, kernel) === variant);
  return [{}, ...rows.flatMap(({ params }) => (params ? [params] : []))];
}
