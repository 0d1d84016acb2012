/** The registry: one line per kernel. */
import type { AnyKernel } from "../gpu/plan/kernel.ts";
import { adaptiveNorm } from "./adaptive_norm.ts";
import { add } from "./add.ts";
import { addTransposed } from "./add_transposed.ts";
import { alignedError } from "./aligned_error.ts";
import { atomPair } from "./atom_pair.ts";
import { attention } from "./attention.ts";
import { attentionProject } from "./attention_project.ts";
import { attentionToAttention } from "./attention_to_attention.ts";
import { attentionTransition } from "./attention_transition.ts";
import { binAverage } from "./bin_average.ts";
import { commonRows } from "./common_rows.ts";
import { copy } from "./copy.ts";
import { distanceEmbed } from "./distance_embed.ts";
import { gatedResidual } from "./gated_residual.ts";
import { gatherSum } from "./gather_sum.ts";
import { joinRows } from "./join_rows.ts";
import { maskedSoftmax } from "./masked_softmax.ts";
import { matmul } from "./matmul.ts";
import { movePositions } from "./move_positions.ts";
import { msaEmbed } from "./msa_embed.ts";
import { normaliseAdd } from "./normalise_add.ts";
import { outerProduct } from "./outer_product.ts";
import { positionCentre } from "./position_centre.ts";
import { project } from "./project.ts";
import { projectChannels } from "./project_channels.ts";
import { projectResidual } from "./project_residual.ts";
import { relativeEncoding } from "./relative_encoding.ts";
import { scalePositions } from "./scale_positions.ts";
import { stepPositions } from "./step_positions.ts";
import { swiglu } from "./swiglu.ts";
import { templatePair } from "./template_pair.ts";
import { tokenMean } from "./token_mean.ts";
import { transition } from "./transition.ts";
import { triangleCombine } from "./triangle_combine.ts";
import { triangleOutput } from "./triangle_output.ts";
import { triangleProject } from "./triangle_project.ts";
import { triangleToAttention } from "./triangle_to_attention.ts";
import { triangleToTriangle } from "./triangle_to_triangle.ts";
import { weightedAverage } from "./weighted_average.ts";
import { windowAttention } from "./window_attention.ts";

export const kernels: readonly AnyKernel[] = [
  add,
  addTransposed,
  alignedError,
  adaptiveNorm,
  commonRows,
  gatedResidual,
  gatherSum,
  maskedSoftmax,
  msaEmbed,
  outerProduct,
  projectChannels,
  tokenMean,
  atomPair,
  attention,
  attentionProject,
  attentionToAttention,
  attentionTransition,
  binAverage,
  copy,
  distanceEmbed,
  joinRows,
  matmul,
  movePositions,
  normaliseAdd,
  positionCentre,
  project,
  projectResidual,
  relativeEncoding,
  scalePositions,
  stepPositions,
  swiglu,
  templatePair,
  transition,
  triangleCombine,
  triangleOutput,
  triangleProject,
  triangleToAttention,
  triangleToTriangle,
  weightedAverage,
  windowAttention,
];
