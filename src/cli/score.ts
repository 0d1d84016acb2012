/** `af3-gpu score`: how near a model is to a reference structure. */
import { Command } from "commander";
import { decodeText } from "../pipeline/input/texts.ts";
import { compareStructures, type StructureComparison, type StructureScores } from "../pipeline/score/compare.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { noteOnce, print, table } from "./output.ts";

interface ScoreOptions {
  readonly json?: boolean;
}

const EXAMPLE = `
Both are mmCIF or PDB, plain or packed with gzip or zstd; of several models the first counts. Polymers are scored: CA or C1' (TM-score: C3') and all
heavy atoms. Chains are matched by name, else by sequence, residues by number, else by sequence; notes say so. What the model lacks counts
as wrong in lDDT and TM-score, and not at all in RMSD, which is in ångström. docs/score.md says what each score is.
Examples:
  af3-gpu score model.cif reference.cif
  af3-gpu score model.cif 1ubq.pdb.gz --json`;

export const scoreCommand = (): Command =>
  new Command("score")
    .description("score a predicted structure by a reference: lDDT, TM-score, RMSD")
    .argument("<model>", "the structure to be judged, mmCIF or PDB")
    .argument("<reference>", "the structure that it should be")
    .option("--json", "print the scores as JSON, unrounded")
    .addHelpText("after", EXAMPLE)
    .action(async (model: string, reference: string, { json }: ScoreOptions) => {
      const [own, other] = await Promise.all([model, reference].map(read));
      const compared = compareStructures(own, other);
      compared.notes.forEach(noteOnce());
      print(json ? JSON.stringify({ model, reference, ...compared }) : tableOf(compared));
    });

const read = async (file: string): Promise<{ text: string; file: string }> => ({
  text: await decodeText(await nodeFiles.read(file), file),
  file,
});

const COLUMNS = ["chain", "model", ">residues", ">atoms", ">lDDT CA", ">lDDT", ">TM", ">RMSD CA", ">RMSD"];

const rounded = (value: number | null, digits: number): string => (value === null ? "-" : value.toFixed(digits));
const share = ({ model, reference }: StructureScores["residues"]): string => `${model}/${reference}`;

function tableOf({ whole, chains }: StructureComparison): string {
  const rowOf = (name: string, own: string, { residues, atoms, lddt, tm, rmsd }: StructureScores): string[] => [
    name,
    own,
    share(residues),
    share(atoms),
    rounded(lddt.one, 3),
    rounded(lddt.all, 3),
    rounded(tm, 3),
    rounded(rmsd.one, 2),
    rounded(rmsd.all, 2),
  ];
  const rows = chains.map((chain) => rowOf(chain.chain, chain.modelChain ?? "-", chain));
  return table(COLUMNS, chains.length > 1 ? [...rows, rowOf("all", "", whole)] : rows);
}
