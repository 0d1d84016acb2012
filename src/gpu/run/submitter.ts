/** Hands a section's steps to the device, a little at a time, and tells how far it is. */
import { throwIfAborted } from "../../errors.ts";
import type { Device } from "../device/device.ts";
import type { Section, Step } from "../plan/plan.ts";
import { Pace, workOf } from "./submissions.ts";
import type { Timestamps } from "./timestamps.ts";

/** How far a section's run is. */
export interface StepProgress {
  /** Steps of the section that the device has done, out of how many. */
  readonly step: number;
  readonly steps: number;
  /** What of the section's work these are, from 0 to 1. */
  readonly share: number;
  /** The last of them. */
  readonly label: string;
}

interface SubmitOptions {
  readonly progress?: (done: StepProgress) => void;
  readonly signal?: AbortSignal;
}

/** What runs, and what times its passes. */
interface Timed {
  readonly section: Pick<Section, "first" | "end">;
  readonly times: Timestamps | undefined;
}

/** Work that the device has been given. */
interface Submitted {
  /** The step behind its last one. */
  readonly end: number;
  readonly work: number;
  readonly at: number;
  readonly done: Promise<void>;
}

export class Submitter {
  readonly pace: Pace;
  private readonly device: Device;
  private readonly steps: readonly Step[];
  private readonly encode: (pass: GPUComputePassEncoder, step: number) => void;

  /** @param encode records a step of the plan */
  constructor(device: Device, steps: readonly Step[], encode: (pass: GPUComputePassEncoder, step: number) => void) {
    this.device = device;
    this.steps = steps;
    this.encode = encode;
    this.pace = new Pace(device.adapter.software ? "software" : "hardware");
  }

  /**
   * Runs a section's steps. The device always has a submission to go on with while the one before is waited for.
   * @returns into how many passes they were cut
   * @throws {CancelledError} if the signal has fired, once the device has done what it was given
   */
  async run(timed: Timed, options: SubmitOptions): Promise<number> {
    const { first, end } = timed.section;
    const tell = this.teller(timed, options);
    let [passes, done] = [0, performance.now()];
    let ahead: Submitted | undefined;
    const finish = async (submitted: Submitted): Promise<void> => {
      await submitted.done;
      const now = performance.now();
      this.pace.took(submitted.work, now - Math.max(done, submitted.at));
      done = now;
      tell?.(submitted);
    };
    try {
      for (let next = first; next < end; ) {
        throwIfAborted(options.signal);
        const before = ahead;
        ahead = this.submit(timed, next, passes++);
        next = ahead.end;
        if (before) await finish(before);
      }
      if (ahead) await finish(ahead);
    } finally {
      await ahead?.done.catch(() => {});
    }
    return passes;
  }

  /** Hands the device as many steps as it has time for. */
  private submit({ section, times }: Timed, next: number, passes: number): Submitted {
    const { queue } = this.device.handle;
    const end = this.pace.end(this.steps, next, section);
    const encoder = this.device.handle.createCommandEncoder();
    const timestampWrites = times?.writes(passes);
    const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
    let work = 0;
    for (let step = next; step < end; step++) {
      this.encode(pass, step);
      work += workOf(this.steps[step].cost);
    }
    pass.end();
    if (end === section.end) times?.resolve(encoder, passes + 1);
    queue.submit([encoder.finish()]);
    const done = this.device.guard(queue.onSubmittedWorkDone()).then(() => {});
    done.catch(() => {}); // told to whoever waits for it, which is not at once
    return { end, work, at: performance.now(), done };
  }

  private teller({ section: { first, end } }: Timed, { progress }: SubmitOptions) {
    if (!progress) return undefined;
    const total = this.steps.slice(first, end).reduce((sum, { cost }) => sum + workOf(cost), 0);
    let sum = 0;
    return (done: Submitted): void => {
      sum += done.work;
      const share = done.end === end ? 1 : sum / total;
      progress({ step: done.end - first, steps: end - first, share, label: this.steps[done.end - 1].label });
    };
  }
}
