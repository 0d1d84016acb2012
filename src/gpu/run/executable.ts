/** A plan made ready for one device: pipelines, buffers, bind groups. Runs again and again with new inputs. */
import { throwIfAborted } from "../../errors.ts";
import { Pauses, unlessAborted } from "../../waiting.ts";
import type { Device } from "../device/device.ts";
import { checkStored, type StoredArray } from "../plan/dtype.ts";
import type { Plan, Section, Tensor } from "../plan/plan.ts";
import type { Pipeline, PipelineCache } from "../shader/pipelines.ts";
import { type BuildOptions, pipelinesOf } from "./build.ts";
import { type DeviceArray, makeArray } from "./device_array.ts";
import { Residency } from "./residency.ts";
import { type DeviceMemory, grid, memoryOf } from "./resources.ts";
import { Pace } from "./submissions.ts";
import { type SubmitOptions, Submitter } from "./submitter.ts";
import { Timestamps } from "./timestamps.ts";
import { copyArray, USAGE, writeArray } from "./transfers.ts";

export interface RunOptions extends SubmitOptions {
  /** Which section of the plan runs; a plan with one needs no name. */
  readonly section?: string;
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
}

export interface TimedResult extends RunResult {
  readonly times: RunTimes;
}

/** The values of a section's inputs by name. */
type InputValues = ReadonlyMap<string, StoredArray>;

interface Part {
  readonly section: Section;
  /** Made at the first run that is timed, where the device has timestamps. */
  times: Timestamps | undefined;
}

export class Executable {
  readonly plan: Plan;
  readonly memory: DeviceMemory;
  private readonly device: Device;
  private readonly pipelines: readonly Pipeline[];
  private readonly residency: Residency;
  private readonly parts: readonly Part[];
  private readonly submitter: Submitter;
  private kept: ReadonlyMap<string, DeviceArray> = new Map();
  private disposed = false;
  private reached = 0; // the section that ran last
  /** Runs share the buffers, so they wait for each other. */
  private turn: Promise<unknown> = Promise.resolve();
  /** Runs that wait for nothing let others have their turn. */
  private readonly pauses = new Pauses();

  private constructor(
    device: Device,
    plan: Plan,
    pipelines: readonly Pipeline[],
    residency: Residency,
    pace = new Pace(device.adapter.software ? "software" : "hardware"),
  ) {
    this.device = device;
    this.plan = plan;
    this.pipelines = pipelines;
    this.residency = residency;
    this.memory = memoryOf(plan);
    this.submitter = new Submitter(device, plan.steps, pace, (pass, step) => this.encode(pass, step));
    this.parts = plan.sections.map((section) => ({ section, times: undefined }));
  }

  /**
   * Compiles all pipelines in parallel and makes all buffers, or with offload those of the first section. The plan lets go of
   * its weights and cannot be built again.
   * @throws {CancelledError} at once when the signal fires; what the device has begun is finished and freed behind it
   * @throws {DeviceError} if the device has too little memory or refuses a pipeline
   */
  static build(device: Device, plan: Plan, cache: PipelineCache, options: BuildOptions = {}): Promise<Executable> {
    const building = Executable.buildAll(device, plan, cache, options);
    const { signal } = options;
    building.then(
      (executable) => signal?.aborted && executable.dispose(),
      () => {},
    );
    return unlessAborted(building, signal);
  }

  private static async buildAll(
    device: Device,
    plan: Plan,
    cache: PipelineCache,
    options: BuildOptions,
  ): Promise<Executable> {
    const pipelines = await pipelinesOf(plan, cache, options);
    const residency = await Residency.begin(device, plan, pipelines, options);
    return new Executable(device, plan, pipelines, residency, options.pace);
  }

  /**
   * Uploads a section's inputs, runs its steps, reads its outputs back. A section that has none, or leaves them, is handed to the
   * device and not waited for: the next run comes behind it. Runs that are started together run one after the other.
   * @param inputs for each input of the section an array of exactly its type and size
   * @throws {CancelledError} at once when the signal fires; the next run comes behind what the device has begun
   * @throws {DeviceError} if the device failed, perhaps in a run before; outputs of a failed run are never returned
   */
  run(inputs: InputValues, options: RunOptions = {}): Promise<RunResult> {
    return this.started(() => this.runAlone(inputs, options), options.signal);
  }

  /** Does as {@link run} does, waits for each part of it, and tells where the time went. */
  time(inputs: InputValues, options: RunOptions = {}): Promise<TimedResult> {
    return this.started(() => this.timeAlone(inputs, options), options.signal);
  }

  private started<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return unlessAborted(this.alone(work), signal);
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => {});
    return result;
  }

  private async runAlone(inputs: InputValues, options: RunOptions): Promise<RunResult> {
    const part = await this.begin(inputs, options);
    await this.submitter.run({ section: part.section }, options);
    if (options.leaveOutputs || part.section.outputs.size === 0) return { outputs: new Map() };
    const outputs = await this.download(part);
    await this.submitter.settled();
    return { outputs };
  }

  private async timeAlone(inputs: InputValues, options: RunOptions): Promise<TimedResult> {
    const start = performance.now();
    const part = await this.begin(inputs, options);
    if (Timestamps.supported(this.device)) part.times ??= new Timestamps(this.device);
    await this.device.guard(this.device.handle.queue.onSubmittedWorkDone());
    const uploaded = performance.now();
    const passes = await this.submitter.run(part, options);
    await this.submitter.finish();
    const executed = performance.now();
    const outputs = options.leaveOutputs ? new Map<string, StoredArray>() : await this.download(part);
    const downloaded = performance.now();
    const gpu = (await part.times?.read(passes))?.reduce((sum, time) => sum + time, 0);
    return {
      outputs,
      times: { upload: uploaded - start, execute: executed - uploaded, download: downloaded - executed, gpu },
    };
  }

  /** Makes a section ready to run, and gives it its inputs. */
  private async begin(inputs: InputValues, options: RunOptions): Promise<Part> {
    throwIfAborted(options.signal);
    await this.pauses.here();
    const part = await this.reach(options.section);
    throwIfAborted(options.signal);
    if (options.resident) this.restoreInputs(part);
    else this.upload(inputs, part);
    return part;
  }

  /** Runs the same steps with one timed pass each. @returns milliseconds per step of the section, in order */
  profile(inputs: InputValues, options: RunOptions = {}): Promise<number[]> {
    return this.started(() => this.profileAlone(inputs, options), options.signal);
  }

  private async profileAlone(inputs: InputValues, options: RunOptions): Promise<number[]> {
    const part = await this.begin(inputs, options);
    const { first, end } = part.section;
    const { handle } = this.device;
    const times = new Timestamps(this.device, end - first);
    try {
      for (let next = first; next < end; ) {
        throwIfAborted(options.signal);
        const batch = this.submitter.pace.end(this.plan.steps, next, part.section);
        const encoder = handle.createCommandEncoder();
        for (; next < batch; next++) {
          const pass = encoder.beginComputePass({ timestampWrites: times.writes(next - first) });
          this.encode(pass, next);
          pass.end();
        }
        handle.queue.submit([encoder.finish()]);
        await this.device.guard(handle.queue.onSubmittedWorkDone());
      }
      const encoder = handle.createCommandEncoder();
      times.resolve(encoder, end - first);
      handle.queue.submit([encoder.finish()]);
      return await times.read(end - first);
    } finally {
      times.destroy();
    }
  }

  /** Puts copies of the inputs on the device, for runs with `resident`. They stay until {@link dispose}. */
  async keepInputs(inputs: InputValues, section?: string): Promise<void> {
    const part = this.part(section);
    this.freeKept();
    this.kept = await this.device.scoped("keeping inputs on the device", () => {
      const kept = new Map<string, DeviceArray>();
      for (const [name, tensor] of part.section.inputs) {
        const usage = USAGE.COPY_SRC | USAGE.COPY_DST;
        const create = (size: number): GPUBuffer => this.device.createBuffer({ size, usage });
        const array = makeArray(tensor.bytes, this.plan.target.limits, create);
        writeArray(this.device, array, valuesOf(inputs, name, tensor));
        kept.set(name, array);
      }
      return kept;
    });
  }

  /** Frees everything that the executable holds on the device. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.residency.dispose();
    this.freeKept();
    for (const { times } of this.parts) times?.destroy();
  }

  private freeKept(): void {
    for (const array of this.kept.values()) for (const buffer of array) this.device.destroyBuffer(buffer);
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
    if (index === 0 || part.section.first < part.section.end) this.reached = index; // without steps nothing is overwritten
    if (await this.residency.reach(index)) await this.submitter.settled();
    return part;
  }

  private upload(inputs: InputValues, { section }: Part): void {
    const all = [...section.inputs].flatMap(([name, tensor]) => {
      const [values, array] = [valuesOf(inputs, name, tensor), this.residency.array(tensor)];
      return array ? [{ array, values }] : [];
    });
    for (const { array, values } of this.residency.stage(all))
      this.submitter.wrote(writeArray(this.device, array, values));
  }

  private restoreInputs({ section }: Part): void {
    const encoder = this.device.handle.createCommandEncoder();
    for (const [name, tensor] of section.inputs) {
      const copy = this.kept.get(name);
      if (!copy) throw new Error("a resident run needs keepInputs first");
      const array = this.residency.array(tensor);
      if (array) copyArray(encoder, copy, array, tensor.bytes);
    }
    this.device.handle.queue.submit([encoder.finish()]);
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
