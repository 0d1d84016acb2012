/** What `tune` times: every variant that runs at a call's sizes, with the launch parameters that its family would try. */
import { type AnyKernel, completeDims, type Variant } from "../../gpu/plan/kernel.ts";
import type { Target, TuningRow } from "../../gpu/plan/target.ts";
import { type Call, type Choice, chooseVariant, proposals, refusalOf, variantOf } from "../../gpu/plan/variant.ts";

/** A variant with all of its parameters. */
export type Candidate = Pick<Choice, "variant" | "dims">;

export interface Candidates {
  /** What runs now. */
  readonly incumbent: Candidate;
  /** The others, those that differ least first. */
  readonly others: readonly Candidate[];
}

/** How many others are timed at most: a software adapter compiles slowly. */
const MOST = { hardware: 24, software: 6 } as const;

/**
 * The candidates of a call on a target, each of which the device can launch: variants as the tuning table has them, then with
 * what they would try.
 * @throws {UnavailableError} if no variant runs
 */
export function candidatesOf(kernel: AnyKernel, target: Target, call: Call): Candidates {
  const incumbent = chooseVariant(kernel, target, call);
  const found = new Map([[keyOf(incumbent), { candidate: incumbent as Candidate, distance: 0 }]]);
  const tuned = new Map<Variant, Readonly<Record<string, number>>>([[incumbent.variant, paramsOf(incumbent)]]);
  const add = (candidate: Candidate): void => {
    const { variant, dims } = candidate;
    const key = keyOf(candidate);
    if (found.has(key) || refusalOf(kernel, variant, target, call, dims) !== undefined) return;
    const usual = tuned.get(variant) ?? {};
    const changed = Object.entries(usual).filter(([name, value]) => dims[name] !== value).length;
    found.set(key, { candidate, distance: changed + (variant === incumbent.variant ? 0 : 1) });
  };
  for (const choice of proposals(kernel, target, call)) {
    if (!tuned.has(choice.variant)) tuned.set(choice.variant, paramsOf(choice));
    add(choice);
  }
  for (const variant of kernel.variants)
    for (const set of variant.tries ?? []) {
      const params = { ...variant.adapts?.(target), ...set, ...call.params };
      const dims = completeDims(kernel, variant, call.sizes, params, call.scalars ?? {});
      add({ variant, dims });
    }
  const [, ...others] = [...found.values()].sort((a, b) => a.distance - b.distance);
  const most = target.software ? MOST.software : MOST.hardware;
  return { incumbent, others: others.slice(0, most).map(({ candidate }) => candidate) };
}

/** The launch parameters that rows of the tuning table may name: all, or where the adapter decides them those that the variant tries. */
const tunable = ({ adapts, params, tries: [set = {}] = [] }: Variant): string[] => Object.keys(adapts ? set : params);

/** A candidate's launch parameters that do not follow from the adapter. */
export const paramsOf = ({ variant, dims }: Candidate): Record<string, number> =>
  Object.fromEntries(tunable(variant).map((name) => [name, dims[name]]));

/** What tells candidates of a call apart. */
export const keyOf = (candidate: Candidate): string =>
  `${candidate.variant.name} ${JSON.stringify(paramsOf(candidate))}`;

/** A candidate for people, such as `workgroup, ROW_LANES 8`: what differs from the variant's own parameters. */
export function candidateText(candidate: Candidate): string {
  const { name, params } = candidate.variant;
  const changed = Object.entries(paramsOf(candidate)).filter(([param, value]) => value !== params[param]);
  return [name, ...changed.map(([param, value]) => `${param} ${value}`)].join(", ");
}

/**
 * Whether these are all parameters of a variant, with values that `tune` may have timed: nothing else may come out of a file.
 * @param reviewed the table whose parameters it times, too
 */
export function isTried(
  kernel: AnyKernel,
  variant: Variant,
  params: Readonly<Record<string, unknown>>,
  reviewed: readonly TuningRow[],
): boolean {
  const names = tunable(variant);
  const inTable = reviewed.filter((row) => variantOf(row, kernel) === variant).map((row) => row.params ?? {});
  return [{}, ...(variant.tries ?? []), ...inTable].some((set) => {
    const whole: Readonly<Record<string, number>> = { ...variant.params, ...set };
    return Object.keys(params).length === names.length && names.every((name) => params[name] === whole[name]);
  });
}
