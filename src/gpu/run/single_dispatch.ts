/** One kernel alone, with its own buffers: what correctness checks and microbenchmarks run. */
import type { Device } from "../device/device.ts";
import { type AnyKernel, arraysOf, type Dims, elements, sizesOf, type Variant } from "../plan/kernel.ts";
import { type Sizing, sizingOf } from "../plan/target.ts";
import type { Pipeline, PipelineCache } from "../shader/pipelines.ts";
import { grid, UNIFORM_STRIDE, uniformBytes } from "./resources.ts";
import { Timestamps } from "./timestamps.ts";
import { align, USAGE } from "./transfers.ts";

/** Words behind each array, inside its binding, that no kernel may touch. */
export const GUARD_WORDS = 16;
/** A quiet NaN with a payload that no arithmetic makes; each array has its own, which no copy of another's explains. */
const GUARD = 0x7fc0_a000;

export class SingleDispatch {
  readonly lengths: ReadonlyMap<string, number>;
  private readonly device: Device;
  private readonly pipeline: Pipeline;
  private readonly size: readonly [number, number];
  private readonly buffers: ReadonlyMap<string, GPUBuffer>;
  private readonly uniforms: GPUBuffer;
  private readonly group: GPUBindGroup;

  private constructor(device: Device, kernel: AnyKernel, dims: Dims, pipeline: Pipeline) {
    const { handle } = device;
    this.device = device;
    this.pipeline = pipeline;
    this.size = grid(kernel.workgroups(dims), device.limits.maxComputeWorkgroupsPerDimension);
    const arrays = arraysOf(kernel);
    this.lengths = new Map(arrays.map(({ name, shape }) => [name, elements(sizesOf(shape, dims))]));
    this.buffers = new Map(
      [...this.lengths].map(([name, length]) => [
        name,
        device.createBuffer({ size: bytesOf(length), usage: USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST }),
      ]),
    );
    this.uniforms = device.createBuffer({ size: UNIFORM_STRIDE, usage: USAGE.UNIFORM | USAGE.COPY_DST });
    handle.queue.writeBuffer(this.uniforms, 0, uniformBytes([{ kernel, dims }], [pipeline]));
    this.group = handle.createBindGroup({
      layout: pipeline.layout,
      entries: pipeline.bindings.map(({ name }, binding) => ({
        binding,
        resource: { buffer: this.buffers.get(name) ?? this.uniforms },
      })),
    });
  }

  static async create(
    device: Device,
    pipelines: PipelineCache,
    kernel: AnyKernel,
    variant: Variant,
    dims: Dims,
    sizes: Sizing = sizingOf(device.adapter),
  ): Promise<SingleDispatch> {
    const pipeline = await pipelines.get(kernel, variant, dims, sizes);
    return device.scoped(`preparing ${kernel.name}`, () => new SingleDispatch(device, kernel, dims, pipeline));
  }

  private guardOf(name: string): number {
    return GUARD + [...this.lengths.keys()].indexOf(name);
  }

  /** Writes an array's values and renews its guard words. */
  write(name: string, values: Float32Array): void {
    const buffer = this.buffers.get(name);
    const length = this.lengths.get(name);
    if (!buffer || length !== values.length)
      throw new Error(`${name} should hold ${length} values, not ${values.length}`);
    const padded = new Uint32Array(buffer.size / 4).fill(this.guardOf(name));
    padded.set(new Uint32Array(values.buffer, values.byteOffset, values.length));
    this.device.handle.queue.writeBuffer(buffer, 0, padded);
  }

  /** Fills an array with one value and renews its guard words. */
  fill(name: string, value: number): void {
    this.write(name, new Float32Array(this.lengths.get(name) ?? 0).fill(value));
  }

  /** Reads an array back. @returns its values, and whether the guard words behind it are intact */
  async read(name: string): Promise<{ values: Float32Array; intact: boolean }> {
    const buffer = this.buffers.get(name);
    const length = this.lengths.get(name);
    if (!buffer || length === undefined) throw new Error(`there is no array ${name}`);
    const { handle } = this.device;
    const staging = this.device.createBuffer({ size: buffer.size, usage: USAGE.MAP_READ | USAGE.COPY_DST });
    try {
      const encoder = handle.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
      handle.queue.submit([encoder.finish()]);
      await this.device.guard(staging.mapAsync(1));
      const bytes = staging.getMappedRange().slice(0);
      const guard = this.guardOf(name);
      const intact = new Uint32Array(bytes, 4 * length).every((word) => word === guard);
      return { values: new Float32Array(bytes, 0, length), intact };
    } finally {
      this.device.destroyBuffer(staging);
    }
  }

  /** Runs the kernel once and waits for it. */
  async run(): Promise<void> {
    await this.device.scoped("running a kernel", async () => {
      this.submit(1);
      await this.device.guard(this.device.handle.queue.onSubmittedWorkDone());
    });
  }

  /**
   * Times runs back to back in one pass.
   * @returns milliseconds of all of them: GPU time where the device has timestamps, else wall time
   */
  async time(times: number): Promise<number> {
    this.device.check();
    if (!Timestamps.supported(this.device)) {
      const start = performance.now();
      this.submit(times);
      await this.device.guard(this.device.handle.queue.onSubmittedWorkDone());
      return performance.now() - start;
    }
    const timestamps = new Timestamps(this.device, 1);
    try {
      this.submit(times, timestamps);
      return (await timestamps.read())[0];
    } finally {
      timestamps.destroy();
    }
  }

  destroy(): void {
    for (const buffer of [...this.buffers.values(), this.uniforms]) this.device.destroyBuffer(buffer);
  }

  private submit(times: number, timestamps?: Timestamps): void {
    const { handle } = this.device;
    const encoder = handle.createCommandEncoder();
    const pass = encoder.beginComputePass(timestamps ? { timestampWrites: timestamps.writes(0) } : {});
    pass.setPipeline(this.pipeline.handle);
    pass.setBindGroup(0, this.group);
    for (let time = 0; time < times; time++) pass.dispatchWorkgroups(...this.size);
    pass.end();
    timestamps?.resolve(encoder);
    handle.queue.submit([encoder.finish()]);
  }
}

const bytesOf = (length: number): number => align(4 * length) + 4 * GUARD_WORDS;
