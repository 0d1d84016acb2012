/** Conformers of a job's SMILES, made before its features are. */
import { BadInputError, CancelledError, messageOf, UnavailableError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { givenNumbers } from "../../formats/given.ts";
import { smilesCode, smilesComponent } from "../../pipeline/dictionary/smiles.ts";
import type { Job } from "../../pipeline/input/job.ts";
import { NumpyRandomState } from "../../pipeline/numpy_random.ts";
import { isPosition } from "../../pipeline/positions.ts";
import type { ConformerSource, ConformerUse } from "./featurise.ts";

/**
 * Makes a conformer of a SMILES: a flat array of x, y, z in ångström, of the heavy atoms in the order in which they are written, then of all
 * hydrogens. The same seed (0 to 2³¹ − 1) gives the same conformer.
 */
export type ConformerGenerator = (smiles: string, seed: number) => Promise<ArrayLike<number>>;

const SEED_RANGE = [0, 2 ** 31 - 1] as const;
/** Which tokens have a frame does not depend on the seed of the model. */
const FRAMES_SEED = 0;

/**
 * Conformers of all SMILES of a job, of each chain its own. Components of the dictionary keep its coordinates, and so does a SMILES of which
 * none can be made, which has none: that is told.
 * @param seed of the model
 * @throws {UnavailableError} if the generator cannot run here
 */
export async function generatedConformers(
  job: Job,
  seed: number,
  generate: ConformerGenerator,
  note: Note,
): Promise<ConformerSource> {
  const [model, frames] = [seed, FRAMES_SEED].map((one) => new NumpyRandomState(one));
  const made = new Map<string, ArrayLike<number>>();
  for (const entity of job.entities) {
    if (entity.kind !== "ligand" || entity.smiles === undefined) continue;
    const { smiles, ids } = entity;
    const heavy = smilesComponent(smiles, "LIG", ids[0]).atoms.length;
    const make = (random: NumpyRandomState) => conformerOf(smiles, heavy, random.integer(...SEED_RANGE), generate);
    let failed: string | undefined;
    for (const id of ids) {
      // What has taken all its time for one copy would take it for the next.
      const found = failed === undefined ? await make(model) : failed;
      if (typeof found === "string") {
        failed = found;
        note(`chain ${id}: no conformer of the SMILES ${shortened(smiles)}: ${failed}`);
        continue;
      }
      const other = await make(frames);
      made.set(keyOf(smilesCode(id), "reference"), found);
      made.set(keyOf(smilesCode(id), "frames"), typeof other === "string" ? found : other);
    }
  }
  return ({ code }, use) => made.get(keyOf(code, use));
}

const keyOf = (code: string, use: ConformerUse): string => `${code} ${use}`;

/** @returns the conformer, or why there is none */
async function conformerOf(
  smiles: string,
  heavy: number,
  seed: number,
  generate: ConformerGenerator,
): Promise<ArrayLike<number> | string> {
  let found: ArrayLike<number>;
  try {
    found = await generate(smiles, seed);
  } catch (error) {
    if (error instanceof UnavailableError || error instanceof CancelledError) throw error;
    return messageOf(error);
  }
  givenNumbers("a generated conformer", found);
  if (found.length < heavy * 3 || found.length % 3 !== 0 || !isPosition(Array.from(found)))
    throw new BadInputError(`a generated conformer should be x, y, z of ${heavy} atoms and their hydrogens`);
  return found;
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
