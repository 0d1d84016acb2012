/** `af3-gpu score` as users call it. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { scratch } from "../support/binary.ts";
import { af3gpu } from "../support/inside.ts";
import { cifOf, MADE, modelOf, pdbOf, referenceOf } from "../support/score_structures.ts";

const cwd = path.join(scratch(), "scores");
mkdirSync(cwd);
const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(path.join(cwd, name), content);
  return name;
};
const call = (...args: string[]) => af3gpu(["score", ...args], { cwd });

const both = MADE.flatMap(referenceOf);
const reference = write("reference.cif", cifOf(both));
const model = write("model.pdb.gz", gzipSync(new TextEncoder().encode(pdbOf(MADE.flatMap(modelOf)))));

describe("scores", () => {
  it("are a table of chains and all of them", async () => {
    const { code, stdout, stderr } = await call(model, reference);
    expect([code, stderr]).toEqual([0, ""]);
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/ {2,}/));
    expect(rows[0]).toEqual(["chain", "model", "residues", "atoms", "lDDT CA", "lDDT", "TM", "RMSD CA", "RMSD"]);
    // Those of test/fixtures/score.json.
    expect(rows[1].slice(0, 6)).toEqual(["A", "A", "39/40", "155/160", "0.828", "0.803"]);
    expect(rows[2].slice(0, 6)).toEqual(["B", "B", "35/36", "139/144", "0.754", "0.793"]);
    expect([rows[1], rows[2]].map((row) => row.slice(7))).toEqual([
      ["2.54", "2.49"],
      ["4.28", "4.25"],
    ]);
    expect(rows[3].slice(0, 3)).toEqual(["all", "74/76", "294/304"]);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("are JSON, unrounded, with the notes on standard error too", async () => {
    const other = write("other.pdb", pdbOf(referenceOf({ ...MADE[0], chain: "X" })));
    const { code, stdout, stderr } = await call(other, reference, "--json");
    const notes = [
      "chain A of the reference is matched with chain X of the model, by sequence",
      "chain B of the reference has none in the model that is like it",
    ];
    expect([code, stderr]).toEqual([0, notes.map((note) => `note: ${note}\n`).join("")]);
    const said = JSON.parse(stdout);
    expect([said.model, said.reference, said.notes]).toEqual([other, reference, notes]);
    expect(said.chains.map(({ modelChain }: { modelChain: string | null }) => modelChain)).toEqual(["X", null]);
    expect(said.whole.residues).toEqual({ reference: 76, model: 40 });
    const table = await call(other, reference);
    expect(table.stdout).toMatch(/^B +- +0\/36 +0\/144 +0\.000 +0\.000 +- +- +-$/m);
  });

  it.each([
    ["a file that is not there", () => ["none.cif", reference], "cannot read none.cif"],
    ["a sequence", () => [write("x.fasta", ">A\nGSHM\n"), reference], "x.fasta is no structure: expected mmCIF"],
    ["an empty file", () => [reference, write("empty.cif", "")], "empty.cif is empty: expected a structure"],
    ["what is no text", () => [reference, write("x.bin", Uint8Array.of(255, 254))], "x.bin is no text in UTF-8"],
    [
      "nothing in common",
      () => [write("trp.pdb", pdbOf(referenceOf({ ...MADE[0], residues: ["TRP"] }))), reference],
      "trp.pdb and reference.cif have no residue in common",
    ],
  ])("of %s are refused in one sentence", async (_, args, message) => {
    const { code, stdout, stderr } = await call(...args());
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^af3-gpu: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });
});
