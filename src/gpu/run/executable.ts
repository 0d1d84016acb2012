/** A plan made ready for one device: pipelines, buffers, bind groups. Runs again and again with new inputs. */
import { throwIfAborted } from "../../errors.ts";
import type { Device } from "../device/device.ts";
import { checkStored, type StoredArray } from "../plan/dtype.ts";
import type { Plan, Section, Tensor } from "../plan/plan.ts";
import { sizingOf } from "../plan/target.ts";
import type { Pipeline, PipelineCache } from "../shader/pipelines.ts";
import { Residency } from "./residency.ts";
import { type DeviceMemory, grid, memoryOf } from "./resources.ts";
import { batches, flopsPerSubmission } from "./submissions.ts";
import { Timestamps } from "./timestamps.ts";
import { align, USAGE, words, writeArray } from "./transfers.ts";

export interface RunOptions {
  /** Which section of the plan runs; a plan with one needs no name. */
  readonly section?: string;
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
  readonly outputs: ReadonlyMap<string, StoredArray>;
  readonly times: RunTimes;
}

/** The values of a section's inputs by name. */
type InputValues = ReadonlyMap<string, StoredArray>;

interface Part {
  readonly section: Section;
  readonly batches: readonly (readonly number[])[];
  readonly times: Timestamps | undefined;
}

export class Executable {
  readonly plan: Plan;
  readonly memory: DeviceMemory;
  private readonly device: Device;
  private readonly pipelines: readonly Pipeline[];
  private readonly residency: Residency;
  private readonly parts: readonly Part[];
  private kept: ReadonlyMap<string, GPUBuffer> = new Map();
  private disposed = false;
  private reached = 0; // the section that ran last
  /** Runs share the buffers, so they wait for each other. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(device: Device, plan: Plan, pipelines: readonly Pipeline[], residency: Residency) {
    this.device = device;
    this.plan = plan;
    this.pipelines = pipelines;
    this.residency = residency;
    this.memory = memoryOf(plan);
    const flops = flopsPerSubmission[device.adapter.software ? "software" : "hardware"];
    this.parts = plan.sections.map((section) => {
      const groups = batches(plan.steps, flops, section);
      const times = Timestamps.supported(device) ? new Timestamps(device, groups.length) : undefined;
      return { section, batches: groups, times };
    });
  }

  /**
   * Compiles all pipelines in parallel and makes all buffers, or with offload those of the first section. The plan lets go of
   * its weights and cannot be built again.
   * @throws {DeviceError} if the device has too little memory or refuses a pipeline
   */
  static async build(
    device: Device,
    plan: Plan,
    pipelineCache: PipelineCache,
    signal?: AbortSignal,
  ): Promise<Executable> {
    const pipelines = await Promise.all(
      plan.steps.map((step) => pipelineCache.get(step.kernel, step.variant, step.dims, sizingOf(plan.target))),
    );
    throwIfAborted(signal);
    const residency = await Residency.begin(device, plan, pipelines);
    try {
      return await device.scoped(
        "preparing to time the plan",
        () => new Executable(device, plan, pipelines, residency),
      );
    } catch (error) {
      residency.dispose();
      throw error;
    }
  }

  /**
   * Uploads a section's inputs, runs its steps, reads its outputs back. Runs that are started together run one after the
   * other.
   * @param inputs for each input of the section an array of exactly its type and size
   * @throws {CancelledError} between submissions once the signal has fired
   * @throws {DeviceError} if the device failed; outputs of a failed run are never returned
   */
  run(inputs: InputValues, options: RunOptions = {}): Promise<RunResult> {
    return this.alone(() => this.runAlone(inputs, options));
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => {});
    return result;
  }

  private async runAlone(inputs: InputValues, options: RunOptions): Promise<RunResult> {
    const start = performance.now();
    const part = await this.reach(options.section);
    if (options.resident) this.restoreInputs(part);
    else this.upload(inputs, part);
    await this.device.guard(this.device.handle.queue.onSubmittedWorkDone());
    const uploaded = performance.now();
    await this.submit(part, options);
    await this.device.guard(this.device.handle.queue.onSubmittedWorkDone());
    const executed = performance.now();
    const outputs = options.leaveOutputs ? new Map<string, StoredArray>() : await this.download(part);
    const downloaded = performance.now();
    const gpu = (await part.times?.read())?.reduce((sum, time) => sum + time, 0);
    return {
      outputs,
      times: { upload: uploaded - start, execute: executed - uploaded, download: downloaded - executed, gpu },
    };
  }

  /** Runs the same steps with one timed pass each. @returns milliseconds per step of the section, in order */
  profile(inputs: InputValues, options: RunOptions = {}): Promise<number[]> {
    return this.alone(() => this.profileAlone(inputs, options));
  }

  private async profileAlone(inputs: InputValues, options: RunOptions): Promise<number[]> {
    const part = await this.reach(options.section);
    const { first, end } = part.section;
    const { handle } = this.device;
    if (options.resident) this.restoreInputs(part);
    else this.upload(inputs, part);
    const times = await this.device.scoped("profiling", () => new Timestamps(this.device, end - first));
    try {
      for (const batch of part.batches) {
        throwIfAborted(options.signal);
        const encoder = handle.createCommandEncoder();
        for (const step of batch) {
          const pass = encoder.beginComputePass({ timestampWrites: times.writes(step - first) });
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
  async keepInputs(inputs: InputValues, section?: string): Promise<void> {
    const part = this.part(section);
    for (const buffer of this.kept.values()) this.device.destroyBuffer(buffer);
    this.kept = await this.device.scoped("keeping inputs on the device", () => {
      const kept = new Map<string, GPUBuffer>();
      for (const [name, tensor] of part.section.inputs) {
        const buffer = this.device.createBuffer({
          size: align(tensor.bytes),
          usage: USAGE.COPY_SRC | USAGE.COPY_DST,
        });
        writeArray(this.device, buffer, valuesOf(inputs, name, tensor));
        kept.set(name, buffer);
      }
      return kept;
    });
  }

  /** Frees everything that the executable holds on the device. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.residency.dispose();
    for (const buffer of this.kept.values()) this.device.destroyBuffer(buffer);
    for (const { times } of this.parts) times?.destroy();
  }

  /** The section of that name. @throws if the executable or its device is gone */
  private part(name: string | undefined): Part {
    if (this.disposed) throw new Error("this executable has been disposed of");
    this.device.check();
    const part = name === undefined ? this.parts[0] : this.parts.find(({ section }) => section.name === name);
    if (!part || (name === undefined && this.parts.length > 1))
      throw new Error(`the plan has the sections ${this.parts.map(({ section }) => section.name).join(", ")}`);
    return part;
  }

  /**
   * Makes a section ready to run; the first one begins anew.
   * @throws if a later one has run, which may have overwritten what it needs
   */
  private async reach(name: string | undefined): Promise<Part> {
    const part = this.part(name);
    const index = this.parts.indexOf(part);
    if (index > 0 && index < this.reached) throw new Error(`the section ${name} cannot run behind later ones`);
    this.reached = index;
    await this.residency.reach(index);
    return part;
  }

  private upload(inputs: InputValues, { section }: Part): void {
    for (const [name, tensor] of section.inputs) {
      const values = valuesOf(inputs, name, tensor);
      const buffer = this.residency.buffer(tensor);
      if (buffer) writeArray(this.device, buffer, values);
    }
  }

  private restoreInputs({ section }: Part): void {
    const encoder = this.device.handle.createCommandEncoder();
    for (const [name, tensor] of section.inputs) {
      const copy = this.kept.get(name);
      if (!copy) throw new Error("a resident run needs keepInputs first");
      const buffer = this.residency.buffer(tensor);
      if (buffer) encoder.copyBufferToBuffer(copy, 0, buffer, 0, words(tensor.bytes));
    }
    this.device.handle.queue.submit([encoder.finish()]);
  }

  private async submit(part: Part, { progress, signal }: RunOptions): Promise<void> {
    const { handle } = this.device;
    const { steps } = this.plan;
    const { first, end } = part.section;
    let before: Promise<undefined> | undefined;
    for (const [index, batch] of part.batches.entries()) {
      throwIfAborted(signal);
      const encoder = handle.createCommandEncoder();
      const timestampWrites = part.times?.writes(index);
      const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
      for (const step of batch) this.encode(pass, step);
      pass.end();
      if (index === part.batches.length - 1) part.times?.resolve(encoder);
      handle.queue.submit([encoder.finish()]);
      if (!progress && !signal) continue;
      // Two submissions in flight keep the device busy while the one before is waited for.
      if (before) await this.device.guard(before);
      before = handle.queue.onSubmittedWorkDone();
      const step = batch[batch.length - 1];
      progress?.({ step: step + 1 - first, steps: end - first, label: steps[step].label });
    }
  }

  private encode(pass: GPUComputePassEncoder, index: number): void {
    const { workgroups } = this.plan.steps[index];
    if (workgroups === 0) return;
    const [x, y] = grid(workgroups, this.plan.target.limits.maxComputeWorkgroupsPerDimension);
    pass.setPipeline(this.pipelines[index].handle);
    pass.setBindGroup(0, this.residency.group(index));
    pass.dispatchWorkgroups(x, y);
  }

  private async download({ section }: Part): Promise<ReadonlyMap<string, StoredArray>> {
    const values = await this.residency.read([...section.outputs.values()]);
    return new Map([...section.outputs.keys()].map((name, index) => [name, values[index]]));
  }
}

/** What an input is given. @throws if it is not of the tensor's type and size */
const valuesOf = (inputs: InputValues, name: string, tensor: Tensor): StoredArray =>
  checkStored(`input ${name}`, inputs.get(name), tensor);
