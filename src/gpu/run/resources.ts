/** The buffers and bind groups of a stay on one device. */

import { Pauses } from "../../waiting.ts";
import type { Device } from "../device/device.ts";
import { align, type StoredArray } from "../plan/dtype.ts";
import { uniformType } from "../plan/kernel.ts";
import { planMemory } from "../plan/memory.ts";
import { type MemoryPhase, phasesOf } from "../plan/phases.ts";
import type { Constant, Plan, Step } from "../plan/plan.ts";
import type { Target } from "../plan/target.ts";
import type { Pipeline } from "../shader/pipelines.ts";
import type { BuildOptions } from "./build.ts";
import { type DeviceArray, makeArray, resourceOf } from "./device_array.ts";
import { Readback, Upload, USAGE } from "./transfers.ts";
import { LEAST_STAGED, UploadStaging } from "./upload_staging.ts";

export const UNIFORM_STRIDE = 256; // WebGPU's default alignment of uniform bindings
const DUMMY_BYTES = 256;

/** Bytes that an executable holds on the device at once: with offload, while the section runs that needs most. */
export interface DeviceMemory {
  readonly constants: number;
  readonly transients: number;
  /** Uniforms, the buffers through which inputs come and outputs are read back, and stand-ins for empty arrays. */
  readonly overhead: number;
}

/** Splits a count of workgroups over two dimensions, since one holds only `limit` (65,535 by default). */
export function grid(workgroups: number, limit: number): [x: number, y: number] {
  if (workgroups <= limit) return [workgroups, 1];
  const y = Math.ceil(workgroups / limit);
  if (y > limit) throw new Error(`${workgroups} workgroups pass the device's limit of ${limit} × ${limit}`);
  return [Math.ceil(workgroups / y), y];
}

/** What a phase has on a device. */
export interface Resources {
  /** For the steps of the phase, in order. */
  readonly groups: readonly GPUBindGroup[];
  /** By tensor. */
  readonly arrays: ReadonlyMap<number, DeviceArray>;
  readonly readback: Readback;
  /** For large inputs; none where there are none, memory is short, or the adapter is software. */
  readonly staged: UploadStaging | undefined;
}

/**
 * Makes everything that a phase needs on a device; its constants are empty. Call inside of {@link Device.scoped}.
 * @param pipelines of all steps of the plan
 * @param owned is given every buffer as it is made, so that a failure leaves none behind
 */
export function makeResources(
  device: Device,
  plan: Plan,
  phase: MemoryPhase,
  pipelines: readonly Pipeline[],
  owned: GPUBuffer[],
): Resources {
  const create = (label: string, size: number, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({ label, size: align(size), usage });
    owned.push(buffer);
    return buffer;
  };
  const storage = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
  const hold = (label: string, bytes: number): DeviceArray =>
    makeArray(bytes, plan.target.limits, (size, which) => create(label + which, size, storage));
  const arrays = new Map<number, DeviceArray>();
  for (const { tensor } of phase.constants)
    if (tensor.bytes > 0) arrays.set(tensor.id, hold(tensor.name, tensor.bytes));
  const shared = planMemory(phase.lifetimes);
  const pool = shared.buffers.map((bytes, index) => hold(`transient ${index}`, bytes));
  phase.tensors.forEach(({ id }, index) => {
    arrays.set(id, pool[shared.placement[index]]);
  });
  const steps = plan.steps.slice(phase.first, phase.end);
  const own = pipelines.slice(phase.first, phase.end);
  const uniforms = create("uniforms", UNIFORM_STRIDE * steps.length, USAGE.UNIFORM | USAGE.COPY_DST);
  device.handle.queue.writeBuffer(uniforms, 0, uniformBytes(steps, own));
  const staging = create("read back", stagingBytes(plan, phase), USAGE.MAP_READ | USAGE.COPY_DST);
  const uploadBytes = uploadStagingBytes(plan, phase);
  const uploads = uploadBytes > 0 ? create("inputs", uploadBytes, USAGE.MAP_WRITE | USAGE.COPY_SRC) : undefined;
  const dummy = dummyPool(create, storage);
  const groups = steps.map((step, index) =>
    device.handle.createBindGroup({
      label: step.label,
      layout: own[index].layout,
      entries: entries(step, index, own[index], arrays, uniforms, dummy),
    }),
  );
  const staged = uploads && new UploadStaging(device, uploads);
  return { groups, arrays, readback: new Readback(device, staging), staged };
}

/**
 * Fills a phase's constants. Whatever makes their values may take long, and may be abandoned between two of them.
 * @param valuesOf what a constant holds
 * @throws {CancelledError} once the signal has fired
 */
export async function uploadConstants(
  device: Device,
  { constants }: MemoryPhase,
  { arrays }: Resources,
  valuesOf: (constant: Constant) => StoredArray,
  { signal, progress }: BuildOptions,
): Promise<void> {
  const [pauses, upload] = [new Pauses(signal), new Upload(device)];
  const total = constants.reduce((sum, { tensor }) => sum + tensor.bytes, 0);
  let done = 0;
  for (const constant of constants) {
    await pauses.here();
    const array = arrays.get(constant.tensor.id);
    if (!array) continue;
    await upload.write(array, valuesOf(constant));
    done += constant.tensor.bytes;
    progress?.({ stage: "uploading", done, total });
  }
  await upload.finish();
}

/** Where memory is short, what is read back comes in parts of at most this size. */
const SHORT_STAGING = 8 * 2 ** 20;

/** Elsewhere too there is no gain in moving more than this at once, and a buffer of several outputs may pass a limit that none of them passes. */
const MOST_STAGING = 256 * 2 ** 20;

/** Whether memory is short. */
const isShort = ({ offload, strictChunks }: Target): boolean => Boolean(offload || strictChunks);

/**
 * The size of the buffer through which a phase's large inputs go; 0 if there is to be none. Those that it does not hold go through the queue,
 * which on software adapters writes to where they are to be.
 */
function uploadStagingBytes({ target }: Plan, { sections }: MemoryPhase): number {
  if (isShort(target) || target.software) return 0;
  const most = Math.min(MOST_STAGING, target.limits.maxBufferSize);
  const wanted = sections.map(({ inputs }) => {
    let size = 0;
    for (const { bytes } of inputs.values())
      if (bytes >= LEAST_STAGED && size + align(bytes) <= most) size += align(bytes);
    return size;
  });
  return Math.max(0, ...wanted);
}

/** The size of the buffer through which a phase's values are read back: what is read at once. */
function stagingBytes({ target }: Plan, { sections, saved }: MemoryPhase): number {
  const read = [...sections.map(({ outputs }) => [...outputs.values()]), saved];
  const short = isShort(target);
  const wanted = short
    ? Math.max(0, ...read.flat().map(({ bytes }) => bytes))
    : Math.max(0, ...read.map((tensors) => tensors.reduce((sum, { bytes }) => sum + align(bytes), 0)));
  return Math.min(wanted, short ? SHORT_STAGING : MOST_STAGING, 16 * Math.floor(target.limits.maxBufferSize / 16));
}

/** The bytes that a plan's executable would hold at once, without a device. */
export function memoryOf(plan: Plan): DeviceMemory {
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
  const phases = phasesOf(plan).map((phase) => ({
    constants: sum(phase.constants.map(({ tensor: { bytes } }) => (bytes > 0 ? align(bytes) : 0))),
    transients: sum(planMemory(phase.lifetimes).buffers.map(align)),
    overhead:
      align(UNIFORM_STRIDE * (phase.end - phase.first)) +
      align(stagingBytes(plan, phase)) +
      uploadStagingBytes(plan, phase) +
      DUMMY_BYTES * dummies(plan, phase),
  }));
  return phases.reduce((most, phase) => (totalOf(phase) > totalOf(most) ? phase : most));
}

/** All that {@link memoryOf} counts. */
export const totalOf = ({ constants, transients, overhead }: DeviceMemory): number => constants + transients + overhead;

/** At how many positions a phase's steps bind an array without elements. */
function dummies({ steps }: Plan, { first, end }: MemoryPhase): number {
  const positions = steps
    .slice(first, end)
    .flatMap(({ tensors }) => tensors.flatMap(({ bytes }, position) => (bytes === 0 ? [position] : [])));
  return new Set(positions).size;
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
  { label, tensors, parts }: Step,
  index: number,
  { bindings }: Pipeline,
  arrays: ReadonlyMap<number, DeviceArray>,
  uniforms: GPUBuffer,
  dummy: (position: number) => GPUBuffer,
): GPUBindGroupEntry[] {
  const held = tensors.flatMap((tensor, position): GPUBufferBinding[] => {
    if (tensor.bytes === 0) return [{ buffer: dummy(position) }];
    const array = arrays.get(tensor.id);
    if (!array) throw new Error(`${label}: ${tensor.name} has no buffer`);
    return parts[position].map((part) => resourceOf(array, part));
  });
  const own = { buffer: uniforms, offset: UNIFORM_STRIDE * index, size: UNIFORM_STRIDE };
  return bindings.map(({ access }, binding) => ({ binding, resource: access === "uniform" ? own : held[binding] }));
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
