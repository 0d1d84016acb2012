/** The features of recorded jobs, tensor by tensor, as AlphaFold 3's own pipeline has made them. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { conformerAtoms } from "../../../../src/engines/components/conformers.ts";
import { type Featurised, recordedConformers } from "../../../../src/engines/core/featurise.ts";
import { featurise } from "../../../../src/engines/deepmind/featurise/index.ts";
import { BadInputError } from "../../../../src/errors.ts";
import { Npz } from "../../../../src/formats/npz.ts";
import type { HostTensor } from "../../../../src/formats/tensor.ts";
import { recordedFeatures } from "../../../../src/kernels/check/tolerance.ts";
import { openDictionary, readUserCcd } from "../../../../src/pipeline/dictionary/dictionary.ts";
import { readJobs } from "../../../../src/pipeline/input/read.ts";
import {
  noRecordedJobs,
  recordedFile,
  recordedInputs,
  recordedJobs,
  recordedText,
} from "../../../support/recorded_jobs.ts";

const npz = (...names: string[]): Npz => new Npz(readFileSync(recordedFile(...names)), names.join("/"));

async function made(text: string, options: Parameters<typeof featurise>[2] = {}): Promise<Featurised> {
  const [job] = await readJobs(text, { file: "job.json" });
  const dictionary = await openDictionary(job.userCcd === null ? [] : readUserCcd(job.userCcd, "job.json"));
  return featurise(job, dictionary, options);
}

/** Bonds as sorted pairs: RDKit writes those of a SMILES in another order and direction. */
function pairs({ data }: HostTensor): string[] {
  const list = Array.from({ length: data.length / 2 }, (_, bond) =>
    [data[2 * bond], data[2 * bond + 1]].sort((a, b) => a - b).join(" "),
  );
  return list.sort();
}

describe.for(recordedJobs.length > 0 ? recordedJobs : ["recorded"])("%s", (name) => {
  it("is made again", async ({ skip }) => {
    if (noRecordedJobs) skip(noRecordedJobs);
    const meta = JSON.parse(recordedText(name, "meta.json"));
    for (const suffix of name === "homodimer" ? ["", ".seed-6"] : [""]) {
      const expected = npz(name, `features${suffix}.npz`);
      const { tensors, tokens } = await made(recordedText(name, "input.json"), {
        buckets: [meta.bucket],
        seed: suffix === "" ? meta.seed : 6,
        conformers: recordedConformers(npz(name, `conformers${suffix}.npz`)),
        keepMsaOverlaps: meta.options.resolve_msa_overlaps === false,
        fixStandaloneGlycans: meta.options.fix_standalone_glycans === true,
      });
      expect(tokens).toHaveLength(meta.num_tokens);
      expect(tokens.map(({ atoms }) => Array.from({ length: 24 }, (_, slot) => atoms[slot]?.name ?? ""))).toEqual(
        meta.token_atom_names.slice(0, tokens.length),
      );
      expect([...tensors.keys()].sort()).toEqual([...expected.names].sort());
      for (const tensor of expected.names) {
        const [given, wanted] = [tensors.get(tensor) as HostTensor, expected.read(tensor)];
        expect([given.dtype, given.shape], tensor).toEqual([wanted.dtype, wanted.shape]);
        if (wanted.dtype === "float32") {
          const worst = Array.from(wanted.data).reduce(
            (most, value, at) => Math.max(most, Math.abs(value - given.data[at])),
            0,
          );
          expect(worst, tensor).toBeLessThanOrEqual(recordedFeatures);
        } else if (name === "ligand_smiles" && tensor.startsWith("tokens_to_ligand_ligand_bonds:gather_idxs"))
          expect(pairs(given)).toEqual(pairs(wanted));
        else expect(given.data, tensor).toEqual(wanted.data);
      }
    }
  });

  it("has conformers of the atoms that are recorded", async ({ skip }) => {
    if (noRecordedJobs) skip(noRecordedJobs);
    const { conformers } = JSON.parse(recordedText(name, "meta.json"));
    const { complex } = await made(recordedText(name, "input.json"), { buckets: [] });
    complex.chains
      .flatMap(({ residues }) => residues)
      .forEach(({ name, component }, index) => {
        expect(name).toBe(conformers[index].component);
        const atoms = conformerAtoms(component);
        expect(conformers[index].atoms.slice(0, atoms.length)).toEqual(atoms);
      });
  });
});

it("inputs that the reference refuses are refused, others have as many tokens", async ({ skip }) => {
  if (noRecordedJobs) skip(noRecordedJobs);
  const none = new Set(["msa_missing", "msa_null", "paired_msa_null", "templates_null"]);
  for (const { name, input, accepted, tokens } of recordedInputs()) {
    const making = made(JSON.stringify(input), { buckets: [] });
    if (accepted) expect((await making).tokens, name).toHaveLength(tokens as number);
    else if (none.has(name)) await making;
    else await expect(making, name).rejects.toThrow(BadInputError);
  }
});
