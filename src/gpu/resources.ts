/** The buffers and bind groups of a plan on one device. */
import type { Device } from "./device.ts";
import { uniformType } from "./kernel.ts";
import { type MemoryPlan, planMemory } from "./memory.ts";
import type { Pipeline } from "./pipelines.ts";
import type { Plan, Step, Tensor } from "./plan.ts";

/** GPUBufferUsage by value: the global does not exist in Node. */
export const USAGE = { MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, UNIFORM: 0x40, STORAGE: 0x80 } as const;
export const UNIFORM_STRIDE = 256; // WebGPU's default alignment of uniform bindings
const DUMMY_BYTES = 256;

/** Bytes that an executable holds on the device. */
export interface DeviceMemory {
  readonly constants: number;
  readonly transients: number;
  /** Uniforms and the buffers through which outputs are read back. */
  readonly overhead: number;
}

/** Sizes of buffers and bindings: whole vectors, and never none. */
export const align = (bytes: number): number => Math.max(16, Math.ceil(bytes / 16) * 16);

/** Splits a count of workgroups over two dimensions, since one holds only `limit` (65,535 by default). */
export function grid(workgroups: number, limit: number): [x: number, y: number] {
  if (workgroups <= limit) return [workgroups, 1];
  const y = Math.ceil(workgroups / limit);
  if (y > limit) throw new Error(`${workgroups} workgroups pass the device's limit of ${limit} × ${limit}`);
  return [Math.ceil(workgroups / y), y];
}

export interface Resources {
  readonly groups: readonly GPUBindGroup[];
  readonly owned: readonly GPUBuffer[];
  readonly buffers: ReadonlyMap<number, GPUBuffer>;
  /** Where outputs are read back, by tensor. */
  readonly staging: ReadonlyMap<number, GPUBuffer>;
  readonly memory: DeviceMemory;
}

/**
 * Makes everything that a plan needs on a device. Call inside of {@link Device.scoped}.
 * @param owned is given every buffer as it is made, so that a failure leaves none behind
 */
export function makeResources(
  device: Device,
  plan: Plan,
  pipelines: readonly Pipeline[],
  owned: GPUBuffer[],
): Resources {
  const create = (label: string, size: number, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({ label, size: align(size), usage });
    owned.push(buffer);
    return buffer;
  };
  const storage = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
  const buffers = new Map<number, GPUBuffer>();
  for (const { tensor, data } of plan.constants) {
    if (tensor.bytes === 0) continue;
    if (!data) throw new Error("a plan is built for a device once: its constants have been released");
    const buffer = create(tensor.name, tensor.bytes, storage);
    device.handle.queue.writeBuffer(buffer, 0, data() as Float32Array<ArrayBuffer>);
    buffers.set(tensor.id, buffer);
  }
  const { tensors, lifetimes } = plan.lifetimes();
  const shared: MemoryPlan = planMemory(lifetimes);
  const pool = shared.buffers.map((bytes, index) => create(`transient ${index}`, bytes, storage));
  tensors.forEach(({ id }, index) => {
    buffers.set(id, pool[shared.placement[index]]);
  });
  const staging = new Map<number, GPUBuffer>();
  for (const { id, name, bytes } of outputsOf(plan))
    if (bytes > 0) staging.set(id, create(`read ${name}`, bytes, USAGE.MAP_READ | USAGE.COPY_DST));
  const uniforms = create("uniforms", UNIFORM_STRIDE * plan.steps.length, USAGE.UNIFORM | USAGE.COPY_DST);
  device.handle.queue.writeBuffer(uniforms, 0, uniformBytes(plan.steps, pipelines));
  const dummies = dummyPool(create, storage);
  const groups = plan.steps.map((step, index) =>
    device.handle.createBindGroup({
      label: step.label,
      layout: pipelines[index].layout,
      entries: entries(step, index, pipelines[index], buffers, uniforms, dummies),
    }),
  );
  return { groups, owned, buffers, staging, memory: memoryOf(plan, shared) };
}

/** What the outputs of all sections are, each once. */
const outputsOf = ({ sections }: Plan): readonly Tensor[] => [
  ...new Map(sections.flatMap(({ outputs }) => [...outputs.values()].map((tensor) => [tensor.id, tensor]))).values(),
];

/** The bytes that a plan's executable would hold, without a device. */
export function memoryOf(plan: Plan, shared: MemoryPlan = planMemory(plan.lifetimes().lifetimes)): DeviceMemory {
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
  return {
    constants: sum(plan.constants.map(({ tensor }) => tensor.bytes)),
    transients: sum(shared.buffers),
    overhead: sum(outputsOf(plan).map(({ bytes }) => bytes)) + UNIFORM_STRIDE * plan.steps.length,
  };
}

/** Stand-ins for arrays without elements: one per position, since two writable bindings must not share a buffer. */
function dummyPool(create: (label: string, size: number, usage: number) => GPUBuffer, usage: number) {
  const pool: GPUBuffer[] = [];
  return (position: number): GPUBuffer => {
    pool[position] ??= create(`empty ${position}`, DUMMY_BYTES, usage);
    return pool[position];
  };
}

function entries(
  step: Step,
  index: number,
  { bindings }: Pipeline,
  buffers: ReadonlyMap<number, GPUBuffer>,
  uniforms: GPUBuffer,
  dummy: (position: number) => GPUBuffer,
): GPUBindGroupEntry[] {
  return bindings.map(({ access }, binding) => {
    if (access === "uniform")
      return { binding, resource: { buffer: uniforms, offset: UNIFORM_STRIDE * index, size: UNIFORM_STRIDE } };
    const tensor = step.tensors[binding];
    if (tensor.bytes === 0) return { binding, resource: { buffer: dummy(binding) } };
    const buffer = buffers.get(tensor.id);
    if (!buffer) throw new Error(`${step.label}: ${tensor.name} has no buffer`);
    return { binding, resource: { buffer, offset: tensor.offset ?? 0, size: align(tensor.bytes) } };
  });
}

/** The uniforms of all steps, each at its own aligned offset. */
export function uniformBytes(
  steps: readonly Pick<Step, "kernel" | "dims">[],
  pipelines: readonly Pick<Pipeline, "uniforms">[],
): ArrayBuffer {
  const bytes = new ArrayBuffer(UNIFORM_STRIDE * steps.length);
  const view = new DataView(bytes);
  steps.forEach(({ kernel, dims }, index) => {
    pipelines[index].uniforms.forEach((name, field) => {
      const offset = UNIFORM_STRIDE * index + 4 * field;
      if (uniformType(kernel, name) === "u32") view.setUint32(offset, dims[name], true);
      else view.setFloat32(offset, dims[name], true);
    });
  });
  return bytes;
}
