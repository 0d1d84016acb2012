/** Weights under the names of a state_dict: torch layouts, output first. */
import { type LayerNorm, type Linear, type Normed, uniformVector, type WeightReader } from "./linear.ts";

/** `name`.weight [outputs, inputs], and `name`.bias [outputs] if there is one. */
export function linear(
  reader: WeightReader,
  name: string,
  outputs: number,
  inputs: number,
  { bias = false }: { readonly bias?: boolean } = {},
): Linear {
  return linearSlice(reader, name, { first: 0, count: outputs, of: outputs }, inputs, { bias });
}

/** Some of the outputs of `name`.weight [of, inputs] as a map of their own. */
export function linearSlice(
  reader: WeightReader,
  name: string,
  { first, count, of }: { readonly first: number; readonly count: number; readonly of: number },
  inputs: number,
  { bias = false }: { readonly bias?: boolean } = {},
): Linear {
  const weight = reader.tensor(`${name}.weight`, [of, inputs]);
  const vector = bias ? reader.tensor(`${name}.bias`, [of]) : undefined;
  return {
    inputs,
    outputs: count,
    weight: () => ({ data: weight(), offset: first * inputs, outputStride: inputs, inputStride: 1 }),
    ...(vector && { bias: () => ({ data: vector(), offset: first, stride: 1 }) }),
  };
}

/** `name`.weight and `name`.bias, each [channels]. */
export function layerNorm(reader: WeightReader, name: string, channels: number): LayerNorm {
  const scale = reader.tensor(`${name}.weight`, [channels]);
  const offset = reader.tensor(`${name}.bias`, [channels]);
  return {
    channels,
    scale: () => ({ data: scale(), offset: 0, stride: 1 }),
    offset: () => ({ data: offset(), offset: 0, stride: 1 }),
  };
}

/** A layer norm with a scale and no offset: `name`.weight [channels]. */
export function scaleNorm(reader: WeightReader, name: string, channels: number): LayerNorm {
  const scale = reader.tensor(`${name}.weight`, [channels]);
  return { channels, scale: () => ({ data: scale(), offset: 0, stride: 1 }), offset: uniformVector(0) };
}

/** `name`.0 and `name`.1 of an `nn.Sequential`; the map has no bias. */
export const normed = (reader: WeightReader, name: string, outputs: number, inputs: number): Normed => ({
  norm: layerNorm(reader, `${name}.0`, inputs),
  map: linear(reader, `${name}.1`, outputs, inputs),
});
