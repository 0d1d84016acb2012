/** A sequence in the place of random residues. */
import { describe, expect, it } from "vitest";
import { syntheticFeatures } from "../../../src/engines/by_name.ts";
import type { EngineName } from "../../../src/engines/core/component.ts";
import { engineNames } from "../../../src/engines/index.ts";

const LETTERS = "ARNDCQEGHILKMFPSTWYV";
const options = { tokens: 9, msaRows: 4, templates: 1, seed: 11 } as const;
const residuesOf = (engine: EngineName, sequence?: string): number[] =>
  Array.from(syntheticFeatures(engine, { ...options, ...(sequence && { sequence }) }).get("aatype")?.data ?? []);

describe.each(engineNames)("a sequence for %s", (engine) => {
  it("sets the residues, by their one-letter codes", () => {
    expect(residuesOf(engine, "ARNDVYWTS")).toEqual([0, 1, 2, 3, 19, 18, 17, 16, 15]);
  });

  it("that is the random one changes nothing", () => {
    const sequence = residuesOf(engine)
      .map((residue) => LETTERS[residue])
      .join("");
    expect(syntheticFeatures(engine, { ...options, sequence })).toEqual(syntheticFeatures(engine, options));
  });

  it.each([
    ["ARNDVYWT", {}, "the sequence has 8 residues, the tokens hold 9"],
    ["ARNDVYWTZ", {}, 'the sequence has "Z" at position 9, expected one of ARNDCQEGHILKMFPSTWYV'],
    ["ARNDVYWTS", { chains: 2 }, "a sequence is that of one chain, not of 2"],
  ])("is refused where it does not fit: %s %o", (sequence, more, message) => {
    expect(() => syntheticFeatures(engine, { ...options, ...more, sequence })).toThrow(message);
  });
});
