/** Tensors on their way to a shim and back. */

import type { ConfiguredComponent, TensorSpec } from "../../engines/core/component.ts";
import { noiseOf, recordNoise } from "../../engines/core/noise.ts";
import { noiseFormOf, pointsOf } from "../../engines/core/synthetic.ts";
import { findEngine } from "../../engines/index.ts";
import { DeviceError } from "../../errors.ts";
import { layoutSafetensors, SafeTensors } from "../../formats/safetensors.ts";
import { type HostTensor, shapeText, sizeOf, type TensorMap } from "../../formats/tensor.ts";
import type { WeightSource } from "../../model/linear.ts";
import type { FilePart } from "./host.ts";

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** A safetensors file, tensor by tensor. */
export function* tensorParts(tensors: TensorMap): Generator<FilePart> {
  const { header, begins } = layoutSafetensors(tensors);
  yield { at: 0, bytes: header };
  for (const [name, { data }] of tensors) yield { at: begins.get(name) as number, bytes: bytesOf(data) };
}

/**
 * The file of a component's weights; each is read or made when it is its turn.
 * @param proceed throws if the work should stop
 */
export function* weightParts(
  { weights }: ConfiguredComponent,
  source: WeightSource,
  proceed: () => void,
): Generator<FilePart> {
  const described = new Map([...weights].map(([name, shape]) => [name, { dtype: "float32" as const, shape }]));
  const { header, begins } = layoutSafetensors(described);
  yield { at: 0, bytes: header };
  for (const name of weights.keys()) {
    proceed();
    yield { at: begins.get(name) as number, bytes: bytesOf(source(name)) };
  }
}

/** The inputs that a component reads, with its noise as tensors: shims know no seeds. @param inputs checked */
export function givenTensors(configured: ConfiguredComponent, inputs: TensorMap): Map<string, HostTensor> {
  const { component, sizes } = configured;
  const given = new Map<string, HostTensor>();
  for (const { name } of component.inputs) {
    const tensor = inputs.get(name);
    if (tensor && name !== "noise_seed") given.set(name, tensor);
  }
  if (!component.inputs.some(({ name }) => name === "noise_seed")) return given;
  const engine = findEngine(component.engine);
  const form = noiseFormOf(engine);
  const points = pointsOf(engine, inputs);
  const noise = noiseOf(form, inputs, sizeOf(points));
  if (given.has("init_noise")) return given; // recorded, and noiseOf has seen that it is whole
  for (const [name, tensor] of recordNoise(form, noise, { samples: sizes.samples, steps: sizes[form.draws], points }))
    given.set(name, tensor);
  return given;
}

/** Those of a shim's outputs that are read. @throws {DeviceError} if one is missing or misshapen: that is no input's fault */
export function outputsOf(
  { component, sizes }: ConfiguredComponent,
  outputs: readonly TensorSpec[],
  bytes: Uint8Array,
  path: string,
): Map<string, HostTensor> {
  const file = new SafeTensors(bytes, path);
  return new Map(
    outputs.map(({ name, shape }) => {
      const found = file.describe(name);
      const wanted = shape.map((size) => (typeof size === "number" ? size : sizes[size]));
      const fits =
        found?.dtype === "F32" &&
        found.shape.length === wanted.length &&
        wanted.every((size, axis) => size === undefined || size === found.shape[axis]);
      if (!fits)
        throw new DeviceError(
          "internal",
          `the ${component.engine} shim gives ${name} as ${found ? `${found.dtype} ${shapeText(found.shape)}` : "nothing"}, expected F32 [${shape.join(", ")}]`,
        );
      return [name, file.read(name)];
    }),
  );
}
