/** ligo's conditioned layers: src/models/components/primitives.py and transition.py of the pinned repository. */
import type { AdaptiveNormWeights, ConditionedTransitionWeights } from "../adaptive.ts";
import type { Linear, WeightReader } from "../linear.ts";
import { linear, scaleNorm } from "../state_dict.ts";

/** Transitions of conditioned blocks and of the conditioning widen by this. */
export const CONDITIONED_FACTOR = 2;

/** `AdaLN`; of its three maps the one of the scale has a bias. Conditioning and rows have the same width. */
export const adaptiveNorm = (reader: WeightReader, at: string, c: number): AdaptiveNormWeights => ({
  conditionNorm: scaleNorm(reader, `${at}.s_layer_norm`, c),
  scale: linear(reader, `${at}.to_gamma.0`, c, c, { bias: true }),
  shift: linear(reader, `${at}.skip_linear`, c, c),
});

/** The gate of an update, which sees the conditioning as it is. */
export const outputGate = (reader: WeightReader, at: string, c: number): Linear =>
  linear(reader, at, c, c, { bias: true });

/** `ConditionedTransitionBlock`. Quirk 10: the output has a bias, in front of the gate. */
export function conditionedTransition(reader: WeightReader, at: string, c: number): ConditionedTransitionWeights {
  const wide = CONDITIONED_FACTOR * c;
  return {
    norm: adaptiveNorm(reader, `${at}.ada_ln`, c),
    gate: linear(reader, `${at}.hidden_gating_linear`, wide, c),
    value: linear(reader, `${at}.hidden_linear`, wide, c),
    output: linear(reader, `${at}.output_linear`, c, wide, { bias: true }),
    outputGate: outputGate(reader, `${at}.output_gating_linear`, c),
  };
}
