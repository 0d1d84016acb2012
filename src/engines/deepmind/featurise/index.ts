/** From a job to the features of deepmind's networks, as AlphaFold 3's own pipeline makes them (its `data/featurisation.py`, `model/pipeline/pipeline.py`). */
import { type HostTensor, int32 } from "../../../formats/tensor.ts";
import { SLOTS } from "../../../model/deepmind/sizes.ts";
import { atomLayout } from "../../../pipeline/atom_layout.ts";
import { complexOf } from "../../../pipeline/complex.ts";
import type { Components } from "../../../pipeline/dictionary/dictionary.ts";
import type { Job } from "../../../pipeline/input/job.ts";
import { LEAST_RESIDUES } from "../../../pipeline/msa/alignment.ts";
import { inputNotes } from "../../../pipeline/msa/notes.ts";
import { residueNotes } from "../../../pipeline/residue_notes.ts";
import { type TemplateRules, templateFeatures } from "../../../pipeline/template_features.ts";
import { BUCKETS, bucketOf, tokensOf } from "../../../pipeline/tokens.ts";
import { withoutCoordinates } from "../../components/conformers.ts";
import type { ConformerSource, Featurised, FeaturiseOptions, JobPipeline } from "../../core/featurise.ts";
import { bondFeatures } from "./bonds.ts";
import { classes } from "./classes.ts";
import { conformerFeatures } from "./conformers.ts";
import { msaFeatures } from "./msa.ts";
import { pseudoBeta, slotMask, tokenFeatures } from "./tokens.ts";

/** The reference counts tokens, of which a split residue has several. */
const templates: TemplateRules = { classes, isUsed: (_, tokens) => tokens >= LEAST_RESIDUES, none: 0 };

function describe(job: Job, dictionary: Components, { fixStandaloneGlycans = false }: FeaturiseOptions) {
  const complex = complexOf(job, dictionary, { fixStandaloneGlycans });
  return { complex, tokens: tokensOf(complex) };
}

/**
 * The features of a job.
 * @throws {BadInputError} in one sentence, naming the chain and what is wrong with it
 */
export function featurise(job: Job, dictionary: Components, options: FeaturiseOptions = {}): Featurised {
  const {
    seed = job.seeds[0],
    buckets = BUCKETS,
    conformers,
    keepMsaOverlaps = false,
    fixStandaloneGlycans = false,
    note = () => {},
  } = options;
  const { complex, tokens } = describe(job, dictionary, { fixStandaloneGlycans });
  for (const id of complex.dropped) note(`chain ${id} is left out: none of its residues is known`);
  const size = bucketOf(tokens.length, buckets);
  const source: ConformerSource = conformers ?? (() => undefined);
  for (const lacking of new Set(withoutCoordinates(tokens, source)))
    note(`${lacking} has no coordinates: its reference structure is zeros`);
  for (const text of residueNotes(complex)) note(text);
  for (const text of inputNotes(complex)) note(text);
  const mask = slotMask(tokens, size);
  const tensors = new Map([
    ...msaFeatures(complex, tokens, size, dictionary, keepMsaOverlaps),
    ...templateFeatures(complex, tokens, size, dictionary, templates),
    ...tokenFeatures(tokens, size, dictionary),
    ...conformerFeatures(tokens, size, seed, source),
    ["pred_dense_atom_mask", int32([size, SLOTS], mask)] as [string, HostTensor],
    ...bondFeatures(complex, tokens, size),
    ...pseudoBeta(tokens, size),
  ]);
  for (const [name, tensor] of atomLayout(mask, tensors.get("seq_mask")?.data ?? [])) tensors.set(name, tensor);
  return { tensors, complex, tokens };
}

/** What deepmind makes of jobs. */
export const jobs: JobPipeline = {
  describe,
  featurise,
  options: ["buckets", "keepMsaOverlaps", "fixStandaloneGlycans"],
};
