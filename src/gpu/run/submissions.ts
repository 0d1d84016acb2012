/** How a plan's steps are cut into submissions: by the time they take, which is measured (docs/decisions/0014-submissions.md). */
import type { Cost } from "../plan/kernel.ts";
import type { Section, Step } from "../plan/plan.ts";

/** How long a submission should take: short beside a watchdog's patience and a person's, long beside what a submission costs. */
const TARGET_MS = 100;

/** Work of the first submission, before anything has been measured: milliseconds on what is usual. */
const FIRST_WORK = { software: 2e7, hardware: 2e10 } as const;

/** How much more or less the next submission may hold. A shader's first use can take a thousand times as long as any other. */
const MOST_CHANGE = 4;

/** A byte to or from memory counts as so many floating-point operations: between what CPUs and GPUs do in that time. */
const FLOPS_PER_BYTE = 8;

/** What a step asks of a device, in floating-point operations. */
export const workOf = ({ flops, bytes }: Cost): number => flops + FLOPS_PER_BYTE * bytes;

/** Chooses how much goes into each submission. It keeps what it has learnt from one run to the next. */
export class Pace {
  private work: number;

  constructor(kind: keyof typeof FIRST_WORK) {
    this.work = FIRST_WORK[kind];
  }

  /** The end of the submission that begins with a step: as many steps as there is time for, and one at the least. */
  end(steps: readonly Pick<Step, "cost">[], first: number, { end }: Pick<Section, "end">): number {
    let [next, sum] = [first + 1, workOf(steps[first].cost)];
    while (next < end && sum + workOf(steps[next].cost) <= this.work) sum += workOf(steps[next++].cost);
    return next;
  }

  /** How many tenths of a second so much work takes. */
  share(work: number): number {
    return work / this.work;
  }

  /** Submissions have taken so long. */
  took(work: number, ms: number): void {
    // What is much smaller than the others, such as a section's last, says more of the trip than of the work.
    if (ms < TARGET_MS && work < this.work / 2) return;
    const wanted = (work * TARGET_MS) / Math.max(ms, 1);
    this.work = Math.min(this.work * MOST_CHANGE, Math.max(this.work / MOST_CHANGE, wanted));
  }
}
