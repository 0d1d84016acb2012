/** What loads and plans ask of precision. */
import { BadInputError } from "../errors.ts";
import { givenName } from "../formats/given.ts";
import type { Plan } from "../gpu/plan/plan.ts";
import { precisionModes } from "../gpu/plan/precision.ts";
import { type Target, wrongUnits } from "../gpu/plan/target.ts";
import { DIFFUSION } from "../model/diffusion.ts";
import type { LoadRequest } from "./backend.ts";

/** What a request, or whoever asks for plans, says of precision. */
export type Precisions = Pick<LoadRequest, "precision" | "diffusionPrecision">;

/** @throws {BadInputError} unless they are precisions that there are */
export function checkPrecisions({ precision = "f32", diffusionPrecision = "f32" }: Precisions): void {
  givenName("precision", precision, precisionModes);
  givenName("diffusionPrecision", diffusionPrecision, precisionModes);
}

/** @throws {BadInputError} if a request asks a backend for mixed precision that has none */
export function checkFloat32({ precision, diffusionPrecision }: Precisions, backend: string): void {
  if (precision === "mixed" || diffusionPrecision === "mixed")
    throw new BadInputError(`mixed precision is webgpu's alone; ${backend} computes as its variant says`);
}

/** A target that asks for these precisions. @param usual where nothing is said */
export function withPrecision(target: Target, asked: Precisions, usual: Precisions = {}): Target {
  const { precision: mode = usual.precision ?? "f32" } = asked;
  const { diffusionPrecision: diffusion = usual.diffusionPrecision ?? "f32" } = asked;
  if (mode === "f32" && diffusion === "f32") return target;
  return { ...target, precision: { mode, parts: { [DIFFUSION]: diffusion } } };
}

/** What a reader of results must know of a plan's precision: settings of a runner. Float32 has none. */
export function precisionSettings({
  target,
  steps,
}: Pick<Plan, "target" | "steps">): Readonly<Record<string, string | number>> {
  if (!target.precision) return {};
  const { mode, parts = {}, float32 = new Set() } = target.precision;
  const wrong = wrongUnits(target);
  const matrixSteps = steps.filter(({ variant }) => variant.arithmetic !== undefined).length;
  return {
    precision: mode,
    ...(parts[DIFFUSION] === "mixed" && { diffusion_precision: "mixed" }),
    ...(float32.size > 0 && { beyond_half: float32.size }),
    ...(target.subgroupMatrices?.length && { matrix_steps: matrixSteps }),
    ...(wrong.length > 0 && { matrix_wrong: wrong.join("; ") }),
  };
}
