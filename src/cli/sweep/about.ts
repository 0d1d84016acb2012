/** What a sweep is, as its folder keeps it, and in which order its cases run. */
import { orderOf, orderSeed } from "../../bench/sweep/order.ts";
import type { Sweep } from "./file.ts";

export interface SweepOptions {
  readonly out: string;
  readonly resume?: boolean;
  readonly retryFailed?: boolean;
  readonly dryRun?: boolean;
  readonly listCases?: boolean;
  readonly case?: string;
  readonly json?: boolean;
  readonly failOnError?: boolean;
}

/** The order in which cases run. */
export const ordered = ({ cases }: Sweep): { readonly seed: number; readonly order: readonly number[] } => {
  const seed = orderSeed(cases.map(({ key }) => key));
  return { seed, order: orderOf(cases.length, seed) };
};

/** What `sweep.json` says. */
export const aboutOf = (sweep: Sweep): object => ({
  schema: "af3-gpu-sweep/1",
  name: sweep.name,
  order_seed: ordered(sweep).seed,
  limits: sweep.limits,
  largest: sweep.largest ? "seq-len" : null,
  options: Object.fromEntries(
    sweep.axes.map(({ option: name, values }) => [name, values.map(({ setting }) => setting)]),
  ),
  cases: sweep.cases.map(({ key }) => key),
});
