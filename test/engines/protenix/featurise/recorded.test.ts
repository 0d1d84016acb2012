/**
 * Features of jobs, tensor by tensor, as the package protenix 2.0.0 has made them: test/fixtures/protenix-features holds the jobs, the package's
 * options, and its tensors under its own names, one-hots as indices. Only reference positions are random there: they are given back to it.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { conformerAtoms } from "../../../../src/engines/components/conformers.ts";
import type { ConformerSource } from "../../../../src/engines/core/featurise.ts";
import { featurise } from "../../../../src/engines/protenix/featurise/index.ts";
import { SafeTensors } from "../../../../src/formats/safetensors.ts";
import { recordedFeatures } from "../../../../src/kernels/check/tolerance.ts";
import type { Complex } from "../../../../src/pipeline/complex.ts";
import { openDictionary } from "../../../../src/pipeline/dictionary/dictionary.ts";
import { readJobs } from "../../../../src/pipeline/input/read.ts";

const folder = path.resolve("test/fixtures/protenix-features");
const names = readdirSync(folder).flatMap((file) => (file.endsWith(".json") ? [path.parse(file).name] : []));
const dictionary = await openDictionary();

/** Where the recorded atoms of each residue are, in the order of a conformer; atoms that were left out are far away. */
function recorded({ chains }: Complex, positions: ArrayLike<number>): ConformerSource {
  const conformers: number[][] = [];
  let at = 0;
  for (const { component, atoms } of chains.flatMap(({ residues }) => residues)) {
    const places = new Map(atoms.map(({ name }) => [name, at++]));
    conformers.push(
      conformerAtoms(component).flatMap((name) => {
        const place = places.get(name);
        return [0, 1, 2].map((axis) => (place === undefined ? 1e3 : positions[place * 3 + axis]));
      }),
    );
  }
  return (_, __, index) => conformers[index];
}

describe.each(names)("%s", (name) => {
  const { job, options, ...atoms } = JSON.parse(readFileSync(path.join(folder, `${name}.json`), "utf8"));
  const expected = new SafeTensors(readFileSync(path.join(folder, `${name}.safetensors`)), name);
  const given = { msa: options.use_msa, pairedAsUnpaired: options.msa_pair_as_unpair };

  it("is made again", async () => {
    const [read] = await readJobs(JSON.stringify([job]), { file: "job.json", openLists: true });
    const { complex } = featurise(read, dictionary, given);
    const { data } = expected.read("ref_pos");
    const { tensors } = featurise(read, dictionary, { ...given, conformers: recorded(complex, data) });
    for (const tensor of expected.names) {
      const [made, wanted] = [tensors.get(tensor), expected.read(tensor)];
      expect([made?.dtype, made?.shape], tensor).toEqual([wanted.dtype, wanted.shape]);
      if (tensor === "ref_pos") continue; // moved at random there
      if (wanted.dtype === "int32") expect(made?.data, tensor).toEqual(wanted.data);
      else
        wanted.data.forEach((value, at) => {
          expect(Math.abs(value - (made?.data[at] ?? Number.NaN)), `${tensor}[${at}]`).toBeLessThanOrEqual(
            recordedFeatures,
          );
        });
    }
    expect([...tensors.keys()].filter((tensor) => !expected.has(tensor))).toEqual([
      "template_atom_positions",
      "template_atom_mask",
    ]);
  });

  it("has its atoms", async () => {
    const [read] = await readJobs(JSON.stringify([job]), { file: "job.json", openLists: true });
    const { complex } = featurise(read, dictionary, given);
    const found = complex.chains.flatMap((chain) =>
      chain.residues.flatMap((residue) => residue.atoms.map((atom) => [atom.name, residue.name, chain.id])),
    );
    expect(found.map(([atom]) => atom).join(" ")).toBe(atoms.atom_names);
    expect(found.map(([, residue]) => residue).join(" ")).toBe(atoms.res_names);
    expect(found.map(([, , chain]) => chain).join("")).toBe(atoms.chain_ids);
  });
});
