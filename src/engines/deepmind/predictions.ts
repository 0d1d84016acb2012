/** Structures and scores as AlphaFold 3 makes them of its network's outputs. */
import { BadInputError } from "../../errors.ts";
import { predictionShapes, sampleStructure, predictions as samplesOf } from "../../pipeline/outputs/prediction.ts";
import type { PredictionForm } from "../core/prediction.ts";

const FRAMES = "frames_mask";

export const predictions: PredictionForm = {
  outputs: Object.entries(predictionShapes).map(([name, shape]) => ({ name, shape })),
  structure: sampleStructure,
  samples(job, features, outputs, seed) {
    const frames = features.get(FRAMES)?.data;
    if (!frames) throw new BadInputError(`the features lack ${FRAMES}, which says which tokens have a frame`);
    return samplesOf({ ...job, frames }, outputs, seed);
  },
};
