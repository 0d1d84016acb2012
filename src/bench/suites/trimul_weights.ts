/** Weights of a triangle multiplication, drawn as the contest draws its own. */
import type { LayerNorm, Linear } from "../../model/linear.ts";
import type { TriangleMultiplicationWeights } from "../../model/triangle_multiplication.ts";
import { latest, normals } from "./draws.ts";

/** Matrices are [outputs, inputs]; a and b are [hidden, dim]. */
export interface TrimulWeights {
  readonly inputScale: Float32Array;
  readonly inputOffset: Float32Array;
  readonly aValue: Float32Array;
  readonly aGate: Float32Array;
  readonly bValue: Float32Array;
  readonly bGate: Float32Array;
  readonly outputScale: Float32Array;
  readonly outputOffset: Float32Array;
  /** [dim, hidden] */
  readonly output: Float32Array;
  /** [dim, dim]: behind the output's projection, where the contest has [hidden, dim] before it. */
  readonly outputGate: Float32Array;
}

/** Unit normals for the norms, others divided by the root of the contest's choice: of `hidden`, at the output of `dim`. */
export const drawWeights = latest((seed: number, dim: number, hidden: number): TrimulWeights => {
  const draw = (name: string, length: number, deviation = 1): Float32Array =>
    normals(seed, `trimul/${name}`, length, deviation);
  const projection = (name: string, outputs: number): Float32Array => draw(name, outputs * dim, hidden ** -0.5);
  return {
    inputScale: draw("input scale", dim),
    inputOffset: draw("input offset", dim),
    aValue: projection("a", hidden),
    aGate: projection("a gate", hidden),
    bValue: projection("b", hidden),
    bGate: projection("b gate", hidden),
    outputScale: draw("output scale", hidden),
    outputOffset: draw("output offset", hidden),
    output: draw("output", dim * hidden, dim ** -0.5),
    outputGate: projection("output gate", dim),
  };
});

/** The weights as the layer takes them. @param drawn is called when a plan is built for a device */
export function layerWeights(drawn: () => TrimulWeights, dim: number, hidden: number): TriangleMultiplicationWeights {
  const linear = (name: keyof TrimulWeights, inputs: number, outputs: number): Linear => ({
    inputs,
    outputs,
    weight: () => ({ data: drawn()[name], offset: 0, outputStride: inputs, inputStride: 1 }),
  });
  const norm = (scale: keyof TrimulWeights, offset: keyof TrimulWeights, channels: number): LayerNorm => ({
    channels,
    scale: () => ({ data: drawn()[scale], offset: 0, stride: 1 }),
    offset: () => ({ data: drawn()[offset], offset: 0, stride: 1 }),
  });
  return {
    inputNorm: norm("inputScale", "inputOffset", dim),
    a: { value: linear("aValue", dim, hidden), gate: linear("aGate", dim, hidden) },
    b: { value: linear("bValue", dim, hidden), gate: linear("bGate", dim, hidden) },
    outputNorm: norm("outputScale", "outputOffset", hidden),
    output: linear("output", hidden, dim),
    outputGate: linear("outputGate", dim, dim),
  };
}
