/** Candidates on a device. */
import type { Device } from "../../gpu/device/device.ts";
import { type AnyKernel, completeDims, type Dtypes, type KernelCase } from "../../gpu/plan/kernel.ts";
import { sizingOf, type Target } from "../../gpu/plan/target.ts";
import { refusalOf } from "../../gpu/plan/variant.ts";
import { SingleDispatch } from "../../gpu/run/single_dispatch.ts";
import { Timestamps } from "../../gpu/run/timestamps.ts";
import type { PipelineCache } from "../../gpu/shader/pipelines.ts";
import { type Candidate, paramsOf } from "../../kernels/tune/candidates.ts";
import { Pauses, unlessAborted } from "../../waiting.ts";
import { timerStep } from "../kernel_bench.ts";
import { checkShape } from "../kernel_check.ts";
import { callOf, makeInputs } from "../kernel_inputs.ts";
import type { Job } from "./jobs.ts";
import type { Racer } from "./race.ts";
import type { Machine } from "./tuner.ts";

/** A sample lasts so many steps of the clock … */
const STEPS = 50;
/** … and so many milliseconds: by GPU timestamps, and by a clock that sees the host's work, too. */
const LEAST = { timestamps: 0.2, wall: 5 } as const;
const MOST_REPEATS = 1024;

/** Multiplications of a reference: a sample of rows is compared beyond them. */
const REFERENCE_LIMIT = 1e7;

type Inputs = ReturnType<typeof makeInputs>;

export class DeviceMachine implements Machine {
  private readonly device: Device;
  private readonly pipelines: PipelineCache;
  private readonly target: Target;
  private readonly signal: AbortSignal | undefined;
  /** Of the job at hand: making them takes longer than a race. */
  private made: { readonly key: string; readonly inputs: Inputs } | undefined;

  constructor(device: Device, pipelines: PipelineCache, target: Target, signal?: AbortSignal) {
    this.device = device;
    this.pipelines = pipelines;
    this.target = target;
    this.signal = signal;
  }

  now(): number {
    return performance.now();
  }

  /**
   * WebGPU ends no compilation: one that takes too long is left behind, and what it makes is thrown away. The device finishes what
   * it runs.
   */
  async prepare(job: Job, candidate: Candidate, limit: number): Promise<Racer> {
    let late = false;
    const ready = this.started(job, candidate).then((dispatch) => {
      if (late) dispatch.destroy();
      return dispatch;
    });
    ready.catch(() => {}); // nobody waits for it once it is late
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(), limit);
    try {
      const dispatch = await unlessAborted(unlessAborted(ready, this.signal), timer.signal);
      return { time: async (repeats) => (await dispatch.time(repeats)) / repeats, destroy: () => dispatch.destroy() };
    } catch (error) {
      late = true;
      if (!timer.signal.aborted || this.signal?.aborted) throw error;
      await this.device.idle();
      throw new Error(`it was not ready after ${(limit / 1000).toFixed(0)} s`);
    } finally {
      clearTimeout(timeout);
    }
  }

  async repeats(racer: Racer): Promise<number> {
    const timed = Timestamps.supported(this.device);
    const step = timed ? await timerStep({ time: (repeats) => racer.time(repeats) }) : 0;
    const wanted = Math.max(STEPS * step, timed ? LEAST.timestamps : LEAST.wall);
    for (let repeats = 1; ; repeats *= 2)
      if (repeats >= MOST_REPEATS || repeats * (await racer.time(repeats)) >= wanted) return repeats;
  }

  /**
   * Judges a candidate by the kernel's own cases, and at the job's sizes where its random inputs are such that the reference can judge
   * what runs now: what callers guarantee at sizes of plans, only the cases' inputs are sure to keep.
   */
  async check({ kernel, call }: Job, candidate: Candidate, incumbent: Candidate): Promise<string | undefined> {
    const { variant } = candidate;
    const { dtypes = {} } = call;
    for (const testCase of kernel.cases as readonly KernelCase[]) {
      if (testCase.tags?.includes("bench")) continue;
      const { sizes, params, scalars = {} } = callOf(testCase);
      const launch = { ...variant.adapts?.(this.target), ...paramsOf(candidate) };
      const dims = completeDims(kernel, variant, sizes, { ...launch, ...params }, scalars);
      const refused = refusalOf(kernel, variant, this.target, { sizes, dtypes }, dims);
      const own = { variant, dims };
      const wrong = refused === undefined ? await this.judged(kernel, own, dtypes, testCase.shift) : undefined;
      if (wrong !== undefined) return `${testCase.name}: ${wrong}`;
    }
    const judgeable = (await this.judged(kernel, incumbent, dtypes)) === undefined;
    return judgeable ? this.judged(kernel, candidate, dtypes) : undefined;
  }

  private async judged(
    kernel: AnyKernel,
    { variant, dims }: Candidate,
    dtypes: Dtypes,
    shift?: KernelCase["shift"],
  ): Promise<string | undefined> {
    const { device, pipelines } = this;
    const shape = { dims, dtypes, sizes: sizingOf(this.target), ...(shift && { shift }) };
    const pauses = new Pauses(this.signal);
    const outcome = await checkShape(device, pipelines, kernel, variant, shape, 0, REFERENCE_LIMIT, pauses);
    return outcome.kind === "failed" ? outcome.reason : undefined;
  }

  private async started(job: Job, candidate: Candidate): Promise<SingleDispatch> {
    const { variant, dims } = candidate;
    const { kernel, call } = job;
    const typed = { dtypes: call.dtypes ?? {} };
    const dispatch = await SingleDispatch.create(this.device, this.pipelines, kernel, variant, dims, typed);
    try {
      for (const [name, values] of Object.entries(this.inputs(job, candidate))) dispatch.write(name, values);
      await dispatch.run(); // compiles where drivers put it off, and clears lazily cleared buffers
      return dispatch;
    } catch (error) {
      dispatch.destroy();
      throw error;
    }
  }

  private inputs({ kernel, call }: Job, { dims }: Candidate): Inputs {
    const key = JSON.stringify([kernel.name, call.sizes, call.params, call.dtypes]);
    if (this.made?.key !== key) this.made = { key, inputs: makeInputs(kernel, call, dims, 0) };
    return this.made.inputs;
  }
}
