/** From tensors of golden cases to what a graph takes, and back. */

import type { ConfiguredComponent, TensorSpec } from "../../engines/core/component.ts";
import { BadInputError } from "../../errors.ts";
import { float32, type HostTensor, shapeText, sizeOf, type TensorMap } from "../../formats/tensor.ts";
import type { OnnxFeed, OnnxResult, OnnxWork } from "./host.ts";
import type { OnnxManifest, OnnxPort } from "./manifest.ts";

/** A graph with its component: what the runs have in common. */
export interface GraphRun {
  readonly manifest: OnnxManifest;
  readonly configured: ConfiguredComponent;
  readonly trips: number;
  /** Those of the component's that are read. */
  readonly outputs: readonly TensorSpec[];
}

/**
 * Checks that a graph takes and gives what its component does.
 * @param file the manifest, for messages
 * @throws {BadInputError} if an input is no tensor of the component, or an output is missing
 */
export function checkGraph({ manifest, configured }: GraphRun, file: string): void {
  const { inputs, outputs, weights: shapes, component } = { ...configured.component, ...configured };
  const bad = (what: string): BadInputError =>
    new BadInputError(`${file} does not fit ${component.engine} ${component.name}: ${what}`);
  const carried = new Set(manifest.carry.map(({ input }) => input));
  for (const { name, tensor } of manifest.inputs)
    if (!carried.has(name) && !inputs.some((spec) => spec.name === tensor))
      throw bad(`the graph's input ${name} is ${tensor}, which the component does not have`);
  for (const { name } of outputs)
    if (!manifest.outputs.some(({ tensor }) => tensor === name)) throw bad(`the graph has no output ${name}`);
  const taken = new Set([...manifest.inputs.map(({ tensor }) => tensor), ...manifest.unused]);
  const left = inputs.find(({ name, optional }) => !optional && !taken.has(name));
  if (left) throw bad(`the graph neither takes the input ${left.name} nor says that it does without`);
  for (const { tensor, shape } of manifest.weights) {
    const own = shapes.get(tensor);
    if (!own) throw bad(`the weight ${tensor} is none of the component's`);
    if (shapeText(own) !== shapeText(shape))
      throw bad(`the weight ${tensor} is ${shapeText(shape)}, the config asks for ${shapeText(own)}`);
  }
}

/**
 * What ONNX Runtime is to do for these inputs.
 * @param inputs checked
 * @throws {BadInputError} if a tensor has another shape than the graph
 */
export function workOf({ manifest, configured, trips, outputs: read }: GraphRun, inputs: TensorMap): OnnxWork {
  const axes = new Map<string, { readonly size: number; readonly of: string }>();
  const constant: Record<string, OnnxFeed> = {};
  const own = Array.from({ length: trips }, (): Record<string, OnnxFeed> => ({}));
  const carried = new Set(manifest.carry.map(({ input }) => input));
  for (const port of manifest.inputs) {
    if (carried.has(port.name)) continue;
    const tensor = inputs.get(port.tensor ?? "");
    if (!tensor) throw new BadInputError(`the input ${port.tensor} is missing, which the exported graph takes`);
    if (manifest.perTrip.some((name) => name === port.tensor))
      rowsOf(port, tensor, trips).forEach((row, trip) => {
        own[trip][port.name] = feedOf(port, row, axes);
      });
    else constant[port.name] = feedOf(port, tensor, axes);
  }
  for (const port of manifest.inputs) if (carried.has(port.name)) own[0][port.name] = zeros(port, axes, configured);
  const outputs = manifest.outputs
    .filter(({ tensor }) => read.some(({ name }) => name === tensor))
    .map(({ name }) => name);
  return { constant, trips: own, carry: manifest.carry, outputs };
}

function rowsOf({ tensor: name }: OnnxPort, { dtype, shape, data }: HostTensor, trips: number): HostTensor[] {
  if (shape[0] !== trips)
    throw new BadInputError(
      `the input ${name} is ${shapeText(shape)}, the config asks for ${trips} rows, one per trip`,
    );
  const size = data.length / trips;
  return Array.from({ length: trips }, (_, at) => ({
    dtype,
    shape: shape.slice(1),
    data: data.subarray(at * size, (at + 1) * size),
  }));
}

type Axes = Map<string, { readonly size: number; readonly of: string }>;

/** The dims of a tensor in the graph: a batch axis comes first where the graph has one. */
function dimsOf({ name, tensor, shape }: OnnxPort, found: readonly number[], axes: Axes): number[] {
  const dims = shape.length === found.length + 1 && shape[0] === 1 ? [1, ...found] : [...found];
  const wrong = (why = ""): BadInputError =>
    new BadInputError(
      `the input ${tensor} is ${shapeText(found)}, the exported graph takes [${shape.join(", ")}]${why}`,
    );
  if (dims.length !== shape.length) throw wrong();
  dims.forEach((size, axis) => {
    const stated = shape[axis];
    if (typeof stated === "number") {
      if (stated !== size) throw wrong();
      return;
    }
    const known = axes.get(stated);
    if (known && known.size !== size) throw wrong(`: ${stated} is ${known.size} in ${known.of}`);
    axes.set(stated, { size, of: tensor ?? name });
  });
  return dims;
}

function feedOf(port: OnnxPort, { shape, data }: HostTensor, axes: Axes): OnnxFeed {
  const dims = dimsOf(port, shape, axes);
  switch (port.type) {
    case "float32":
      return { type: port.type, dims, data: data instanceof Float32Array ? data : Float32Array.from(data) };
    case "int32":
      return { type: port.type, dims, data: data instanceof Int32Array ? data : Int32Array.from(data) };
    case "int64":
      return { type: port.type, dims, data: BigInt64Array.from(data as ArrayLike<number> as number[], BigInt) };
    case "bool":
      return { type: port.type, dims, data: Uint8Array.from(data, (value) => (value === 0 ? 0 : 1)) };
  }
}

/** What the first trip takes in place of an earlier one's results. */
function zeros({ name, shape }: OnnxPort, axes: Axes, { sizes }: ConfiguredComponent): OnnxFeed {
  const dims = shape.map((axis) => {
    const size = typeof axis === "number" ? axis : (axes.get(axis)?.size ?? sizes[axis]);
    if (size === undefined) throw new BadInputError(`nothing gives the size ${axis} of the graph's input ${name}`);
    return size;
  });
  return { type: "float32", dims, data: new Float32Array(sizeOf(dims)) };
}

/**
 * A graph's outputs that are read, under the names and shapes of golden cases.
 * @throws {BadInputError} if one has other axes than the component says
 */
export function outputsOf(
  { manifest, configured, outputs }: GraphRun,
  results: Readonly<Record<string, OnnxResult>>,
): Map<string, HostTensor> {
  return new Map(
    outputs.map((spec) => {
      const port = manifest.outputs.find(({ tensor }) => tensor === spec.name) as OnnxPort;
      return [spec.name, outputOf(spec, results[port.name], configured)];
    }),
  );
}

function outputOf({ name, shape }: TensorSpec, { dims, data }: OnnxResult, { sizes }: ConfiguredComponent): HostTensor {
  const own = dims.length === shape.length + 1 && dims[0] === 1 ? dims.slice(1) : dims;
  const fits = own.every((size, axis) => {
    const stated = shape[axis];
    const wanted = typeof stated === "number" ? stated : sizes[stated];
    return wanted === undefined || wanted === size;
  });
  if (own.length !== shape.length || !fits)
    throw new BadInputError(`the exported graph gives ${name} as ${shapeText(dims)}, expected [${shape.join(", ")}]`);
  return float32(own, data);
}
