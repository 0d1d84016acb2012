/** The template embedder: algorithm 16 of the AlphaFold 3 supplement. */
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import type { DistanceBins } from "../kernels/check/reference.ts";
import { normaliseAdd } from "../kernels/normalise_add.ts";
import { project } from "../kernels/project.ts";
import { projectResidual } from "../kernels/project_residual.ts";
import { templatePair } from "../kernels/template_pair.ts";
import { pairSum } from "./copies.ts";
import { type LayerNorm, type Linear, matrixAt, vectorAt } from "./linear.ts";
import type { PairMasks } from "./masks.ts";
import { type PairBlockWeights, type PairformerTraits, pairBlock } from "./pairformer.ts";
import {
  channelInputs,
  columnsOf,
  normalisedProjection,
  nothing,
  padded,
  plainProjection,
  unscaled,
} from "./projection.ts";

export interface TemplateWeights {
  readonly queryNorm: LayerNorm;
  readonly query: Linear;
  /**
   * What the features of a pair of tokens are multiplied by, in the order in which they follow each other: distance bins,
   * whether both have a pseudo-beta atom, types of the column's token, of the row's, a direction, whether both have a frame.
   */
  readonly features: readonly Linear[];
  readonly blocks: readonly PairBlockWeights[];
  readonly outputNorm: LayerNorm;
  readonly output: Linear;
}

export interface TemplateTraits extends Pick<PairformerTraits, "starting" | "ending"> {
  /** Ångström. */
  readonly bins: DistanceBins;
  /** Types of tokens. */
  readonly classes: number;
  /** Whether pairs of tokens without pseudo-beta atoms have no types either. */
  readonly typesMasked: boolean;
  /** Whether what the blocks take is added once more to what they give. */
  readonly twice: boolean;
  /** What the sum over the slots is divided by. */
  readonly divisor: (slots: number) => number;
}

/** Templates as the layer takes them. */
export interface Templates {
  readonly slots: number;
  /** [slots · n, 20]: as `template_pair` describes them. */
  readonly tokens: Tensor;
  /** [n, pitch]: the pairs that a template may speak of. */
  readonly seen: Tensor;
}

/**
 * Embeds the templates one after the other and averages them; all share one accumulator.
 * @param pair [n, n, C], read only
 * @returns the rectified average [n · n, template channels], which the output map takes: see {@link templateUpdate}
 */
export function embedTemplates(
  plan: Plan,
  pair: Tensor,
  masks: PairMasks,
  { slots, tokens, seen }: Templates,
  weights: TemplateWeights,
  traits: TemplateTraits,
): Tensor {
  const [n] = pair.shape;
  const C = padded(weights.query.outputs);
  const query = normalisedProjection(plan, "query", weights.queryNorm, columnsOf(weights.query));
  const features = featureRows(plan, weights.features, C);
  const norm = averageNorm(plan, weights.outputNorm, traits.divisor(slots));
  const { first, step, count } = traits.bins;
  let sum = nothing(plan, [0, C]);
  for (let slot = 0; slot < slots; slot++)
    plan.scope(`template ${slot}`, () => {
      const { y: embedded } = plan.dispatch(
        templatePair,
        { pair, ...query, tokens, features, mask: seen },
        {
          params: {
            CHANNELS: weights.queryNorm.channels,
            CLASSES: traits.classes,
            BINS: count,
            TYPES_MASKED: traits.typesMasked,
          },
          scalars: { first_token: slot * n, first_edge: first, edge_step: step },
        },
      );
      let z = embedded;
      weights.blocks.forEach((block, index) => {
        z = plan.scope(`block ${index}`, () => pairBlock(plan, z, masks, block, traits).pair);
      });
      if (traits.twice) z = pairSum(plan, z, embedded);
      sum = plan.dispatch(
        normaliseAdd,
        { x: reshape(z, [n * n, C]), norm, before: sum },
        {
          params: { CHANNELS: weights.outputNorm.channels, ADDED: slot > 0, RELU: slot === slots - 1 },
          scalars: { limit: 0 },
        },
      ).y;
    });
  return sum;
}

/** The update of the pair, [rows, C], from what {@link embedTemplates} gave. */
export function templateUpdate(plan: Plan, average: Tensor, { output }: TemplateWeights): Tensor {
  const [rows] = average.shape;
  return plan.dispatch(
    project,
    { source: average, ...outputArrays(plan, output), mask: nothing(plan) },
    { params: { CHANNELS: output.inputs }, scalars: { first_row: 0, rows } },
  ).y;
}

/** Adds the update to the pair in place. @param pair [n, n, C] */
export function addTemplateUpdate(plan: Plan, pair: Tensor, average: Tensor, { output }: TemplateWeights): void {
  const [n, , C] = pair.shape;
  plan.dispatch(
    projectResidual,
    { x: average, ...unscaled(plan, C), ...outputArrays(plan, output), residual: reshape(pair, [n * n, C]) },
    { scalars: { n: 1, first_row: 0 } },
  );
}

const outputArrays = (plan: Plan, output: Linear) => ({
  weights: plainProjection(plan, "output", output, channelInputs(output.inputs)),
  terms: nothing(plan, [0, padded(output.outputs)]),
});

/** The maps' weights below each other, one row per feature. */
function featureRows(plan: Plan, maps: readonly Linear[], C: number): Tensor {
  const rows = maps.reduce((sum, { inputs }) => sum + inputs, 0);
  return plan.constant("features", [rows, C], () => {
    const values = new Float32Array(rows * C);
    let row = 0;
    for (const map of maps) {
      const view = map.weight();
      for (let input = 0; input < map.inputs; input++, row++)
        for (let output = 0; output < map.outputs; output++) values[row * C + output] = matrixAt(view, output, input);
    }
    return values;
  });
}

/** Scale and offset of a norm whose results are summed, divided by how many they count for. */
function averageNorm(plan: Plan, { channels, scale, offset }: LayerNorm, divisor: number): Tensor {
  const C = padded(channels);
  return plan.constant("norm", [2, C], () => {
    const [scales, offsets] = [scale(), offset()];
    const values = new Float32Array(2 * C);
    for (let c = 0; c < channels; c++) {
      values[c] = vectorAt(scales, c) / divisor;
      values[C + c] = vectorAt(offsets, c) / divisor;
    }
    return values;
  });
}
