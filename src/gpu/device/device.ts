/** The only place that asks for an adapter. Every way in which a device can fail becomes one clear error. */

import { DeviceError, messageOf, UnavailableError } from "../../errors.ts";
import {
  defaultChunkBytes,
  defaultLimits,
  type SubgroupMatrix,
  type Target,
  type TargetLimits,
  type TuningRow,
} from "../plan/target.ts";
import {
  type AdapterSummary,
  accepts,
  type DeviceChoice,
  displayName,
  matricesOf,
  summarize,
  summaryOfName,
} from "./adapter.ts";
import { Allocations } from "./allocations.ts";
import { lostText, toDeviceError } from "./failures.ts";
import type { Advice, GpuSource } from "./source.ts";
import { needed, requestedLimits, wantedFeatures } from "./wanted.ts";

/** What to ask a source for: its default adapter first, then by name those that the default may hide. */
async function* hints(source: GpuSource, choice: DeviceChoice): AsyncGenerator<string | undefined> {
  yield undefined;
  const names = (await source.names?.().catch(() => [])) ?? [];
  for (const name of names) if (accepts(choice, summaryOfName(name))) yield name;
}

/** For platforms that say nothing of their own. */
const plainAdvice: Advice = {
  missing: (_, found) => (found ? "choose one of the adapters above" : "install or update the driver of a GPU"),
  small: "choose another adapter",
  refused: "update the driver, or choose another adapter",
};

interface Found {
  readonly advice: Advice;
  readonly gpu: GPU;
  readonly adapter: GPUAdapter;
  readonly summary: AdapterSummary;
  readonly memory: number | undefined;
}

async function findAdapter(sources: readonly GpuSource[], choice: DeviceChoice): Promise<Found> {
  const seen: string[] = [];
  let any = false;
  for (const source of sources) {
    await source.ready?.();
    const { advice = plainAdvice } = source;
    let software: Found | undefined;
    for await (const hint of hints(source, choice)) {
      try {
        const gpu = await source.open(hint);
        const ask = () => gpu.requestAdapter({ powerPreference: "high-performance" });
        const adapter = await (source.within?.(ask) ?? ask());
        if (!adapter) {
          seen.push(`${source.name}: no adapter${hint ? ` named ${hint}` : ""}`);
          continue;
        }
        const summary = summarize(adapter.info);
        any = true;
        const found = { advice, gpu, adapter, summary, memory: source.memory?.(summary) };
        seen.push(`${source.name}: ${displayName(found.summary)}`);
        if (!accepts(choice, found.summary)) continue;
        // Left to choose, a source's hardware goes before the software adapter that it may list first.
        if (choice !== "auto" || !found.summary.software) return found;
        software ??= found;
      } catch (error) {
        seen.push(`${source.name}: ${messageOf(error).split("\n")[0]}`);
      }
    }
    if (software) return software;
  }
  const wanted = choice === "auto" ? "no WebGPU adapter was found" : `no WebGPU adapter fits "${choice}"`;
  throw new UnavailableError(
    `${wanted} (${[...new Set(seen)].join("; ") || "nowhere to look"})`,
    (sources[0]?.advice ?? plainAdvice).missing(choice, any),
  );
}

/** An opened device. It owns the GPU object, without which Dawn's callbacks would outlive their instance. */
export class Device {
  /** @internal */
  readonly gpu: GPU;
  /** @internal */
  readonly handle: GPUDevice;
  readonly adapter: AdapterSummary;
  /** How many bytes it has, where that is known. */
  readonly memory: number | undefined;
  /** What it multiplies by whole subgroups; none without the feature. */
  readonly subgroupMatrices: readonly SubgroupMatrix[];
  /** Bytes of the buffers that {@link createBuffer} made. */
  readonly allocations = new Allocations();
  /** Why the device is gone. It stays gone. */
  private loss: DeviceError | undefined;
  /** An error that the device reported outside of a scope; told once. */
  private stray: DeviceError | undefined;
  private closed = false;
  private readonly lost: Promise<never>;

  /** @internal */
  constructor(
    gpu: GPU,
    handle: GPUDevice,
    adapter: AdapterSummary,
    memory?: number,
    matrices: readonly SubgroupMatrix[] = [],
  ) {
    this.gpu = gpu;
    this.handle = handle;
    this.adapter = adapter;
    this.memory = memory;
    this.subgroupMatrices = this.features.has("chromium-experimental-subgroup-matrix") ? matrices : [];
    this.lost = handle.lost.then((info) => {
      this.loss ??= new DeviceError("lost", lostText(info));
      throw this.loss;
    });
    this.lost.catch(() => {}); // reported to whoever waits in guard()
    handle.onuncapturederror = ({ error }) => {
      this.stray ??= toDeviceError(error);
    };
  }

  get features(): ReadonlySet<string> {
    return this.handle.features as ReadonlySet<string>;
  }

  /** @internal */
  get limits(): GPUSupportedLimits {
    return this.handle.limits;
  }

  /** Makes a buffer and counts it. @internal */
  createBuffer(descriptor: GPUBufferDescriptor): GPUBuffer {
    return this.allocations.add(this.handle.createBuffer(descriptor));
  }

  /** Destroys a buffer that {@link createBuffer} made. @internal */
  destroyBuffer(buffer: GPUBuffer): void {
    this.allocations.remove(buffer);
    buffer.destroy();
  }

  /** What plans need to know of this device. */
  target(tuning: readonly TuningRow[]): Target {
    const { subgroupMinSize, subgroupMaxSize, software, vendor, architecture, device } = this.adapter;
    const names = Object.keys(defaultLimits) as (keyof TargetLimits)[];
    return {
      adapter: { vendor, architecture, device },
      software,
      features: this.features,
      subgroupSize: subgroupMinSize > 0 && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : undefined,
      subgroupSizes: subgroupMinSize > 0 ? [subgroupMinSize, subgroupMaxSize] : undefined,
      subgroupMatrices: this.subgroupMatrices,
      limits: Object.fromEntries(names.map((name) => [name, this.limits[name]])) as unknown as TargetLimits,
      memory: this.memory,
      chunkBytes: defaultChunkBytes,
      tuning,
    };
  }

  /** Whether the device is lost or closed: it stays so, and a new one must be opened. */
  get gone(): boolean {
    return this.loss !== undefined;
  }

  /** Waits, but not for a device that is gone. @throws {DeviceError} if the device failed meanwhile */
  async guard<T>(work: Promise<T>): Promise<T> {
    try {
      const value = await Promise.race([work, this.lost]);
      this.check();
      return value;
    } catch (error) {
      throw this.loss ?? error;
    }
  }

  /** Runs calls that create or use resources and turns what the device reports about them into one error. */
  async scoped<T>(what: string, calls: () => T | Promise<T>): Promise<T> {
    this.check();
    const filters = ["validation", "out-of-memory", "internal"] as const;
    for (const filter of filters) this.handle.pushErrorScope(filter);
    let result: T | undefined;
    let thrown: unknown;
    try {
      const made = calls();
      // Scopes are a stack that all calls share: what need not wait takes its own down before anyone else can put one up.
      result = made instanceof Promise ? await made : made;
    } catch (error) {
      thrown = error;
    }
    const reports = await this.guard(Promise.all(filters.map(() => this.handle.popErrorScope())));
    const report = reports.find((error) => error !== null);
    if (report) throw toDeviceError(report, what);
    if (thrown !== undefined) throw thrown;
    return result as T;
  }

  /** @throws {DeviceError} if the device is gone, or has reported an error that nobody has been told of */
  check(): void {
    if (this.loss) throw this.loss;
    const { stray } = this;
    this.stray = undefined;
    if (stray) throw stray;
  }

  /** Waits until the device has done everything that it was given. @throws {DeviceError} if it failed */
  async idle(): Promise<void> {
    if (!this.closed) await this.guard(this.handle.queue.onSubmittedWorkDone());
  }

  /** Frees everything on the device. Work that waits is rejected. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.loss ??= new DeviceError("lost", "the device has been closed");
    this.handle.destroy();
  }
}

/**
 * Opens the device that a choice names.
 *
 * Limits are raised to what the adapter offers; features are asked for where it has them.
 * @throws {UnavailableError} if there is no such adapter, or it lacks what the kernels need
 */
export async function openDevice(sources: readonly GpuSource[], choice: DeviceChoice = "auto"): Promise<Device> {
  const { advice, gpu, adapter, summary, memory } = await findAdapter(sources, choice);
  for (const [name, least] of Object.entries(needed)) {
    const offered = adapter.limits[name as keyof typeof needed];
    if (offered < least)
      throw new UnavailableError(
        `${displayName(summary)} is too small: ${name} is ${offered}, the kernels need ${least}`,
        advice.small,
      );
  }
  const requiredFeatures = wantedFeatures.filter((feature) => adapter.features.has(feature));
  const requiredLimits = Object.fromEntries(requestedLimits.map((name) => [name, adapter.limits[name]]));
  try {
    const handle = await adapter.requestDevice({ requiredFeatures, requiredLimits });
    return new Device(gpu, handle, summary, memory, matricesOf(adapter.info));
  } catch (error) {
    throw new UnavailableError(`${displayName(summary)} refused to open: ${messageOf(error)}`, advice.refused, {
      cause: error,
    });
  }
}

/** Names of the adapters that a GPU which was asked for none of them lists in its refusal; Dawn tells no other way. */
export async function listedAdapters(gpu: GPU): Promise<string[]> {
  const message = await gpu.requestAdapter().then(() => "", messageOf);
  return [...message.matchAll(/name: '([^']+)'/g)].map(([, name]) => name);
}

/** A device that checks shaders and runs nothing. It has no way to read a buffer, so no test of numbers can be handed one. */
export interface CompileOnlyDevice {
  /** The first error of a shader and the pipeline made of it, or undefined if it is valid. */
  check(source: string): Promise<string | undefined>;
  close(): void;
}

/** What that backend says of pipelines that multiply matrices: it knows the feature, and has matrices of no size. */
const NO_MATRICES = /maxSubgroupSize|subgroup matrix/i;

/** Opens a GPU whose backend runs nothing. */
export async function openCompileOnly(gpu: GPU): Promise<CompileOnlyDevice> {
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new UnavailableError("the compile-only backend has no adapter", "reinstall the package webgpu");
  const requiredFeatures = wantedFeatures.filter((feature) => adapter.features.has(feature));
  const device = await adapter.requestDevice({ requiredFeatures });
  return {
    async check(source) {
      device.pushErrorScope("validation");
      const module = device.createShaderModule({ code: source });
      device.createComputePipeline({ layout: "auto", compute: { module } });
      const error = await device.popErrorScope();
      return error && !NO_MATRICES.test(error.message) ? error.message : undefined;
    },
    close: () => device.destroy(),
    // Dawn's callbacks need their instance for as long as the device lives.
    ...{ gpu },
  };
}
