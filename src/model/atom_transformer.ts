/** The transformer over atoms in windows: algorithm 7 of the AlphaFold 3 supplement, as the engines arrange it. */
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { attentionProject } from "../kernels/attention_project.ts";
import { windowAttention } from "../kernels/window_attention.ts";
import {
  type AdaptiveNormWeights,
  adaptiveRows,
  type BlockConditions,
  blockConditions,
  type ConditionedTransitionWeights,
  conditionedTransition,
} from "./adaptive.ts";
import { type AttentionMaps, headWidth, outputInputs } from "./attention.ts";
import type { LayerNorm, Linear } from "./linear.ts";
import { columnsOf, headColumns, normalisedProjection } from "./projection.ts";
import { addRows, projectRows } from "./rows.ts";

export interface AtomBlockWeights {
  readonly attention: AttentionMaps & {
    readonly norm: AdaptiveNormWeights;
    /** Where keys and values come from a norm of their own: of the atoms, or of what the queries' norm has given. */
    readonly keyNorm?: AdaptiveNormWeights & { readonly ofNormalised?: boolean };
    readonly biasNorm: LayerNorm;
    readonly bias: Linear;
    readonly outputGate: Linear;
  };
  readonly transition: ConditionedTransitionWeights;
}

/** Which keys the windows' queries see, and how masked ones are kept out. */
export interface AtomWindows {
  /** [windows, keys, 2]: row of the key within the sample (negative: none) and its mask. */
  readonly keys: Tensor;
  /** [atoms] */
  readonly queryMask: Tensor;
  readonly penalty: number;
  /** Whether the penalty is added where query and key are both masked, instead of taken off where the key is. */
  readonly both: boolean;
}

/** What the blocks take from conditioning and pair features: no noise level changes it. */
export interface AtomConditions {
  readonly blocks: readonly BlockConditions[];
  /** Per block [heads, atoms, keys]. */
  readonly biases: readonly Tensor[];
}

/**
 * Prepares all blocks.
 * @param conditioning [atoms, C]
 * @param pair [atoms, keys, C of the atom pair]
 */
export function atomConditions(
  plan: Plan,
  conditioning: Tensor,
  pair: Tensor,
  blocks: readonly AtomBlockWeights[],
): AtomConditions {
  const [lines, n, channels] = pair.shape;
  const prepared = blocks.map(({ attention, transition }, index) =>
    plan.scope(`block ${index}`, () => {
      const norms = [attention.norm, ...(attention.keyNorm ? [attention.keyNorm] : []), transition.norm];
      const conditions = blockConditions(plan, conditioning, norms, [attention.outputGate, transition.outputGate]);
      const projection = normalisedProjection(plan, "bias", attention.biasNorm, columnsOf(attention.bias));
      const { bias } = plan.dispatch(
        attentionProject,
        { source: reshape(pair, [lines * n, channels]), ...projection },
        {
          params: { CHANNELS: attention.biasNorm.channels, WIDTH: 0, HEADS: attention.heads },
          scalars: { n, lines, first_row: 0, rows: lines * n },
        },
      );
      return { conditions, bias };
    }),
  );
  return { blocks: prepared.map(({ conditions }) => conditions), biases: prepared.map(({ bias }) => bias) };
}

/**
 * Records all blocks. Each is sequential: the transition sees what the attention has added.
 * @param atoms [samples · atoms, C], updated in place
 */
export function atomTransformer(
  plan: Plan,
  atoms: Tensor,
  windows: AtomWindows,
  conditions: AtomConditions,
  blocks: readonly AtomBlockWeights[],
): void {
  blocks.forEach(({ attention, transition }, index) => {
    plan.scope(`block ${index}`, () => {
      const own = conditions.blocks[index];
      plan.scope("attention", () => atomAttention(plan, atoms, windows, own, conditions.biases[index], attention));
      const norm = attention.keyNorm ? 2 : 1;
      plan.scope("transition", () => conditionedTransition(plan, atoms, own, { norm, gate: 1 }, transition));
    });
  });
}

function atomAttention(
  plan: Plan,
  atoms: Tensor,
  windows: AtomWindows,
  conditions: BlockConditions,
  bias: Tensor,
  weights: AtomBlockWeights["attention"],
): void {
  const { heads, query, key, value, gate } = weights;
  const [rows] = atoms.shape;
  const width = headWidth(weights);
  const queries = adaptiveRows(plan, atoms, query.inputs, conditions, 0);
  const normed = weights.keyNorm?.ofNormalised ? queries : atoms;
  const keys = weights.keyNorm ? adaptiveRows(plan, normed, query.inputs, conditions, 1) : queries;
  const scale = 1 / Math.sqrt(query.outputs / heads);
  const qgColumns = [...headColumns(query, heads, width, scale), ...headColumns(gate, heads, width)];
  const kvColumns = [...headColumns(key, heads, width), ...headColumns(value, heads, width)];
  const stored = { store: plan.operand };
  const qg = projectRows(plan, "q, g", queries, qgColumns, stored);
  const kv = projectRows(plan, "k, v", keys, kvColumns, stored);
  const shape = [rows, 2, heads, width];
  const { o } = plan.dispatch(
    windowAttention,
    { qg: reshape(qg, shape), kv: reshape(kv, shape), bias, keys_of: windows.keys, query_mask: windows.queryMask },
    { params: { BOTH: windows.both }, scalars: { penalty: windows.penalty }, store: { o: plan.operand } },
  );
  addRows(plan, "output", reshape(o, [rows, heads * width]), columnsOf(weights.output), atoms, {
    inputs: outputInputs(weights),
    gate: conditions.gates[0],
  });
}
