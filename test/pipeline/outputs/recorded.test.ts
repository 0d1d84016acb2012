/** Files made of recorded outputs, against those that AlphaFold 3 made of them. */

import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { terms } from "../../../src/engines/deepmind/terms.ts";
import { type CifBlock, parseCif } from "../../../src/formats/cif.ts";
import { Npz } from "../../../src/formats/npz.ts";
import { complexOf } from "../../../src/pipeline/complex.ts";
import { openDictionary } from "../../../src/pipeline/dictionary/dictionary.ts";
import { fileName } from "../../../src/pipeline/input/job.ts";
import { readJobs } from "../../../src/pipeline/input/read.ts";
import type { SampleScores, SummaryConfidences } from "../../../src/pipeline/outputs/confidences.ts";
import { bestOf, jobFiles, type OutputFile, sampleFiles } from "../../../src/pipeline/outputs/files.ts";
import { mmcifText } from "../../../src/pipeline/outputs/mmcif.ts";
import { type Prediction, predictions } from "../../../src/pipeline/outputs/prediction.ts";
import { atomsOf } from "../../../src/pipeline/outputs/structure.ts";
import { relativeAreas, residueAreas } from "../../../src/pipeline/outputs/surface.ts";
import { tokensOf } from "../../../src/pipeline/tokens.ts";
import { noRecordedJobs, recordedFile, recordedJobs, recordedText } from "../../support/recorded_jobs.ts";

/** Categories in which our files say what made them, and one for which the dictionary has no descriptors. */
const OWN = new Set("pdbx_data_usage audit_author citation citation_author software ma_model_list".split(" "));

type Rows = Readonly<Record<string, readonly (readonly unknown[])[]>>;

/** Categories as rows of values under sorted names. */
function contents({ categories }: CifBlock, without: (category: string, item: string) => boolean): Rows {
  return Object.fromEntries(
    [...categories].map(([name, category]) => {
      const items = category.items.filter((item) => !without(name, item)).sort();
      return [name, items.map((item) => [item, ...(category.column(item) ?? [])])];
    }),
  );
}

async function jobOf(name: string) {
  const [job] = await readJobs(recordedText(name, "input.json"), { file: "input.json" });
  return { job, complex: complexOf(job, await openDictionary()) };
}

const text = ({ chunks }: OutputFile): string => [...chunks].join("");

it.for(recordedJobs.length > 0 ? recordedJobs : ["none"])(
  "without places, %s has the recorded categories",
  async (name, { skip }) => {
    if (noRecordedJobs) skip(noRecordedJobs);
    const { job, complex } = await jobOf(name);
    const atoms = atomsOf(complex);
    const structure = {
      name: fileName(job.name),
      complex,
      atoms,
      positions: new Float32Array(3 * atoms.length),
      plddt: new Float32Array(atoms.length),
    };
    const made = parseCif([...mmcifText(structure, { terms, model: "x" })].join(""), "made")[0];
    const recorded = parseCif(recordedText(name, "empty_output.cif"), "recorded")[0];
    expect(made.name).toBe(recorded.name);
    // What an empty structure has not is compared in a full one.
    const some = (category: string) => OWN.has(category);
    const expected = Object.entries(contents(recorded, () => false)).filter(([category]) => !some(category));
    expect(contents(made, () => false)).toMatchObject(Object.fromEntries(expected));
  },
);

describe("a recorded prediction", async () => {
  const name = "outputs_heteromer";
  const file = (...names: string[]) => recordedText(name, "outputs", ...names);
  const all: Prediction<SummaryConfidences & SampleScores>[] = [];
  const { job, complex } = noRecordedJobs ? ({} as Awaited<ReturnType<typeof jobOf>>) : await jobOf(name);
  if (!noRecordedJobs) {
    const archive = new Npz(readFileSync(recordedFile(name, "outputs", "network_outputs.npz")), "outputs");
    const outputs = new Map(archive.names.map((output) => [output, archive.read(output)]));
    const frames = new Npz(readFileSync(recordedFile(name, "features.npz")), "features").read("frames_mask").data;
    all.push(...predictions({ name, complex, tokens: tokensOf(complex), frames }, outputs, job.seeds[0]));
  }
  const options = { terms, fullConfidences: true };

  beforeEach(({ skip }) => {
    if (noRecordedJobs) skip(noRecordedJobs);
    expect(all.length).toBe(2);
  });

  it("has the accessible areas of DSSP, and their averages", () => {
    for (const { structure, sample } of all) {
      const areas = JSON.parse(file(`${name}_seed-31_sample-${sample}_accessible_area.json`));
      for (const chain of complex.chains.slice(0, 2)) {
        const made = residueAreas(structure, chain);
        const recorded = areas[chain.id].filter(([place]: [string]) => place !== "break");
        expect(made.map(({ area }) => area)).toEqual(recorded.map(([, , area]: [string, string, number]) => area));
        expect(relativeAreas(made).length).toBe(areas[`${chain.id}_windowed`].length);
        relativeAreas(made).forEach((value, at) => {
          expect(value).toBeCloseTo(areas[`${chain.id}_windowed`][at], 12);
        });
      }
    }
  });

  it("has the recorded scores with all their digits", () => {
    for (const { summary, sample } of all) {
      const recorded = JSON.parse(file(`${name}_seed-31_sample-${sample}_unrounded.json`));
      expect(summary.ptm).toBe(recorded.ptm);
      expect(summary.iptm).toBe(recorded.iptm);
      expect(summary.rankingScore).toBe(recorded.ranking_score);
      expect(summary.fractionDisordered).toBe(recorded.fraction_disordered);
      expect(Number(summary.hasClash)).toBe(recorded.has_clash);
      const nulls = (rows: readonly (readonly number[])[]) =>
        rows.map((row) => row.map((x) => (Number.isNaN(x) ? null : x)));
      expect(nulls(summary.chainPairPaeMin)).toEqual(recorded.chain_pair_pae_min);
      expect(nulls(summary.chainPairIptm)).toEqual(recorded.chain_pair_iptm);
      summary.chainIptm.forEach((value, at) => {
        expect(value).toBeCloseTo(recorded.iptm_xchain[at], 12);
      });
    }
  });

  it("has the recorded files, byte by byte but for the structures", () => {
    const best = bestOf(all);
    if (!best) throw new Error("no sample");
    const files = [
      ...all.flatMap((prediction) => sampleFiles(prediction, options)),
      ...jobFiles(job, all, best, options),
    ];
    const named = new Map(files.map((made) => [made.path, made]));
    expect([...named.keys()].sort()).toEqual([
      "TERMS_OF_USE.md",
      ...["confidences.json", "data.json", "model.cif", "ranking_scores.csv", "summary_confidences.json"].map(
        (ending) => `${name}_${ending}`,
      ),
      ...[0, 1].flatMap((sample) =>
        ["confidences.json", "model.cif", "summary_confidences.json"].map(
          (ending) => `seed-31_sample-${sample}/${name}_seed-31_sample-${sample}_${ending}`,
        ),
      ),
    ]);
    for (const made of files) {
      if (!/confidences|csv/.test(made.path) || made.path === `${name}_confidences.json`) continue;
      const recorded = made.path.startsWith(`${name}_summary`)
        ? `${name}_seed-31_sample-${best.sample}_summary_confidences.json`
        : made.path.replace(/.*\//, "");
      expect(text(made), made.path).toBe(file(recorded));
    }
    for (const sample of [0, 1]) {
      const path = `${name}_seed-31_sample-${sample}_model.cif`;
      const without = (category: string, item: string) =>
        OWN.has(category) || (category === "chem_comp" && item === "pdbx_smiles");
      const made = named.get(`seed-31_sample-${sample}/${path}`);
      const [own, recorded] = [made ? text(made) : "", file(path)].map((found) =>
        contents(parseCif(found, path)[0], without),
      );
      expect(own).toEqual(recorded);
    }
  });
});
