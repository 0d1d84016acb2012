/** What Mol* makes of our mmCIF: every atom, with its names, place and confidence. It has 300 packages, so nobody is made to install it. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, it } from "vitest";
import { mmcifText } from "../../../src/pipeline/outputs/mmcif.ts";
import { jobOf, ligand, protein, structureOf } from "../../support/predicted.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const MISSING = existsSync(path.join(root, "node_modules/molstar"))
  ? false
  : "Mol* is not installed: npm install --no-save molstar@5.6.1 && npx vitest run --project unit test/pipeline/outputs/molstar.test.ts";

/** Columns of its hierarchy, as far as they are read. */
interface Column<T> {
  value(row: number): T;
}
interface Levels {
  readonly atoms: {
    readonly _rowCount: number;
    readonly label_atom_id: Column<string>;
    readonly type_symbol: Column<string>;
  };
  readonly residues: { readonly label_seq_id: Column<number>; readonly auth_seq_id: Column<number> };
  readonly chains: { readonly label_asym_id: Column<string> };
  readonly residueAtomSegments: { readonly index: ArrayLike<number> };
  readonly chainAtomSegments: { readonly index: ArrayLike<number> };
}

it("is read by Mol*, atom by atom", async ({ skip }) => {
  if (MISSING) skip(MISSING);
  const load = createRequire(import.meta.url);
  const { CIF } = load("molstar/lib/commonjs/mol-io/reader/cif");
  const { trajectoryFromMmCIF } = load("molstar/lib/commonjs/mol-model-formats/structure/mmcif");

  const modified = { sequence: "GNSKM", modifications: [{ ptmType: "SEP", ptmPosition: 3 }] };
  const structure = await structureOf(
    await jobOf(
      [
        { protein: { id: "A", ...modified } },
        { rna: { id: "B", sequence: "AU" } },
        { dna: { id: "C", sequence: "GT" } },
        ligand("D", "NAG", "NAG"),
        ligand(["E", "AA"], "MG"),
        protein("F", "GS"),
      ],
      {
        bondedAtomPairs: [
          [
            ["A", 2, "ND2"],
            ["D", 1, "C1"],
          ],
        ],
      },
    ),
  );
  const text = [...mmcifText(structure, { model: "seed-1_sample-0" })].join("");
  const parsed = await CIF.parseText(text).run();
  expect(parsed.isError).toBe(false);
  const trajectory = await trajectoryFromMmCIF(parsed.result.blocks[0]).run();
  expect(trajectory.frameCount).toBe(1);
  const { atomicHierarchy, atomicConformation, entities } = trajectory.representative;
  const { atoms, residues, chains, residueAtomSegments, chainAtomSegments } = atomicHierarchy as Levels;
  const found = Array.from({ length: atoms._rowCount }, (_, at) => {
    const residue = residueAtomSegments.index[at];
    return {
      id: atomicConformation.atomId.value(at),
      chain: chains.label_asym_id.value(chainAtomSegments.index[at]),
      residue: residues.auth_seq_id.value(residue),
      name: atoms.label_atom_id.value(at),
      element: atoms.type_symbol.value(at),
      place: ["x", "y", "z"].map((axis) => atomicConformation[axis][at].toFixed(3)),
      confidence: atomicConformation.B_iso_or_equiv.value(at),
    };
  }).sort((a, b) => a.id - b.id);
  expect(found).toEqual(
    structure.atoms.map(({ chain, residue, atom }, at) => ({
      id: at + 1,
      chain: chain.id,
      residue: residue.number,
      name: atom.name,
      element: atom.element.toUpperCase(),
      place: [0, 1, 2].map((axis) => structure.positions[3 * at + axis].toFixed(3)),
      confidence: Number(structure.plddt[at].toFixed(2)),
    })),
  );
  expect([...entities.data.type.toArray()].sort()).toEqual([
    "branched",
    "non-polymer",
    "non-polymer",
    "polymer",
    "polymer",
    "polymer",
    "polymer",
  ]);
}, 120_000);
