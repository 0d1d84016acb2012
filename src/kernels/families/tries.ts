/** Launch parameters that are worth timing, and what no device can launch: shared by all families. */
import type { TargetLimits } from "../../gpu/plan/target.ts";

type Params<T extends Record<string, readonly number[]>> = { readonly [Name in keyof T]: number };

/** Every combination of values, the first value of the last name first. */
export function grid<const T extends Record<string, readonly number[]>>(values: T): Params<T>[] {
  const names = Object.keys(values) as (keyof T & string)[];
  return names.reduce<Record<string, number>[]>(
    (sets, name) => sets.flatMap((set) => values[name].map((value) => ({ ...set, [name]: value }))),
    [{}],
  ) as Params<T>[];
}

/** Why a device launches no workgroup of so many lanes, or undefined if it does. */
export const refusesLanes = (
  { maxComputeInvocationsPerWorkgroup: most }: TargetLimits,
  lanes: number,
): string | undefined => (lanes > most ? `needs workgroups of ${lanes}` : undefined);
