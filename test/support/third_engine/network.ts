/** The third engine's network: an embedding of residue types, and one transition that every trip applies again. */
import type { Plan, Tensor } from "../../../src/gpu/plan/plan.ts";
import { EPSILON } from "../../../src/kernels/check/reference.ts";
import { type LayerNorm, type Linear, matrixAt, vectorAt, type WeightReader } from "../../../src/model/linear.ts";
import { columnsOf } from "../../../src/model/projection.ts";
import { projectRows } from "../../../src/model/rows.ts";
import { type TransitionWeights, transition } from "../../../src/model/transition.ts";

/** Types of residues: the amino acids and unknown ones. */
export const TYPES = 21;

/** `name`/matrix [outputs, inputs]. */
function linear(reader: WeightReader, name: string, outputs: number, inputs: number): Linear {
  const data = reader.tensor(`${name}/matrix`, [outputs, inputs]);
  return { inputs, outputs, weight: () => ({ data: data(), offset: 0, outputStride: inputs, inputStride: 1 }) };
}

/** `name`/scale and `name`/offset, each [channels]. */
function layerNorm(reader: WeightReader, name: string, channels: number): LayerNorm {
  const [scale, offset] = ["scale", "offset"].map((part) => reader.tensor(`${name}/${part}`, [channels]));
  return {
    channels,
    scale: () => ({ data: scale(), offset: 0, stride: 1 }),
    offset: () => ({ data: offset(), offset: 0, stride: 1 }),
  };
}

export const mixingWeights = (reader: WeightReader, width: number, factor: number): TransitionWeights => ({
  norm: layerNorm(reader, "mixing/norm", width),
  gate: linear(reader, "mixing/gate", width * factor, width),
  value: linear(reader, "mixing/value", width * factor, width),
  output: linear(reader, "mixing/output", width, width * factor),
});

export const embedding = (reader: WeightReader, width: number): Linear => linear(reader, "embedding", width, TYPES);

/** Embeds one-hot rows. @param types [tokens, padded types] @returns [tokens, padded width] */
export const embed = (plan: Plan, types: Tensor, map: Linear): Tensor =>
  projectRows(plan, "embedding", types, columnsOf(map));

export { transition };

/** y = W x. */
const mapped = (x: readonly number[], map: Linear): number[] => {
  const view = map.weight();
  return Array.from({ length: map.outputs }, (_, output) =>
    x.reduce((sum, value, input) => sum + value * matrixAt(view, output, input), 0),
  );
};

/** The embedding of one residue in double precision. */
export const embedded = (type: number, map: Linear): number[] =>
  mapped(
    Array.from({ length: TYPES }, (_, at) => (at === type ? 1 : 0)),
    map,
  );

/** One row after a transition, in double precision. */
export function mixed(row: readonly number[], { norm, gate, value, output }: TransitionWeights): number[] {
  const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
  const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length;
  const [scale, offset] = [norm.scale(), norm.offset()];
  const normal = row.map(
    (x, at) => ((x - mean) / Math.sqrt(variance + EPSILON)) * vectorAt(scale, at) + vectorAt(offset, at),
  );
  const [gates, values] = [mapped(normal, gate), mapped(normal, value)];
  const added = mapped(
    gates.map((g, at) => (g / (1 + Math.exp(-g))) * values[at]),
    output,
  );
  return row.map((x, at) => x + added[at]);
}
