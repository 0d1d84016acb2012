/** Pipelines by final source text: compiled once per device, in parallel, with errors that show the line. */
import { messageOf } from "../../errors.ts";
import type { Device } from "../device/device.ts";
import { type AnyKernel, type Dims, frozenParams, type Variant } from "../plan/kernel.ts";
import { compose, excerpt, type Form, type ShaderSources } from "./compose.ts";
import { type Binding, bindingsOf, uniformNames } from "./reflect.ts";

const COMPUTE = 4; // GPUShaderStage.COMPUTE; the global does not exist in Node

export interface Pipeline {
  readonly handle: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly Binding[];
  /** The fields of its uniforms, in order. */
  readonly uniforms: readonly string[];
}

export class PipelineCache {
  private readonly device: Device;
  private readonly sources: ShaderSources;
  private readonly cache = new Map<string, Promise<Pipeline>>();

  constructor(device: Device, sources: ShaderSources) {
    this.device = device;
    this.sources = sources;
  }

  /** How many different pipelines exist or are being compiled. */
  get size(): number {
    return this.cache.size;
  }

  /**
   * The pipeline of a kernel at these sizes; equal sources share one.
   * @throws {DeviceError} if it does not compile
   */
  get(kernel: AnyKernel, variant: Variant, dims: Dims, form: Form = {}): Promise<Pipeline> {
    return this.compiled(`${kernel.name} (${variant.name})`, this.source(kernel, variant, dims, form));
  }

  /** The text of a kernel's shader at these sizes. */
  source(kernel: AnyKernel, variant: Variant, dims: Dims, form: Form): string {
    return compose(this.sources, kernel, variant, frozenParams(dims), form);
  }

  /** The pipeline of such a text. @param name for messages @throws {DeviceError} if it does not compile */
  compiled(name: string, source: string): Promise<Pipeline> {
    const known = this.cache.get(source);
    if (known) return known;
    const pipeline = compile(this.device, name, source);
    this.cache.set(source, pipeline);
    pipeline.catch(() => this.cache.delete(source));
    return pipeline;
  }

  /** Waits for everything that is being compiled, well or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.cache.values());
  }
}

async function compile(device: Device, name: string, source: string): Promise<Pipeline> {
  const { handle } = device;
  const bindings = bindingsOf(source);
  const made = device.scoped("the compiler says", () => {
    const module = handle.createShaderModule({ label: name, code: source });
    const layout = handle.createBindGroupLayout({
      label: name,
      entries: bindings.map(({ access }, binding) => ({
        binding,
        visibility: COMPUTE,
        buffer: { type: access === "read" ? "read-only-storage" : access === "uniform" ? "uniform" : "storage" },
      })),
    });
    return { module, layout, whole: handle.createPipelineLayout({ label: name, bindGroupLayouts: [layout] }) };
  });
  const { module, layout, whole } = await made.catch((error: unknown) => {
    throw new Error(`${name} does not compile: ${messageOf(error)}${at(source, messageOf(error))}`, { cause: error });
  });
  try {
    const descriptor = { label: name, layout: whole, compute: { module, entryPoint: "main" } };
    const pipeline = await device.guard(handle.createComputePipelineAsync(descriptor));
    return { handle: pipeline, layout, bindings, uniforms: uniformNames(source) };
  } catch (error) {
    device.check();
    throw new Error(`${name}: the device refuses the pipeline: ${messageOf(error)}`, { cause: error });
  }
}

/** The lines around the place that a compiler's message names as `:line:column`. */
function at(source: string, message: string): string {
  const line = /:(\d+):\d+ error/.exec(message)?.[1];
  return line === undefined ? "" : `\n${excerpt(source, Number(line))}`;
}
