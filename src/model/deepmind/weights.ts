/** Weights under deepmind's haiku names: `scope:parameter`, all layers of a stack in one tensor, inputs before outputs. */
import type { LayerNorm, Linear, WeightReader } from "../linear.ts";

/** One layer of a stack: the scope of its weights, and its place on their leading axis. */
export interface Layer {
  readonly scope: string;
  readonly index: number;
  readonly count: number;
}

/** How the stored axes behind the layer axis are read. */
export interface LinearLayout {
  /** The shape behind the layer axis. */
  readonly shape: readonly number[];
  readonly inputs: number;
  readonly outputs: number;
  /** Trap T5: whether outputs stand before inputs. */
  readonly transposed?: boolean;
  /** For maps that take some of the stored outputs: the first, and the step between them. */
  readonly first?: number;
  readonly step?: number;
}

/** `scope/name:weights` of a layer as a linear map. */
export function linear(
  reader: WeightReader,
  { scope, index, count }: Layer,
  name: string,
  layout: LinearLayout,
): Linear {
  const { shape, inputs, outputs, transposed = false, first = 0, step = 1 } = layout;
  const size = shape.reduce((product, axis) => product * axis, 1);
  const stored = size / inputs; // outputs that the tensor holds
  const weights = reader.tensor(`${scope}${name}:weights`, [count, ...shape]);
  const [outputStride, inputStride] = transposed ? [inputs, 1] : [1, stored];
  return {
    inputs,
    outputs,
    weight: () => ({
      data: weights(),
      offset: index * size + first * outputStride,
      outputStride: step * outputStride,
      inputStride,
    }),
  };
}

/** Adds `scope/name:bias` of a layer, of the given shape behind the layer axis, to a linear map. */
export function withBias(
  reader: WeightReader,
  { scope, index, count }: Layer,
  name: string,
  shape: readonly number[],
  map: Linear,
): Linear {
  const bias = reader.tensor(`${scope}${name}:bias`, [count, ...shape]);
  return { ...map, bias: () => ({ data: bias(), offset: index * map.outputs, stride: 1 }) };
}

/** `scope/name:scale` and `:offset` of a layer. */
export function layerNorm(
  reader: WeightReader,
  { scope, index, count }: Layer,
  name: string,
  channels: number,
): LayerNorm {
  const scale = reader.tensor(`${scope}${name}:scale`, [count, channels]);
  const offset = reader.tensor(`${scope}${name}:offset`, [count, channels]);
  return {
    channels,
    scale: () => ({ data: scale(), offset: index * channels, stride: 1 }),
    offset: () => ({ data: offset(), offset: index * channels, stride: 1 }),
  };
}
