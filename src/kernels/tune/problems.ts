/** What is wrong with a tuning table: rows that no kernel has, so that nobody relies on what never happens. */
import type { AnyKernel, Variant } from "../../gpu/plan/kernel.ts";
import type { TuningRow } from "../../gpu/plan/target.ts";
import { variantOf } from "../../gpu/plan/variant.ts";

/** Sizes that the work of every kernel has. */
const WORK = ["batch", "rows", "columns"];

/** One sentence for each mistake in a table, and for each kernel without a row that always holds; those that fuse others need none. */
export function problemsOf(table: readonly TuningRow[], kernels: readonly AnyKernel[]): string[] {
  const always = (row: TuningRow): boolean => row.adapter === undefined && row.sizes === undefined;
  const without = kernels.filter(
    (kernel) => !kernel.fuses && !table.some((row) => always(row) && variantOf(row, kernel) !== undefined),
  );
  return [
    ...table.flatMap((row, index) => problemsOfRow(row, kernels).map((problem) => `row ${index + 1}: ${problem}`)),
    ...without.map(({ name }) => `no row says which variant of ${name} runs where nothing else holds`),
  ];
}

function problemsOfRow(row: TuningRow, kernels: readonly AnyKernel[]): string[] {
  const about = kernels.filter((kernel) => variantOf(row, kernel) !== undefined);
  const [first] = about;
  if (!first) return [`no ${row.kernel ?? `kernel of the family ${row.family}`} has a variant ${row.variant}`];
  const { params } = variantOf(row, first) as Variant;
  const strangers = Object.keys(row.params ?? {}).filter((name) => !(name in params));
  const known = row.kernel === undefined ? WORK : sizeNames(first);
  const unsized = Object.keys(row.sizes ?? {}).filter((name) => !known.includes(name));
  const empty = Object.entries(row.sizes ?? {}).filter(([, [least, most]]) => !(least <= most));
  return [
    ...strangers.map((name) => `${row.variant} has no parameter ${name}`),
    ...unsized.map((name) => `there is no size ${name}; there are ${known.join(", ")}`),
    ...empty.map(([name, [least, most]]) => `no ${name} lies between ${least} and ${most}`),
  ];
}

/** Names of the sizes, parameters and scalars of a kernel's calls. */
export function sizeNames({ inputs, inouts, outputs, params, scalars }: AnyKernel): string[] {
  const shapes = Object.values({ ...inputs, ...inouts, ...outputs }) as (readonly (string | number)[])[];
  const axes = shapes.flat().filter((axis): axis is string => typeof axis === "string");
  return [...new Set([...axes, ...Object.keys(params), ...Object.keys(scalars)])];
}
