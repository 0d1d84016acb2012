/** Dispatches as a profile tells of them, made up. */
import type { ProfiledStep } from "../../src/backends/profile.ts";

/** @param times milliseconds of each run of its section */
export const step = (label: string, times: readonly number[], more: Partial<ProfiledStep> = {}): ProfiledStep => ({
  section: "",
  label,
  kernel: label.split("/").at(-1) ?? "",
  variant: "lanes",
  flops: 1000,
  bytes: 100,
  ms: times.reduce((sum, time) => sum + time, 0),
  times,
  ...more,
});

/** A trunk of two sections: the second one runs twice, with two blocks. */
export const trunk: readonly ProfiledStep[] = [
  step("embedding/project", [3], { section: "embedding" }),
  step("cycle/pair/block 0/attention/attention", [1, 2], { section: "cycle", flops: 4e6 }),
  step("cycle/pair/block 0/transition/swiglu", [0.5, 0.5], { section: "cycle" }),
  step("cycle/pair/block 1/attention/attention", [2, 1], { section: "cycle", flops: 4e6 }),
  step("cycle/pair/block 1/transition/swiglu", [0.25, 0.25], { section: "cycle" }),
  step("cycle/add", [0.125, 0.375], { section: "cycle" }),
];
