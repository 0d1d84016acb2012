/** The Pairformer stack: algorithm 17 of the AlphaFold 3 supplement, as the engines arrange it. */
import type { Plan, Tensor } from "../gpu/plan/plan.ts";
import {
  type SingleAttentionWeights,
  singleAttention,
  type TriangleAttentionTraits,
  type TriangleAttentionWeights,
  triangleAttention,
} from "./attention.ts";
import { pairEnd } from "./attention_transition.ts";
import type { Normed } from "./linear.ts";
import type { KeyMasking, PairMasks, SingleMasks } from "./masks.ts";
import { incomingToStarting, outgoingToIncoming, startingToEnding } from "./pair_joins.ts";
import { type TransitionWeights, transition } from "./transition.ts";
import { type TriangleMultiplicationWeights, triangleMultiplication } from "./triangle_multiplication.ts";

export interface PairBlockWeights {
  readonly outgoing: TriangleMultiplicationWeights;
  readonly incoming: TriangleMultiplicationWeights;
  readonly starting: TriangleAttentionWeights;
  readonly ending: TriangleAttentionWeights;
  readonly transition: TransitionWeights;
}

export interface PairformerBlockWeights {
  readonly pair: PairBlockWeights;
  readonly attention: SingleAttentionWeights;
  readonly transition: TransitionWeights;
}

/** Where the engines' Pairformers differ beside their weights. */
export interface PairformerTraits {
  readonly starting: TriangleAttentionTraits;
  readonly ending: TriangleAttentionTraits;
  readonly single: KeyMasking;
}

/**
 * The pair half of a block. Every step sees the pair that the step before left.
 * @param next what the attention of the tokens makes its bias of, if one follows
 * @returns the updated pair, and that bias, where it came with the pair's last step
 */
export function pairBlock(
  plan: Plan,
  pair: Tensor,
  masks: PairMasks,
  weights: PairBlockWeights,
  traits: Pick<PairformerTraits, "starting" | "ending">,
  next?: Normed,
): { readonly pair: Tensor; readonly bias: Tensor | undefined } {
  const { outgoing, incoming, starting, ending } = weights;
  const first = outgoingToIncoming(plan, pair, masks, outgoing, incoming);
  let z = plan.scope("triangle multiplication outgoing", () =>
    triangleMultiplication(plan, pair, masks, outgoing, "outgoing", { end: first }),
  );
  const second = incomingToStarting(plan, z, incoming, starting, traits.starting);
  z = plan.scope("triangle multiplication incoming", () =>
    triangleMultiplication(plan, z, masks, incoming, "incoming", { made: first?.made, end: second }),
  );
  const third = startingToEnding(plan, z, starting, ending, traits.ending);
  plan.scope("triangle attention starting", () =>
    triangleAttention(plan, z, masks, starting, "starting", traits.starting, { made: second?.made, end: third }),
  );
  const end = plan.scope("triangle attention ending", () => {
    const whole = pairEnd(plan, z, { attention: ending, transition: weights.transition, next }, "ending");
    triangleAttention(plan, z, masks, ending, "ending", traits.ending, { made: third?.made, end: whole });
    return whole;
  });
  if (!end) plan.scope("pair transition", () => transition(plan, z, weights.transition));
  return { pair: z, bias: next && end?.bias };
}

/**
 * Records all blocks.
 * @param single [n, C of the single representation]
 * @param pair [n, n, C of the pair]
 * @returns both representations after the last block
 */
export function pairformer(
  plan: Plan,
  { single, pair }: { readonly single: Tensor; readonly pair: Tensor },
  masks: { readonly pair: PairMasks; readonly single: SingleMasks },
  blocks: readonly PairformerBlockWeights[],
  traits: PairformerTraits,
): { readonly single: Tensor; readonly pair: Tensor } {
  let z = pair;
  blocks.forEach((weights, index) => {
    plan.scope(`block ${index}`, () => {
      const { biasNorm: norm, bias: map } = weights.attention;
      const { pair: updated, bias } = pairBlock(plan, z, masks.pair, weights.pair, traits, { norm, map });
      z = updated;
      plan.scope("single attention", () =>
        singleAttention(plan, single, z, masks.single, weights.attention, traits.single, bias),
      );
      plan.scope("single transition", () => transition(plan, single, weights.transition));
    });
  });
  return { single, pair: z };
}
