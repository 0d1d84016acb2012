/** Which kernels, variants and cases `af3-gpu kernels` is about, and how their arrays are stored. */
import { enumerated } from "../engines/core/names.ts";
import { BadInputError } from "../errors.ts";
import { type AnyKernel, type Dtypes, halvesOf, type KernelCase, type Variant } from "../gpu/plan/kernel.ts";
import type { PrecisionMode } from "../gpu/plan/precision.ts";
import { kernels as registry } from "../kernels/index.ts";
import { didYouMean } from "../words.ts";

/** One kernel × variant × case. */
export interface Job {
  readonly kernel: AnyKernel;
  readonly variant: Variant;
  readonly testCase: KernelCase;
  /** How its arrays are stored. */
  readonly dtypes: Dtypes;
}

/** What narrows them. */
export interface JobChoice {
  readonly case?: string;
  readonly variant?: string;
  /** `mixed`: halves in all arrays that may hold them. */
  readonly precision: PrecisionMode;
}

export const nameOf = ({ kernel, variant, testCase }: Job): string =>
  `${kernel.name} (${variant.name}) ${testCase.name}`;

/** @throws {BadInputError} unless there are kernels of these names */
export function checkKernels(names: readonly string[]): void {
  const known = registry.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new BadInputError(
      `there is no kernel ${unknown}; there are ${known.join(", ")}${didYouMean(unknown, known)}`,
    );
}

/** @throws {BadInputError} if a name means nothing, or none is left */
export function jobsOf(names: readonly string[], options: JobChoice): Job[] {
  checkKernels(names);
  const mixed = options.precision === "mixed";
  const named = registry.filter(({ name }) => names.length === 0 || names.includes(name));
  const chosen = mixed ? named.filter(({ halves }) => halves) : named;
  if (chosen.length === 0)
    throw new BadInputError(`--precision mixed: there are no arrays in ${names.join(", ")} that may hold halves`);
  const jobs = chosen
    .flatMap((kernel) =>
      kernel.variants.flatMap((variant) => {
        const dtypes = { ...(mixed ? halvesOf(kernel) : {}), ...variant.dtypes };
        return kernel.cases.map((testCase) => ({ kernel, variant, testCase, dtypes }));
      }),
    )
    .filter(({ testCase }) => options.case === undefined || testCase.name.includes(options.case))
    .filter(({ variant }) => options.variant === undefined || variant.name === options.variant);
  if (jobs.length === 0) {
    const variants = [...new Set(chosen.flatMap((kernel) => kernel.variants.map(({ name }) => name)))];
    const { case: part, variant } = options;
    if (variant !== undefined && !variants.includes(variant))
      throw new BadInputError(
        `--variant should be ${enumerated(variants, "or")}, not "${variant}"${didYouMean(variant, variants)}`,
      );
    throw new BadInputError(`no case is called like "${part}"; af3-gpu kernels --list --json prints the cases`);
  }
  return jobs;
}
