/** Pipelines by final source text: compiled once per device, in parallel, with errors that show the line. */
import type { Device } from "./device.ts";
import { type AnyKernel, type Dims, frozenParams, type Variant } from "./kernel.ts";
import { type Binding, bindingsOf, compose, excerpt, type ShaderSources } from "./wgsl.ts";

export interface Pipeline {
  readonly handle: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly Binding[];
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

  /** The pipeline of a kernel at these sizes; equal sources share one. @throws {DeviceError} if it does not compile */
  get(kernel: AnyKernel, variant: Variant, dims: Dims): Promise<Pipeline> {
    const source = compose(this.sources, kernel, variant, frozenParams(dims));
    const known = this.cache.get(source);
    if (known) return known;
    const pipeline = compile(this.device, `${kernel.name} (${variant.name})`, source);
    this.cache.set(source, pipeline);
    pipeline.catch(() => this.cache.delete(source));
    return pipeline;
  }
}

async function compile(device: Device, name: string, source: string): Promise<Pipeline> {
  device.check();
  const { handle } = device;
  const module = handle.createShaderModule({ label: name, code: source });
  const { messages } = await device.guard(module.getCompilationInfo());
  const error = messages.find(({ type }) => type === "error");
  if (error) throw new Error(`${name} does not compile: ${error.message}\n${excerpt(source, error.lineNum)}`);
  const bindings = bindingsOf(source);
  const layout = handle.createBindGroupLayout({
    label: name,
    entries: bindings.map(({ access }, binding) => ({
      binding,
      visibility: 4, // GPUShaderStage.COMPUTE; the constant is no global in Node
      buffer: { type: access === "read" ? "read-only-storage" : access === "uniform" ? "uniform" : "storage" },
    })),
  });
  try {
    const pipeline = await device.guard(
      handle.createComputePipelineAsync({
        label: name,
        layout: handle.createPipelineLayout({ label: name, bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: "main" },
      }),
    );
    return { handle: pipeline, layout, bindings };
  } catch (error) {
    device.check();
    throw new Error(`${name}: the device refuses the pipeline: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}
