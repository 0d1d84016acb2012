/** Hands sections' steps to the device, a little at a time, ahead of what it has done, and tells how far it is. */
import { throwIfAborted } from "../../errors.ts";
import type { Device } from "../device/device.ts";
import type { Section, Step } from "../plan/plan.ts";
import { type Pace, workOf } from "./submissions.ts";
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

export interface SubmitOptions {
  /** Called when the device has done a submission, perhaps while later sections are handed over. */
  readonly progress?: (done: StepProgress) => void;
  readonly signal?: AbortSignal;
}

/** What runs, and what times its passes. */
interface Timed {
  readonly section: Pick<Section, "first" | "end">;
  readonly times?: Timestamps | undefined;
}

/** What the device has at the most: submissions and bytes written to its queue hold memory of the host until they are done. */
const MOST = { submissions: 128, bytes: 64 * 2 ** 20 } as const;

/** Submissions whose end is waited for together. */
interface Group {
  readonly submissions: number;
  readonly work: number;
  /** Written to the queue before them. */
  readonly bytes: number;
  /** When the first was made. */
  readonly at: number;
}

const nothing = { submissions: 0, work: 0, bytes: 0 };

const together = (a: Omit<Group, "at">, b: Omit<Group, "at">) => ({
  submissions: a.submissions + b.submissions,
  work: a.work + b.work,
  bytes: a.bytes + b.bytes,
});

export class Submitter {
  readonly pace: Pace;
  private readonly device: Device;
  private readonly steps: readonly Step[];
  private readonly encode: (pass: GPUComputePassEncoder, step: number) => void;
  /** The groups that the device has, the oldest first, and their ends. */
  private readonly given: (Group & { readonly end: Promise<void> })[] = [];
  /** What it has been given since the last group was closed. */
  private open: Group | undefined;
  /** Written to the queue, for the next submission. */
  private written = 0;
  /** When the last group was done. */
  private done = 0;

  /** @param encode records a step of the plan */
  constructor(
    device: Device,
    steps: readonly Step[],
    pace: Pace,
    encode: (pass: GPUComputePassEncoder, step: number) => void,
  ) {
    this.device = device;
    this.steps = steps;
    this.pace = pace;
    this.encode = encode;
  }

  /**
   * Hands over a section's steps. When it returns, the device may still have them before it: what is done to the queue next comes
   * behind them, {@link finish} waits. It never has much more than two tenths of a second of work.
   * @returns into how many passes they were cut
   * @throws {CancelledError} if the signal has fired; what the device has been given by then it goes through with
   */
  async run(timed: Timed, options: SubmitOptions): Promise<number> {
    const { first, end } = timed.section;
    const tell = this.teller(timed, options);
    let passes = 0;
    try {
      for (let next = first; next < end; ) {
        throwIfAborted(options.signal);
        await this.room();
        throwIfAborted(options.signal);
        const submitted = this.submit(timed, next, passes++);
        next = submitted.end;
        // A clock, or someone who is told, needs the end of each.
        if (timed.times || tell || this.full(submitted.group)) this.close(tell && (() => tell(submitted)));
      }
    } catch (error) {
      if (this.open) this.close();
      throw error;
    }
    return passes;
  }

  /** Bytes have been written to the queue, which keeps a copy of them until the device is there. */
  wrote(bytes: number): void {
    this.written += bytes;
  }

  /** Waits until the device has done everything. @throws {DeviceError} if it failed */
  async finish(): Promise<void> {
    if (this.open) this.close();
    await this.settled();
  }

  /** The device has done everything, as somebody knows who has read a result: tells whoever is still to be told. */
  async settled(): Promise<void> {
    // How long what is open took is not known: the host may have had other things to do.
    this.open = undefined;
    this.written = 0;
    while (this.given.length > 0) await this.oldest();
  }

  /** Waits until the device may be given more: it has something to go on with while the oldest group is waited for. */
  private async room(): Promise<void> {
    for (;;) {
      const all = this.given.reduce(together, nothing);
      const much = this.pace.share(all.work) >= 1 || all.submissions >= MOST.submissions || all.bytes >= MOST.bytes;
      if (this.given.length < 2 || !much) return;
      await this.oldest();
    }
  }

  private async oldest(): Promise<void> {
    const [group] = this.given;
    try {
      await group.end;
    } finally {
      // Whoever waited beside has taken it away already.
      if (this.given[0] === group) this.given.shift();
    }
  }

  /** Whether a group is to be closed: half of what the device may have. */
  private full({ submissions, work, bytes }: Group): boolean {
    return this.pace.share(work) >= 0.5 || 2 * submissions >= MOST.submissions || 2 * bytes >= MOST.bytes;
  }

  /** Closes the open group: from now on its end is waited for. @param tell is called then */
  private close(tell?: () => void): void {
    const group = this.open ?? { ...nothing, at: performance.now() };
    this.open = undefined;
    const end = this.device.guard(this.device.handle.queue.onSubmittedWorkDone()).then(() => {
      const now = performance.now();
      if (group.work > 0) this.pace.took(group.work, now - Math.max(this.done, group.at));
      this.done = now;
      tell?.();
    });
    end.catch(() => {}); // told to whoever waits for it, which is not at once
    this.given.push({ ...group, end });
  }

  /** Hands the device as many steps as it has time for. */
  private submit({ section, times }: Timed, next: number, passes: number) {
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
    this.device.handle.queue.submit([encoder.finish()]);
    const own = { submissions: 1, work, bytes: this.written };
    const group = { at: this.open?.at ?? performance.now(), ...together(this.open ?? nothing, own) };
    this.open = group;
    this.written = 0;
    return { end, work, group };
  }

  private teller({ section: { first, end } }: Timed, { progress, signal }: SubmitOptions) {
    if (!progress) return undefined;
    const total = this.steps.slice(first, end).reduce((sum, { cost }) => sum + workOf(cost), 0);
    let sum = 0;
    return (done: { readonly end: number; readonly work: number }): void => {
      sum += done.work;
      if (signal?.aborted) return;
      const share = done.end === end ? 1 : sum / total;
      progress({ step: done.end - first, steps: end - first, share, label: this.steps[done.end - 1].label });
    };
  }
}
