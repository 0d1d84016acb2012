/** Weights under deepmind's haiku names: `scope:parameter`, all layers of a stack in one tensor, inputs before outputs. */
import { type LayerNorm, type Linear, uniformVector, type WeightReader } from "../linear.ts";

/** One layer of a stack: the scope of its weights, and its place on their leading axis. */
export interface Layer {
  readonly scope: string;
  readonly index: number;
  /** Layers in the stack: several axes for stacks of stacks (trap T15), undefined for weights outside of stacks. */
  readonly count: number | readonly number[] | undefined;
}

/** Weights outside of any stack. @param scope with the slash that ends it */
export const unstacked = (scope: string): Layer => ({ scope, index: 0, count: undefined });

/** The stored shape of a layer's weights, with the layer axis where there is one. */
const storedShape = ({ count }: Layer, shape: readonly number[]): readonly number[] =>
  count === undefined ? shape : [count, shape].flat();

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
export function linear(reader: WeightReader, layer: Layer, name: string, layout: LinearLayout): Linear {
  const { scope, index } = layer;
  const { shape, inputs, outputs, transposed = false, first = 0, step = 1 } = layout;
  const size = shape.reduce((product, axis) => product * axis, 1);
  const stored = size / inputs; // outputs that the tensor holds
  const weights = reader.tensor(`${scope}${name}:weights`, storedShape(layer, shape));
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
  layer: Layer,
  name: string,
  shape: readonly number[],
  map: Linear,
): Linear {
  const { scope, index } = layer;
  const bias = reader.tensor(`${scope}${name}:bias`, storedShape(layer, shape));
  return { ...map, bias: () => ({ data: bias(), offset: index * map.outputs, stride: 1 }) };
}

/** `scope/name:scale` and `:offset` of a layer. */
export function layerNorm(reader: WeightReader, layer: Layer, name: string, channels: number): LayerNorm {
  const { scope, index } = layer;
  const scale = reader.tensor(`${scope}${name}:scale`, storedShape(layer, [channels]));
  const offset = reader.tensor(`${scope}${name}:offset`, storedShape(layer, [channels]));
  return {
    channels,
    scale: () => ({ data: scale(), offset: index * channels, stride: 1 }),
    offset: () => ({ data: offset(), offset: index * channels, stride: 1 }),
  };
}

/** `scope/name:scale` of a layer: a norm without an offset. */
export function scaleNorm(reader: WeightReader, layer: Layer, name: string, channels: number): LayerNorm {
  const scale = reader.tensor(`${layer.scope}${name}:scale`, storedShape(layer, [channels]));
  return {
    channels,
    scale: () => ({ data: scale(), offset: layer.index * channels, stride: 1 }),
    offset: uniformVector(0),
  };
}
