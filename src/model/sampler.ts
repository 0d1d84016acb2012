/** The arithmetic of a sampler around its denoiser: positions stay where they are and are moved, given noise, and taken a step further. */
import { elements } from "../gpu/plan/dtype.ts";
import { type Plan, reshape, type Tensor } from "../gpu/plan/plan.ts";
import { movePositions } from "../kernels/move_positions.ts";
import { positionCentre } from "../kernels/position_centre.ts";
import { scalePositions } from "../kernels/scale_positions.ts";
import { stepPositions } from "../kernels/step_positions.ts";
import { nothing } from "./projection.ts";

/** What is sampled. A point is whatever an engine samples, such as a slot of a token; an atom is what its denoiser reads. */
export interface SampledPoints {
  /** [samples · points, 4], in place; Ångström. */
  readonly positions: Tensor;
  readonly samples: number;
  /** Atoms of a sample. */
  readonly atoms: number;
  /** Where atoms are not the points: the point of each atom [atoms], and the atom of each point [points]; int32, negative for none. */
  readonly order?: { readonly pointOf: Tensor; readonly atomOf: Tensor } | undefined;
  /** [points]: where a step leaves masked points at the origin. */
  readonly mask?: Tensor | undefined;
}

/** How samples are moved before a call of the denoiser. */
export interface Motion {
  /** [points]: what makes a weighted sum of the positions their centre. */
  readonly weights: Tensor;
  /** [points]: masked points go to the origin. */
  readonly mask: Tensor;
  /** [samples, 12]: see the kernel `move_positions`. */
  readonly motions: Tensor;
}

/** Numbers of a level. */
export interface Level {
  /** [levels, 8]: see the kernels `scale_positions` and `step_positions`; one level for all samples, or one for each. */
  readonly factors: Tensor;
  /** [samples · points, 3]: unit normals; without it, the positions have their noise already. */
  readonly noise?: Tensor | undefined;
}

/** Centres every sample, turns it and moves it. */
export function moveSamples(plan: Plan, { positions }: SampledPoints, { weights, mask, motions }: Motion): void {
  const { centre } = plan.dispatch(positionCentre, { positions, weights }, { scalars: {} });
  plan.dispatch(movePositions, { centre, motions, mask, positions }, { scalars: {} });
}

/** What the denoiser takes: the positions with their noise, scaled, [samples · atoms, 4]. */
export function scaledPositions(plan: Plan, points: SampledPoints, { factors, noise }: Level): Tensor {
  const { positions, samples, atoms, order } = points;
  const { y } = plan.dispatch(
    scalePositions,
    { positions, noise: noise ?? nothing(plan, [0, 3]), index: order?.pointOf ?? noOrder(plan), factors },
    { params: { NOISY: noise !== undefined, GATHERED: order !== undefined }, scalars: { samples, atoms } },
  );
  return reshape(y, [elements(y.shape) / 4, 4]);
}

/** Takes the positions further by the denoiser's update, [samples · atoms, 4]. */
export function step(plan: Plan, points: SampledPoints, { factors, noise }: Level, update: Tensor): void {
  const { positions, samples, order, mask } = points;
  plan.dispatch(
    stepPositions,
    {
      noise: noise ?? nothing(plan, [0, 3]),
      update,
      index: order?.atomOf ?? noOrder(plan),
      factors,
      mask: mask ?? nothing(plan),
      positions,
    },
    {
      params: { NOISY: noise !== undefined, GATHERED: order !== undefined, MASKED: mask !== undefined },
      scalars: { samples },
    },
  );
}

const noOrder = (plan: Plan): Tensor => plan.constant("no order", [0], () => new Int32Array(0), "i32");
