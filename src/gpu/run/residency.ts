/**
 * What of a plan is on its device, and when: everything at once, or with offload one section after the other, while the host
 * keeps the weights and what sections leave for later ones (docs/decisions/0011-offload.md).
 */

import { Pauses } from "../../waiting.ts";
import type { Device } from "../device/device.ts";
import { checkStored, type StoredArray } from "../plan/dtype.ts";
import { type MemoryPhase, offloads, phasesOf } from "../plan/phases.ts";
import type { Constant, Plan, Tensor } from "../plan/plan.ts";
import type { Pipeline } from "../shader/pipelines.ts";
import type { BuildOptions } from "./build.ts";
import type { DeviceArray } from "./device_array.ts";
import { makeResources, type Resources, uploadConstants } from "./resources.ts";
import { Upload } from "./transfers.ts";
import type { Written } from "./upload_staging.ts";

export class Residency {
  private readonly device: Device;
  private readonly plan: Plan;
  private readonly pipelines: readonly Pipeline[];
  private readonly phases: readonly MemoryPhase[];
  /** What constants hold, where the host keeps it. */
  private readonly kept = new Map<Constant, StoredArray>();
  /** What earlier phases have saved, and no later one has taken yet. */
  private readonly parked = new Map<number, StoredArray>();
  private here: { readonly phase: MemoryPhase; readonly resources: Resources } | undefined;
  private owned: GPUBuffer[] = [];
  private disposed = false;

  private constructor(device: Device, plan: Plan, pipelines: readonly Pipeline[]) {
    this.device = device;
    this.plan = plan;
    this.pipelines = pipelines;
    this.phases = phasesOf(plan);
  }

  /**
   * Puts a plan, or with offload its first section, on a device. The plan lets go of what its constants are made of.
   * @throws {CancelledError} in the middle, once the signal has fired; then nothing is left on the device
   * @throws {DeviceError} if the device has too little memory
   */
  static async begin(
    device: Device,
    plan: Plan,
    pipelines: readonly Pipeline[],
    options: BuildOptions,
  ): Promise<Residency> {
    const residency = new Residency(device, plan, pipelines);
    try {
      if (offloads(plan)) {
        const pauses = new Pauses(options.signal);
        for (const constant of plan.constants) {
          await pauses.here();
          residency.kept.set(constant, storedValues(constant));
        }
      }
      await residency.bring(residency.phases[0], options);
    } catch (error) {
      residency.dispose();
      throw error;
    }
    plan.releaseConstants();
    return residency;
  }

  /**
   * Sees to it that a section can run.
   * @param index of the section; the first one begins anew, and needs nothing of what was there before
   * @returns whether something was moved for it, for which the device has done everything else
   * @throws {DeviceError} if the device has too little memory or fails; then only the first section can run
   */
  async reach(index: number): Promise<boolean> {
    const section = this.plan.sections[index];
    const phase = this.phases.find(({ sections }) => sections.includes(section)) as MemoryPhase;
    if (this.here?.phase === phase) return false;
    if (index === 0) {
      this.free();
      this.parked.clear();
      await this.device.guard(this.device.handle.queue.onSubmittedWorkDone());
    } else await this.leave();
    await this.bring(phase);
    return true;
  }

  /** The bind group of a step of the section that can run. */
  group(step: number): GPUBindGroup {
    const { phase, resources } = this.current();
    return resources.groups[step - phase.first];
  }

  /** The place of a tensor of the section that can run; none if it is empty. */
  array({ id }: Tensor): DeviceArray | undefined {
    return this.current().resources.arrays.get(id);
  }

  /** Writes tensors of that section, from the first on, as its staging buffer holds them. @returns those that are still to be written */
  stage(all: readonly Written[]): readonly Written[] {
    return this.current().resources.staged?.write(all) ?? all;
  }

  /** Reads tensors of that section back. */
  read(tensors: readonly Tensor[]): Promise<StoredArray[]> {
    const { readback, arrays } = this.current().resources;
    return readback.read(tensors.map(({ id, bytes, dtype }) => ({ held: arrays.get(id), bytes, dtype })));
  }

  /** Frees everything, on the device and on the host. */
  dispose(): void {
    this.disposed = true;
    this.free();
    this.parked.clear();
    this.kept.clear();
  }

  private current() {
    if (!this.here) throw new Error("the device holds no section: begin with the first one");
    return this.here;
  }

  /** Takes what later phases need to the host, and frees the rest. */
  private async leave(): Promise<void> {
    const { saved } = this.current().phase;
    try {
      const values = await this.read(saved);
      saved.forEach(({ id }, index) => {
        this.parked.set(id, values[index]);
      });
    } finally {
      this.free();
    }
  }

  private async bring(phase: MemoryPhase, options: BuildOptions = {}): Promise<void> {
    const { owned } = this;
    try {
      const valuesOf = (constant: Constant): StoredArray => this.valuesOf(constant);
      const resources = await this.device.scoped("building the plan's buffers", () =>
        makeResources(this.device, this.plan, phase, this.pipelines, owned),
      );
      await uploadConstants(this.device, phase, resources, valuesOf, options);
      this.check();
      const upload = new Upload(this.device);
      for (const { id } of phase.restored) {
        const [array, values] = [resources.arrays.get(id), this.parked.get(id)];
        // A section that was passed over has saved nothing.
        if (array && values) await upload.write(array, values);
        this.parked.delete(id);
      }
      resources.staged?.claim();
      this.here = { phase, resources };
    } catch (error) {
      this.free();
      throw error;
    }
  }

  private valuesOf(constant: Constant): StoredArray {
    this.check();
    return this.kept.get(constant) ?? storedValues(constant);
  }

  /** @throws if this was disposed of while something was waited for */
  private check(): void {
    if (this.disposed) throw new Error("this executable has been disposed of");
  }

  private free(): void {
    this.here = undefined;
    for (const buffer of this.owned.splice(0)) this.device.destroyBuffer(buffer);
  }
}

/** Makes the values of a constant. @throws if the plan has let go of what makes them, or they do not fill the tensor */
function storedValues({ tensor, data }: Constant): StoredArray {
  if (!data) throw new Error("a plan is built for a device once: its constants have been released");
  return checkStored(`the constant ${tensor.name}`, data(), tensor);
}
