/** Residues by letter and by class. */
import { expect, it } from "vitest";
import { residueLetters } from "../../src/engines/by_name.ts";
import { engineNames, findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { lettersOf, residueClasses } from "../../src/pipeline/residues.ts";

it("letters of classes are those that made them, and X for what is no amino acid", () => {
  expect(lettersOf(residueClasses("ARNDCQEGHILKMFPSTWYV"))).toBe("ARNDCQEGHILKMFPSTWYV");
  expect(lettersOf([0, 20, 21, 30, -1])).toBe(`A${"X".repeat(4)}`);
});

it.each(engineNames)("features of %s tell the sequence that they were made of", (name) => {
  const { config, widths } = findPreset(name, "trunk", "tiny");
  const sequence = "MKTAYIAKQR";
  const tokens = sequence.length;
  const trunk = findComponent(findEngine(name), "trunk").configure(config, { ...widths, tokens }, () => {});
  expect(residueLetters(name, trunk.randomInputs(0, { sequence }))).toBe(sequence);
  expect(residueLetters(name, trunk.randomInputs(0))).toMatch(/^[A-Z]{10}$/);
  expect(() => residueLetters(name, new Map())).toThrow(`the features of ${name} lack what residues there are`);
});
