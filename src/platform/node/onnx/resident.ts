/**
 * Tensors that stay on ONNX Runtime's WebGPU device. onnxruntime-node can leave outputs there and take them as inputs, but
 * copies nothing itself, and a run returns before the device is done. So copies are graphs of Identity nodes, and waiting
 * is reading one value back.
 */
import type * as Ort from "onnxruntime-node";
import type { OnnxFeeds, OnnxResult } from "../../../backends/onnx/host.ts";
import { type OnnxGraph, writeOnnx } from "../../../formats/onnx_graph.ts";
import { sizeOf } from "../../../formats/tensor.ts";
import { type OrtModule, providerOptions } from "./options.ts";
import type { OpenAsk } from "./protocol.ts";

type Tensors = Record<string, Ort.Tensor>;

const slots = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

/** Copies so many lists of values. */
const copies = (count: number): OnnxGraph => ({
  name: "copies",
  inputs: slots("x", count).map((name) => ({ name, type: "float32", shape: [`n ${name}`] })),
  outputs: slots("y", count).map((name) => ({ name, type: "float32", shape: [`n ${name}`] })),
  nodes: slots("x", count).map((name, at) => ({ op: "Identity", inputs: [name], outputs: [`y${at}`] })),
});

/** Takes the first of a list of values. */
const first: OnnxGraph = {
  name: "first",
  inputs: [{ name: "x", type: "float32", shape: ["n"] }],
  outputs: [{ name: "y", type: "float32", shape: [1] }],
  initializers: [
    { name: "begin", shape: [1], values: BigInt64Array.of(0n) },
    { name: "end", shape: [1], values: BigInt64Array.of(1n) },
  ],
  nodes: [{ op: "Slice", inputs: ["x", "begin", "end"], outputs: ["y"] }],
};

export class ResidentTensors {
  private readonly ort: OrtModule;
  private readonly ask: OpenAsk;
  private readonly sessions = new Map<string, Promise<Ort.InferenceSession>>();

  constructor(ort: OrtModule, ask: OpenAsk) {
    this.ort = ort;
    this.ask = ask;
  }

  /** Float32 tensors are copied to the device. Others are few and small, mostly ids that ONNX Runtime reads on the CPU; they stay. */
  async upload(feeds: OnnxFeeds): Promise<Tensors> {
    const entries = Object.entries(feeds);
    const moved = entries.filter(([, { type, data }]) => type === "float32" && data.length > 0);
    const kept = entries.filter((entry) => !moved.includes(entry));
    const tensors: Tensors = Object.fromEntries(
      kept.map(([name, { type, dims, data }]) => [name, new this.ort.Tensor(type, data as never, dims)]),
    );
    if (moved.length === 0) return tensors;
    const lists = moved.map(([, { data }], at) => [`x${at}`, new this.ort.Tensor(data as Float32Array, [data.length])]);
    const session = await this.session(`to ${moved.length}`, copies(moved.length), "gpu-buffer");
    const copied = await session.run(Object.fromEntries(lists));
    for (const [at, [name, { dims }]] of moved.entries()) {
      tensors[name] = this.view(copied[`y${at}`] as Ort.Tensor, dims);
    }
    return tensors;
  }

  /** Copies float32 tensors to the host. */
  async download(tensors: Tensors): Promise<Record<string, OnnxResult>> {
    const entries = Object.entries(tensors);
    const lists = entries.map(([, tensor], at) => [`x${at}`, this.view(tensor, [tensor.size])]);
    const session = await this.session(`from ${entries.length}`, copies(entries.length), "cpu");
    const copied = await session.run(Object.fromEntries(lists));
    return Object.fromEntries(
      entries.map(([name, { dims }], at) => [name, { dims, data: copied[`y${at}`].data as Float32Array }]),
    );
  }

  /** Waits until the device has done everything that was asked of it: reading back keeps the order. @param tensor any on the device */
  async finish(tensor: Ort.Tensor | undefined): Promise<void> {
    if (!tensor) return;
    const session = await this.session("first", first, "cpu");
    await session.run({ x: this.view(tensor, [tensor.size]) });
  }

  /** The same values in another shape. It shares their life. */
  private view(tensor: Ort.Tensor, dims: readonly number[]): Ort.Tensor {
    if (sizeOf(dims) !== tensor.size)
      throw new Error(`a tensor of ${tensor.size} values cannot be [${dims.join(", ")}]`);
    const buffer = tensor.gpuBuffer as never;
    return this.ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims, dispose: () => tensor.dispose() });
  }

  private session(name: string, graph: OnnxGraph, location: "cpu" | "gpu-buffer"): Promise<Ort.InferenceSession> {
    const opened =
      this.sessions.get(name) ??
      this.ort.InferenceSession.create(writeOnnx(graph), {
        ...providerOptions(this.ask),
        preferredOutputLocation: location,
      });
    this.sessions.set(name, opened);
    return opened;
  }
}
