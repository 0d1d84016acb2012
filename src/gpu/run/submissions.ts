/** How a plan's steps are cut into submissions. */
import type { Section, Step } from "../plan/plan.ts";

/** How much work goes into one submission: little enough for any watchdog, and for Ctrl-C on a CPU. */
export const flopsPerSubmission = { software: 4e9, hardware: 2e11 } as const;

/** Groups a section's steps into submissions of at most `flops` each (a bigger step stands alone). */
export function batches(
  steps: readonly Step[],
  flops: number,
  { first, end }: Pick<Section, "first" | "end"> = { first: 0, end: steps.length },
): number[][] {
  const groups: number[][] = [];
  let sum = 0;
  for (let index = first; index < end; index++) {
    const { cost } = steps[index];
    if (groups.length === 0 || sum + cost.flops > flops) {
      groups.push([]);
      sum = 0;
    }
    groups[groups.length - 1].push(index);
    sum += cost.flops;
  }
  return groups;
}
