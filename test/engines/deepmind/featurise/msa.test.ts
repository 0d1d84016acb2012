/** MSAs: letters, species, pairs, and what is left out. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { featurise } from "../../../../src/engines/deepmind/featurise/index.ts";
import { alignmentRules, queryOf, rowRank } from "../../../../src/engines/deepmind/featurise/msa.ts";
import { BadInputError } from "../../../../src/errors.ts";
import { parseA3m } from "../../../../src/formats/a3m.ts";
import type { HostTensor } from "../../../../src/formats/tensor.ts";
import { complexOf } from "../../../../src/pipeline/complex.ts";
import { openDictionary } from "../../../../src/pipeline/dictionary/dictionary.ts";
import type { PolymerKind } from "../../../../src/pipeline/input/job.ts";
import { readJobs } from "../../../../src/pipeline/input/read.ts";
import { type Alignment, alignmentOf, profileOf } from "../../../../src/pipeline/msa/alignment.ts";
import { pairedRows as rowsByRank, takeRows, withoutRowsOf } from "../../../../src/pipeline/msa/pairing.ts";

const dictionary = await openDictionary();
const jobOf = async (...sequences: unknown[]) =>
  (
    await readJobs(JSON.stringify({ dialect: "alphafold3", version: 4, name: "x", modelSeeds: [1], sequences }), {
      file: "x",
    })
  )[0];
const protein = (id: string, sequence: string, changes: object = {}) => ({ protein: { id, sequence, ...changes } });

async function read(a3m: string, sequence = "MKTAY", kind: PolymerKind = "protein"): Promise<Alignment> {
  const [chain] = complexOf(await jobOf({ [kind]: { id: "A", sequence } }), dictionary).chains;
  return alignmentOf(parseA3m(a3m), kind, queryOf(chain, dictionary), alignmentRules, "the MSA");
}
const pairedRows = (chains: readonly Alignment[]) => rowsByRank(chains, rowRank);
const rowsOf = ({ classes, columns, rows }: Alignment): number[][] =>
  Array.from({ length: rows }, (_, row) => [...classes.subarray(row * columns, (row + 1) * columns)]);

describe("an alignment", () => {
  it("has classes of letters, and deletions before columns", async () => {
    const found = await read(">q\nMKTAY\n>a\naMbbKT-ccYdd\n>b\nBZUJO\n>c\nX----\n");
    expect(rowsOf(found)).toEqual([
      [12, 11, 16, 0, 18],
      [12, 11, 16, 21, 18],
      [3, 6, 4, 20, 20],
      [20, 21, 21, 21, 21],
    ]);
    expect([...found.deletions.subarray(5, 10)]).toEqual([1, 2, 0, 0, 2]);
  });

  it("of RNA knows its letters, and calls others unknown", async () => {
    expect(rowsOf(await read(">q\nACGUU\n>a\nTCGN-\n", "ACGUT".replace("T", "U"), "rna"))).toEqual([
      [22, 24, 23, 25, 25],
      [30, 24, 23, 30, 21],
    ]);
  });

  it("without records is the query", async () => {
    expect(rowsOf(await read("no header"))).toEqual([[12, 11, 16, 0, 18]]);
  });

  it("knows species by UniProt's headers alone", async () => {
    const headers = [
      "tr|A0A000BCD|A0A000BCD_HUMAN/5-30",
      "sp|P12345|X_MOUSE more",
      "sp|P12345_2|X_TOOLONG",
      "tr|p12345|X_HUMAN",
      "UniRef100_A",
      "x tr|P12345|X_RAT",
    ];
    const { species } = await read(`>q\nMKTAY\n${headers.map((header) => `>${header}\nMKTAY\n`).join("")}`);
    expect(species).toEqual(["", "HUMAN", "MOUSE", "TOOLO", "", "", ""]);
  });

  it("gives the advice that the letters of its query need", async () => {
    await expect(read(">q\nMKUAY\n", "MKUAY")).rejects.toThrow(
      "the MSA: the first row has U at column 3, which is another residue than the sequence has: where a sequence has U, its MSA has X",
    );
    expect((await read(">q\nMKXAY\n", "MKUAY")).rows).toBe(1);
    for (const strange of [".", "*", "1", "é", " a b", "😀"])
      await expect(read(`>q\nMKTAY\n>r\nM${strange}TAY\n`)).rejects.toThrow(BadInputError);
  });

  it("has profiles that sum to one, and means of deletions", async () => {
    const { profile, deletionMean } = profileOf(await read(">q\nMKTAY\n>a\naaMKTA-\n>b\nM-TAY\n>c\nMKTAY\n"), 31);
    for (let column = 0; column < 5; column++)
      expect(profile.subarray(column * 31, column * 31 + 31).reduce((sum, value) => sum + value)).toBeCloseTo(1);
    expect([profile[12], profile[31 + 11], profile[31 + 21], deletionMean[0]]).toEqual([1, 0.75, 0.25, 0.5]);
  });
});

const alignment = (...species: string[]): Alignment => ({
  columns: 1,
  gap: 21,
  rows: species.length,
  classes: Uint8Array.from(species, (_, row) => row % 21),
  deletions: new Int32Array(species.length),
  species,
});

describe("pairing", () => {
  it("puts what most chains share first, then what stands highest", () => {
    const chains = [
      alignment("", "HUMAN", "MOUSE", "HUMAN", "YEAST", "RAT"),
      alignment("", "MOUSE", "HUMAN", "HUMAN", "RAT"),
      alignment("", "RAT", "ECOLI"),
    ];
    expect(pairedRows(chains)).toEqual([
      [0, 0, 0],
      [5, 4, 1], // in all three
      [1, 2, -1],
      [2, 1, -1],
      [3, 3, -1],
    ]);
  });

  it("leaves chains of a query alone out, and species of one chain", () => {
    expect(pairedRows([alignment("", "HUMAN"), alignment("")])).toEqual([[0, 0]]);
    expect(pairedRows([alignment("HUMAN", "HUMAN"), alignment("", "HUMAN")])).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  it("takes at most 600 rows of a species, and 8192 altogether", () => {
    const many = (count: number, species: number) =>
      alignment("", ...Array.from({ length: count }, (_, row) => `S${row % species}`));
    expect(pairedRows([many(2000, 1), many(2000, 1)])).toHaveLength(601);
    expect(pairedRows([many(12_000, 100), many(12_000, 100)])).toHaveLength(8192);
  });

  it("pairs rows of one species only, each at most once", () => {
    const species = fc.array(fc.constantFrom("", "A", "B", "C"), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(species, { minLength: 2, maxLength: 4 }), (lists) => {
        const chains = lists.map((list) => alignment("", ...list));
        const rows = pairedRows(chains).slice(1);
        for (const row of rows) {
          const names = new Set(row.flatMap((place, chain) => (place < 0 ? [] : [chains[chain].species[place]])));
          expect(names.size).toBe(1);
          expect(names.has("")).toBe(false);
        }
        chains.forEach((_, chain) => {
          const used = rows.map((row) => row[chain]).filter((place) => place >= 0);
          expect(new Set(used).size).toBe(used.length);
        });
      }),
      { numRuns: 300, seed: 15 },
    );
  });

  it("takes rows, gaps for none, and leaves out those that are there", () => {
    const three = alignment("a", "b", "c");
    expect(rowsOf(takeRows(three, [2, -1, 0]))).toEqual([[2], [21], [0]]);
    expect(rowsOf(withoutRowsOf(three, takeRows(three, [0, 2])))).toEqual([[1]]);
  });
});

describe("the MSA of a complex", () => {
  const rows = async (...sequences: unknown[]) =>
    featurise(await jobOf(...sequences), dictionary, { buckets: [] }).tensors.get("num_alignments")?.data[0];
  const a3m = (sequence: string, count: number) =>
    `>q\n${sequence}\n${`>r\n${sequence.slice(0, -1)}-\n`.repeat(count)}`;

  it("has the query twice where nothing is paired, once where something could be", async () => {
    expect(await rows(protein("A", "MKTAY"))).toBe(2);
    expect(await rows(protein("A", "MKTAY"), protein("B", "GSHMK"))).toBe(1);
    expect(await rows(protein("A", "MKTAY"), protein("B", "MKTAY"))).toBe(2);
  });

  it("ends at 16384 rows", async () => {
    expect(await rows(protein("A", "MKTAY", { unpairedMsa: a3m("MKTAY", 20_000), pairedMsa: "" }))).toBe(16_384);
  });

  it("of chains with less than five residues is not looked at", async () => {
    expect(await rows(protein("A", "MKTA", { unpairedMsa: ">q\nWWWW\n" }))).toBe(2);
    await expect(rows(protein("A", "MKTAY", { unpairedMsa: ">q\nWWWWW\n" }))).rejects.toThrow(
      "the unpaired MSA of chain A",
    );
  });

  it("of ColabFold pairs the rows that stand side by side there", async () => {
    const text =
      "#5,5\t1,1\n>101\t102\nMKTAYGSHMK\n>u1\tu2\nMKTA-GSHM-\n>u3\tu4\n-KTAY-SHMK\n>101\nMKTAY-----\n>x\nM-TAY-----\n>102\n-----GSHMK\n";
    const [job] = await readJobs(text, { file: "x.a3m" });
    const { tensors } = featurise(job, dictionary, { buckets: [] });
    const { data } = tensors.get("msa") as HostTensor;
    const found = Array.from({ length: data.length / 10 }, (_, row) =>
      Array.from(data.subarray(row * 10, row * 10 + 10), (value) => (value === 21 ? "-" : "x")).join(""),
    );
    expect(found).toEqual(["xxxxxxxxxx", "xxxx-xxxx-", "-xxxx-xxxx", "x-xxx-----"]);
  });
});
