/** The diffusion's transformer over tokens: algorithm 23 of the AlphaFold 3 supplement, as the engines arrange it. */
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { attentionProject } from "../kernels/attention_project.ts";
import {
  type AdaptiveNormWeights,
  adaptiveRows,
  type BlockConditions,
  blockConditions,
  type ConditionedTransitionWeights,
  conditionedTransition,
} from "./adaptive.ts";
import {
  type AttentionMaps,
  attendWith,
  headsColumns,
  headWidth,
  outputInputs,
  pairBias,
  storedHeads,
} from "./attention.ts";
import type { LayerNorm, Linear } from "./linear.ts";
import type { KeyMasking, SingleMasks } from "./masks.ts";
import { columnsOf, unnormalisedProjection } from "./projection.ts";
import { addRows } from "./rows.ts";

export interface TokenBlockWeights {
  readonly attention: AttentionMaps & {
    readonly norm: AdaptiveNormWeights;
    readonly biasNorm: LayerNorm;
    readonly bias: Linear;
    /** From the conditioning as it is, not normalised. */
    readonly outputGate: Linear;
  };
  readonly transition: ConditionedTransitionWeights;
}

/**
 * The pair biases of all blocks, which no noise level changes.
 * @param pair [n, n, C]
 * @returns per block [heads, n, n padded]
 */
export const pairBiases = (plan: Plan, pair: Tensor, blocks: readonly TokenBlockWeights[]): Tensor[] =>
  blocks.map(({ attention }, index) =>
    plan.scope(`block ${index}`, () => pairBias(plan, pair, attention.biasNorm, attention.bias)),
  );

/**
 * Records all blocks. Each is sequential: the transition sees what the attention has added.
 * @param tokens [samples · n, C], updated in place
 * @param conditioning [samples · n, C of the conditioning], or [n, ...] where all samples share it
 * @param masks keys [samples, n padded]; queries [n] or [0]
 */
export function tokenTransformer(
  plan: Plan,
  tokens: Tensor,
  conditioning: Tensor,
  biases: readonly Tensor[],
  masks: SingleMasks,
  blocks: readonly TokenBlockWeights[],
  masking: KeyMasking,
): void {
  blocks.forEach((weights, index) => {
    plan.scope(`block ${index}`, () => {
      const { attention, transition } = weights;
      const norms = [attention.norm, transition.norm];
      const gates = [attention.outputGate, transition.outputGate];
      const conditions = plan.scope("conditions", () => blockConditions(plan, conditioning, norms, gates));
      plan.scope("attention", () => tokenAttention(plan, tokens, conditions, biases[index], masks, attention, masking));
      plan.scope("transition", () => conditionedTransition(plan, tokens, conditions, { norm: 1, gate: 1 }, transition));
    });
  });
}

function tokenAttention(
  plan: Plan,
  tokens: Tensor,
  conditions: BlockConditions,
  bias: Tensor,
  masks: SingleMasks,
  weights: TokenBlockWeights["attention"],
  masking: KeyMasking,
): void {
  const [rows] = tokens.shape;
  const n = bias.shape[1];
  const { heads } = weights;
  const width = headWidth(weights);
  const source = adaptiveRows(plan, tokens, weights.query.inputs, conditions, 0);
  const { q, g, k, v } = plan.dispatch(
    attentionProject,
    { source, ...unnormalisedProjection(plan, "q, k, v, g", headsColumns(weights), { alwaysTerms: true }) },
    {
      params: { CHANNELS: weights.query.inputs, WIDTH: heads * width, HEADS: 0, NORMALISE: false },
      scalars: { n, lines: n, first_row: 0, rows },
      store: storedHeads(plan),
    },
  );
  attendWith(plan, { q, g, k, v }, [rows / n, n, heads, width], bias, masks.keys, masking, 0);
  addRows(plan, "output", reshape(q, [rows, heads * width]), columnsOf(weights.output), tokens, {
    inputs: outputInputs(weights),
    gate: conditions.gates[0],
    mask: masks.queries.bytes > 0 ? masks.queries : undefined,
  });
}
