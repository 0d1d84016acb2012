/** How the workgroups of an attention divide its queries. */
import type { Dims, Work } from "../../gpu/plan/kernel.ts";

/** A workgroup takes so many queries, which are the work's rows, of one problem of its batch. */
export function launchOf(queries: (dims: Dims) => number) {
  const workgroups = (dims: Dims, { batch = 1, rows }: Work): number => batch * Math.ceil(rows / queries(dims));
  const done = (dims: Dims, work: Work): number =>
    workgroups(dims, work) * queries(dims) * (work.columns ?? 1) * work.flops;
  return { family: "keys", workgroups, done } as const;
}
