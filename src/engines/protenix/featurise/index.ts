/** From a job to the features of Protenix' networks, as its own pipeline makes them (its `data/inference/infer_dataloader.py`). */
import type { Components } from "../../../pipeline/dictionary/dictionary.ts";
import type { Job } from "../../../pipeline/input/job.ts";
import { isAligned } from "../../../pipeline/msa/alignment.ts";
import { inputNotes } from "../../../pipeline/msa/notes.ts";
import { residueNotes } from "../../../pipeline/residue_notes.ts";
import { checkSize } from "../../../pipeline/synthetic/assembly.ts";
import { type TemplateRules, templateFeatures } from "../../../pipeline/template_features.ts";
import { withoutCoordinates } from "../../components/conformers.ts";
import type { ConformerSource, Featurised, FeaturiseOptions, JobPipeline } from "../../core/featurise.ts";
import { bondFeatures } from "./bonds.ts";
import { classes } from "./classes.ts";
import { complexOf, OWN_LETTERS } from "./complex.ts";
import { msaFeatures, withoutMsa } from "./msa.ts";
import { referenceFeatures } from "./reference.ts";
import { atomFeatures, atomsOf, tokenClasses, tokenFeatures, tokensOf } from "./tokens.ts";

/** A chain without templates has a row of gaps in the first place. */
const templates: TemplateRules = { classes, isUsed: isAligned, none: classes.gap };

function describe(job: Job, dictionary: Components, { note }: FeaturiseOptions) {
  const complex = complexOf(job, dictionary, note);
  const tokens = tokensOf(complex);
  checkSize("token_bonds", tokens.length, tokens.length);
  return { complex, tokens };
}

/**
 * The features of a job. Nothing is padded.
 * @throws {BadInputError} in one sentence, naming the chain and what is wrong with it
 */
export function featurise(job: Job, dictionary: Components, options: FeaturiseOptions = {}): Featurised {
  const { conformers, msa = true, pairedAsUnpaired = true, note = () => {} } = options;
  const { complex, tokens } = describe(job, dictionary, { note });
  const atoms = atomsOf(tokens);
  const source: ConformerSource = conformers ?? (() => undefined);
  for (const lacking of new Set(withoutCoordinates(tokens, source)))
    note(`${lacking} has no coordinates: its reference structure is zeros`);
  for (const text of residueNotes(complex, OWN_LETTERS)) note(text);
  if (msa) for (const text of inputNotes(complex)) note(text);
  const kinds = tokenClasses(tokens, dictionary);
  const tensors = new Map([
    ...tokenFeatures(complex, tokens, kinds),
    ...atomFeatures(atoms, dictionary),
    ...referenceFeatures(tokens, atoms, source),
    bondFeatures(complex, atoms),
    ...(msa ? msaFeatures(complex, tokens, pairedAsUnpaired) : withoutMsa(kinds)),
    ...templateFeatures(complex, tokens, tokens.length, dictionary, templates),
  ]);
  return { tensors, complex, tokens };
}

/** What Protenix makes of jobs. */
export const jobs: JobPipeline = { describe, featurise, options: ["msa", "pairedAsUnpaired"], openLists: true };
