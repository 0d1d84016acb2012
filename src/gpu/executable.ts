/** A plan made ready for one device: pipelines, buffers, bind groups. Runs again and again with new inputs. */
import { throwIfAborted } from "../errors.ts";
import type { Device } from "./device.ts";
import type { Pipeline, PipelineCache } from "./pipelines.ts";
import type { Plan, Step, Tensor } from "./plan.ts";
import { align, type DeviceMemory, grid, makeResources, type Resources, USAGE } from "./resources.ts";
import { Timestamps } from "./timestamps.ts";

export interface RunOptions {
  /** Called when a submission has finished. */
  readonly progress?: (done: { readonly step: number; readonly steps: number; readonly label: string }) => void;
  readonly signal?: AbortSignal;
  /** Use the inputs kept by {@link Executable.keepInputs}: nothing is uploaded. */
  readonly resident?: boolean;
  /** Leave the outputs on the device: nothing is read back. */
  readonly leaveOutputs?: boolean;
}

/** Where the time of a run went, in milliseconds. */
export interface RunTimes {
  readonly upload: number;
  /** From the end of the upload until the device has finished. */
  readonly execute: number;
  readonly download: number;
  /** Sum of the passes' GPU timestamps, or undefined where the device has none. */
  readonly gpu: number | undefined;
}

export interface RunResult {
  readonly outputs: ReadonlyMap<string, Float32Array>;
  readonly times: RunTimes;
}

/** How much work goes into one submission: little enough for any watchdog, and for Ctrl-C on a CPU. */
const flopsPerSubmission = { software: 4e9, hardware: 2e11 } as const;

export class Executable {
  readonly plan: Plan;
  readonly memory: DeviceMemory;
  private readonly device: Device;
  private readonly pipelines: readonly Pipeline[];
  private readonly groups: readonly GPUBindGroup[];
  private readonly owned: readonly GPUBuffer[];
  private readonly buffers: ReadonlyMap<number, GPUBuffer>;
  private readonly staging: ReadonlyMap<string, GPUBuffer>;
  private readonly batches: readonly (readonly number[])[];
  private kept: ReadonlyMap<string, GPUBuffer> = new Map();
  private batchTimes: Timestamps | undefined;
  private disposed = false;
  /** Runs share the buffers, so they wait for each other. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(device: Device, plan: Plan, pipelines: readonly Pipeline[], made: Resources) {
    this.device = device;
    this.plan = plan;
    this.pipelines = pipelines;
    this.groups = made.groups;
    this.owned = made.owned;
    this.buffers = made.buffers;
    this.staging = made.staging;
    this.memory = made.memory;
    this.batches = batches(plan.steps, flopsPerSubmission[device.adapter.software ? "software" : "hardware"]);
    if (Timestamps.supported(device)) this.batchTimes = new Timestamps(device, this.batches.length);
  }

  /**
   * Compiles all pipelines in parallel and makes all buffers. The plan lets go of its weights and cannot be built again.
   * @throws {DeviceError} if the device has too little memory or refuses a pipeline
   */
  static async build(
    device: Device,
    plan: Plan,
    pipelineCache: PipelineCache,
    signal?: AbortSignal,
  ): Promise<Executable> {
    const pipelines = await Promise.all(
      plan.steps.map((step) => pipelineCache.get(step.kernel, step.variant, step.dims)),
    );
    throwIfAborted(signal);
    const owned: GPUBuffer[] = [];
    try {
      const executable = await device.scoped(
        "building the plan's buffers",
        () => new Executable(device, plan, pipelines, makeResources(device, plan, pipelines, owned)),
      );
      plan.releaseConstants();
      return executable;
    } catch (error) {
      for (const buffer of owned) buffer.destroy();
      throw error;
    }
  }

  /**
   * Uploads the inputs, runs all steps, reads the outputs back. Runs that are started together run one after the other.
   * @param inputs a float32 array per input of the plan, of exactly its size
   * @throws {CancelledError} between submissions once the signal has fired
   * @throws {DeviceError} if the device failed; outputs of a failed run are never returned
   */
  run(inputs: ReadonlyMap<string, Float32Array>, options: RunOptions = {}): Promise<RunResult> {
    return this.alone(() => this.runAlone(inputs, options));
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => {});
    return result;
  }

  private async runAlone(inputs: ReadonlyMap<string, Float32Array>, options: RunOptions): Promise<RunResult> {
    this.check();
    const start = performance.now();
    if (options.resident) this.restoreInputs();
    else this.upload(inputs);
    await this.device.guard(this.device.handle.queue.onSubmittedWorkDone());
    const uploaded = performance.now();
    await this.submit(options);
    await this.device.guard(this.device.handle.queue.onSubmittedWorkDone());
    const executed = performance.now();
    const outputs = options.leaveOutputs ? new Map<string, Float32Array>() : await this.download();
    const downloaded = performance.now();
    const gpu = (await this.batchTimes?.read())?.reduce((sum, time) => sum + time, 0);
    return {
      outputs,
      times: { upload: uploaded - start, execute: executed - uploaded, download: downloaded - executed, gpu },
    };
  }

  /** Runs the same steps with one timed pass each. @returns milliseconds per step, in the plan's order */
  profile(inputs: ReadonlyMap<string, Float32Array>, options: RunOptions = {}): Promise<number[]> {
    return this.alone(() => this.profileAlone(inputs, options));
  }

  private async profileAlone(inputs: ReadonlyMap<string, Float32Array>, options: RunOptions): Promise<number[]> {
    this.check();
    const { handle } = this.device;
    if (options.resident) this.restoreInputs();
    else this.upload(inputs);
    const times = await this.device.scoped("profiling", () => new Timestamps(this.device, this.plan.steps.length));
    try {
      for (const batch of this.batches) {
        throwIfAborted(options.signal);
        const encoder = handle.createCommandEncoder();
        for (const step of batch) {
          const pass = encoder.beginComputePass({ timestampWrites: times.writes(step) });
          this.encode(pass, step);
          pass.end();
        }
        handle.queue.submit([encoder.finish()]);
        await this.device.guard(handle.queue.onSubmittedWorkDone());
      }
      const encoder = handle.createCommandEncoder();
      times.resolve(encoder);
      handle.queue.submit([encoder.finish()]);
      return await times.read();
    } finally {
      times.destroy();
    }
  }

  /** Puts copies of the inputs on the device, for runs with `resident`. They stay until {@link dispose}. */
  async keepInputs(inputs: ReadonlyMap<string, Float32Array>): Promise<void> {
    this.check();
    for (const buffer of this.kept.values()) buffer.destroy();
    this.kept = await this.device.scoped("keeping inputs on the device", () => {
      const kept = new Map<string, GPUBuffer>();
      for (const [name, tensor] of this.plan.inputs) {
        const buffer = this.device.handle.createBuffer({
          size: align(tensor.bytes),
          usage: USAGE.COPY_SRC | USAGE.COPY_DST,
        });
        this.device.handle.queue.writeBuffer(buffer, 0, this.inputValues(inputs, name, tensor));
        kept.set(name, buffer);
      }
      return kept;
    });
  }

  /** Frees everything that the executable holds on the device. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const buffer of [...this.owned, ...this.kept.values()]) buffer.destroy();
    this.batchTimes?.destroy();
    this.batchTimes = undefined;
  }

  private check(): void {
    if (this.disposed) throw new Error("this executable has been disposed of");
    this.device.check();
  }

  private inputValues(
    inputs: ReadonlyMap<string, Float32Array>,
    name: string,
    tensor: Tensor,
  ): Float32Array<ArrayBuffer> {
    const values = inputs.get(name);
    if (!values || values.byteLength !== tensor.bytes)
      throw new Error(`input ${name} should hold ${tensor.bytes} bytes but holds ${values?.byteLength ?? "nothing"}`);
    return values as Float32Array<ArrayBuffer>;
  }

  private upload(inputs: ReadonlyMap<string, Float32Array>): void {
    for (const [name, tensor] of this.plan.inputs) {
      const values = this.inputValues(inputs, name, tensor);
      const buffer = this.buffers.get(tensor.id);
      if (buffer) this.device.handle.queue.writeBuffer(buffer, 0, values);
    }
  }

  private restoreInputs(): void {
    const encoder = this.device.handle.createCommandEncoder();
    for (const [name, tensor] of this.plan.inputs) {
      const copy = this.kept.get(name);
      if (!copy) throw new Error("a resident run needs keepInputs first");
      const buffer = this.buffers.get(tensor.id);
      if (buffer) encoder.copyBufferToBuffer(copy, 0, buffer, 0, tensor.bytes);
    }
    this.device.handle.queue.submit([encoder.finish()]);
  }

  private async submit({ progress, signal }: RunOptions): Promise<void> {
    const { handle } = this.device;
    const { steps } = this.plan;
    let before: Promise<undefined> | undefined;
    for (const [index, batch] of this.batches.entries()) {
      throwIfAborted(signal);
      const encoder = handle.createCommandEncoder();
      const timestampWrites = this.batchTimes?.writes(index);
      const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
      for (const step of batch) this.encode(pass, step);
      pass.end();
      if (index === this.batches.length - 1) this.batchTimes?.resolve(encoder);
      handle.queue.submit([encoder.finish()]);
      if (!progress && !signal) continue;
      // Two submissions in flight keep the device busy while the one before is waited for.
      if (before) await this.device.guard(before);
      before = handle.queue.onSubmittedWorkDone();
      const step = batch[batch.length - 1];
      progress?.({ step: step + 1, steps: steps.length, label: steps[step].label });
    }
  }

  private encode(pass: GPUComputePassEncoder, index: number): void {
    const { workgroups } = this.plan.steps[index];
    if (workgroups === 0) return;
    const [x, y] = grid(workgroups, this.plan.target.limits.maxComputeWorkgroupsPerDimension);
    pass.setPipeline(this.pipelines[index].handle);
    pass.setBindGroup(0, this.groups[index]);
    pass.dispatchWorkgroups(x, y);
  }

  private async download(): Promise<ReadonlyMap<string, Float32Array>> {
    const { handle } = this.device;
    const encoder = handle.createCommandEncoder();
    for (const [name, tensor] of this.plan.outputs) {
      const [from, to] = [this.buffers.get(tensor.id), this.staging.get(name)];
      if (from && to) encoder.copyBufferToBuffer(from, 0, to, 0, tensor.bytes);
    }
    handle.queue.submit([encoder.finish()]);
    const outputs = new Map<string, Float32Array>();
    for (const [name, tensor] of this.plan.outputs) {
      const buffer = this.staging.get(name);
      if (!buffer) {
        outputs.set(name, new Float32Array(0));
        continue;
      }
      await this.device.guard(buffer.mapAsync(1));
      outputs.set(name, new Float32Array(buffer.getMappedRange(0, tensor.bytes).slice(0)));
      buffer.unmap();
    }
    return outputs;
  }
}

/** Groups steps into submissions of at most `flops` each (a bigger step stands alone). */
export function batches(steps: readonly Step[], flops: number): number[][] {
  const groups: number[][] = [];
  let sum = 0;
  steps.forEach(({ cost }, index) => {
    if (index === 0 || sum + cost.flops > flops) {
      groups.push([]);
      sum = 0;
    }
    groups[groups.length - 1].push(index);
    sum += cost.flops;
  });
  return groups;
}
