/** One kernel alone, with its own buffers: what correctness checks and microbenchmarks run. */
import type { Device } from "../device/device.ts";
import {
  align,
  bytesOf,
  type ElementType,
  elementsIn,
  type NumberArray,
  numbersOf,
  stored,
  storedView,
} from "../plan/dtype.ts";
import {
  type AnyKernel,
  arraysOf,
  type Dims,
  sizesOf,
  type Typed,
  type Variant,
  workgroupsOf,
} from "../plan/kernel.ts";
import { bindingBytes, cutsOf, type Part } from "../plan/parts.ts";
import { sizingOf } from "../plan/target.ts";
import type { Form } from "../shader/compose.ts";
import type { Pipeline, PipelineCache } from "../shader/pipelines.ts";
import { type DeviceArray, stretchesOf } from "./device_array.ts";
import { grid, UNIFORM_STRIDE, uniformBytes } from "./resources.ts";
import { Timestamps } from "./timestamps.ts";
import { USAGE, words, writeArray } from "./transfers.ts";

/** Bytes behind each array, inside its binding, that no kernel may touch. */
export const GUARD_BYTES = 64;
/** A quiet NaN with a payload that no arithmetic makes; each array has its own, which no copy of another's explains. */
const GUARD = 0x7fc0_a000;

interface Own {
  readonly held: DeviceArray;
  readonly dtype: ElementType;
  /** Without what pads and guards. */
  readonly bytes: number;
  /** With both. */
  readonly guarded: number;
  readonly guard: number;
}

/** How a kernel runs alone, where it is not as usual. */
export interface DispatchOptions extends Omit<Form, "cuts"> {
  /** Arrays that are bound in parts of so many bytes (a multiple of 16); as large as the device allows, if they are not named. */
  readonly parts?: Readonly<Record<string, number>>;
}

/** The parts of an array of so many bytes, each in a buffer of its own. */
const partsIn = (bytes: number, most: number): readonly Part[] =>
  Array.from({ length: Math.ceil(bytes / most) }, (_, buffer) => ({
    buffer,
    offset: 0,
    bytes: Math.min(most, bytes - most * buffer),
  }));

export class SingleDispatch {
  private readonly device: Device;
  private readonly pipeline: Pipeline;
  private readonly size: readonly [number, number];
  private readonly arrays: ReadonlyMap<string, Own>;
  private readonly uniforms: GPUBuffer;
  private readonly group: GPUBindGroup;

  private constructor(
    device: Device,
    kernel: AnyKernel,
    variant: Variant,
    dims: Dims,
    pipeline: Pipeline,
    typed: Typed,
    parts: readonly (readonly Part[])[],
  ) {
    const { handle } = device;
    this.device = device;
    this.pipeline = pipeline;
    this.size = grid(workgroupsOf(kernel, variant, dims), device.limits.maxComputeWorkgroupsPerDimension);
    const usage = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
    this.arrays = new Map(
      arraysOf(kernel, typed).map(({ name, shape, dtype }, index) => {
        const bytes = bytesOf(sizesOf(shape, dims), dtype);
        const held = parts[index].map(({ bytes: size }) => device.createBuffer({ size, usage }));
        return [name, { held, dtype, bytes, guarded: align(bytes) + GUARD_BYTES, guard: GUARD + index }];
      }),
    );
    this.uniforms = device.createBuffer({ size: UNIFORM_STRIDE, usage: USAGE.UNIFORM | USAGE.COPY_DST });
    handle.queue.writeBuffer(this.uniforms, 0, uniformBytes([{ kernel, dims }], [pipeline]));
    const buffers = [...this.arrays.values()].flatMap(({ held }) => held);
    this.group = handle.createBindGroup({
      layout: pipeline.layout,
      entries: pipeline.bindings.map((_, binding) => ({
        binding,
        resource: { buffer: buffers[binding] ?? this.uniforms },
      })),
    });
  }

  static async create(
    device: Device,
    pipelines: PipelineCache,
    kernel: AnyKernel,
    variant: Variant,
    dims: Dims,
    { sizes = sizingOf(device.adapter), dtypes = variant.dtypes ?? {}, parts: most = {} }: DispatchOptions = {},
  ): Promise<SingleDispatch> {
    const parts = arraysOf(kernel, { dtypes }).map(({ name, shape, dtype }) =>
      partsIn(align(bytesOf(sizesOf(shape, dims), dtype)) + GUARD_BYTES, most[name] ?? bindingBytes(device.limits)),
    );
    const form = { sizes, dtypes, cuts: cutsOf(kernel, { parts }) };
    const pipeline = await pipelines.get(kernel, variant, dims, form);
    return device.scoped(
      `preparing ${kernel.name}`,
      () => new SingleDispatch(device, kernel, variant, dims, pipeline, form, parts),
    );
  }

  private array(name: string): Own {
    const own = this.arrays.get(name);
    if (!own) throw new Error(`there is no array ${name}`);
    return own;
  }

  /**
   * Writes an array's values and renews what guards it.
   * @param numbers rounded to what the array's type can hold
   * @throws if they are not as many, or of another kind
   */
  write(name: string, numbers: NumberArray): void {
    const { held, dtype, bytes, guarded, guard } = this.array(name);
    const length = elementsIn(bytes, dtype);
    if (length !== numbers.length) throw new Error(`${name} should hold ${length} values, not ${numbers.length}`);
    const values = stored(dtype, numbers);
    const all = new Uint32Array(guarded / 4).fill(guard);
    new Uint8Array(all.buffer).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    writeArray(this.device, held, all);
  }

  /** Fills an array with one value, or with its bits as float32 where it holds integers, and renews what guards it. */
  fill(name: string, value: number): void {
    const { dtype, bytes } = this.array(name);
    const floats = new Float32Array(elementsIn(bytes, dtype)).fill(value);
    const integers = dtype === "i32" || dtype === "u32";
    this.write(name, integers ? numbersOf(storedView(dtype, floats.buffer)) : floats);
  }

  /** Reads an array back. @returns what it holds, and whether what guards it is intact */
  async read(name: string): Promise<{ values: NumberArray; intact: boolean }> {
    const { held, dtype, bytes, guarded, guard } = this.array(name);
    const { handle } = this.device;
    const staging = this.device.createBuffer({ size: guarded, usage: USAGE.MAP_READ | USAGE.COPY_DST });
    try {
      const encoder = handle.createCommandEncoder();
      for (const { index, offset, bytes: size } of stretchesOf(held, guarded))
        encoder.copyBufferToBuffer(held[index], 0, staging, offset, size);
      handle.queue.submit([encoder.finish()]);
      await this.device.guard(staging.mapAsync(1));
      const found = staging.getMappedRange().slice(0);
      const intact = new Uint32Array(found, words(bytes)).every((word) => word === guard);
      return { values: numbersOf(storedView(dtype, found, 0, elementsIn(bytes, dtype))), intact };
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
      return (await timestamps.read(1))[0];
    } finally {
      timestamps.destroy();
    }
  }

  destroy(): void {
    const own = [...this.arrays.values()].flatMap(({ held }) => held);
    for (const buffer of [...own, this.uniforms]) this.device.destroyBuffer(buffer);
  }

  private submit(times: number, timestamps?: Timestamps): void {
    const { handle } = this.device;
    const encoder = handle.createCommandEncoder();
    const pass = encoder.beginComputePass(timestamps ? { timestampWrites: timestamps.writes(0) } : {});
    pass.setPipeline(this.pipeline.handle);
    pass.setBindGroup(0, this.group);
    for (let time = 0; time < times; time++) pass.dispatchWorkgroups(...this.size);
    pass.end();
    timestamps?.resolve(encoder, 1);
    handle.queue.submit([encoder.finish()]);
  }
}
