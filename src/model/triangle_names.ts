/** Triangle updates under the names of a state_dict of OpenFold's classes, which several engines have taken over. */
import type { AttentionMaps, TriangleAttentionWeights } from "./attention.ts";
import type { WeightReader } from "./linear.ts";
import { layerNorm, linear, linearSlice } from "./state_dict.ts";
import type { GatedProjection, TriangleMultiplicationWeights } from "./triangle_multiplication.ts";

/** What the names do not say of a triangle multiplication. */
export interface TriangleMultiplicationForm {
  /** Of the pair. */
  readonly channels: number;
  /** Of the product. */
  readonly hidden: number;
  /** Whether the six linear maps have biases. */
  readonly bias: boolean;
  /** Whether a and b are projected by one map each: a in its first half, b in its second. */
  readonly fused?: boolean;
}

/** incoming: Σₖ a(k, i) b(k, j), the roles as the classes write them. */
export function triangleMultiplicationWeights(
  reader: WeightReader,
  at: string,
  { channels, hidden, bias, fused = false }: TriangleMultiplicationForm,
): TriangleMultiplicationWeights {
  const gated = (side: "a" | "b"): GatedProjection => {
    if (!fused)
      return {
        value: linear(reader, `${at}.linear_${side}_p`, hidden, channels, { bias }),
        gate: linear(reader, `${at}.linear_${side}_g`, hidden, channels, { bias }),
      };
    const half = { first: side === "a" ? 0 : hidden, count: hidden, of: 2 * hidden };
    return {
      value: linearSlice(reader, `${at}.linear_ab_p`, half, channels, { bias }),
      gate: linearSlice(reader, `${at}.linear_ab_g`, half, channels, { bias }),
    };
  };
  return {
    inputNorm: layerNorm(reader, `${at}.layer_norm_in`, channels),
    a: gated("a"),
    b: gated("b"),
    outputNorm: layerNorm(reader, `${at}.layer_norm_out`, hidden),
    output: linear(reader, `${at}.linear_z`, channels, hidden, { bias }),
    outputGate: linear(reader, `${at}.linear_g`, channels, channels, { bias }),
  };
}

/** @param maps of the attention itself, whose names differ */
export const triangleAttentionWeights = (
  reader: WeightReader,
  at: string,
  channels: number,
  maps: AttentionMaps,
): TriangleAttentionWeights => ({
  norm: layerNorm(reader, `${at}.layer_norm`, channels),
  bias: linear(reader, `${at}.linear`, maps.heads, channels),
  ...maps,
});
