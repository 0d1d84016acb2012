/** Residues by letter and by class. */
import { expect, it } from "vitest";
import { engineNames, findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { residueClasses, residueLetters } from "../../src/pipeline/residues.ts";

it("letters of classes are those that made them, and X for what is no amino acid", () => {
  expect(residueLetters(residueClasses("ARNDCQEGHILKMFPSTWYV"))).toBe("ARNDCQEGHILKMFPSTWYV");
  expect(residueLetters([0, 20, 21, 30, -1])).toBe(`A${"X".repeat(4)}`);
});

it.each(engineNames)("features of %s tell the sequence that they were made of", (name) => {
  const { config, widths } = findPreset(name, "trunk", "tiny");
  const sequence = "MKTAYIAKQR";
  const tokens = sequence.length;
  const trunk = findComponent(findEngine(name), "trunk").configure(config, { ...widths, tokens }, () => {});
  const types = trunk.randomInputs(0, { sequence }).get("aatype");
  expect(residueLetters(types?.data as Int32Array)).toBe(sequence);
  expect(residueLetters(trunk.randomInputs(0).get("aatype")?.data as Int32Array)).toMatch(/^[A-Z]{10}$/);
});
