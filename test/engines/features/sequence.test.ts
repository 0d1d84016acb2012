/** A sequence in the place of random residues. */
import { describe, expect, it } from "vitest";
import { syntheticFeatures } from "../../../src/engines/by_name.ts";
import type { EngineName } from "../../../src/engines/core/component.ts";
import { engineNames } from "../../../src/engines/index.ts";
import type { HostTensor, TensorMap } from "../../../src/formats/tensor.ts";

const LETTERS = "ARNDCQEGHILKMFPSTWYV";
const options = { tokens: 9, msaRows: 4, templates: 1, seed: 11 } as const;
/** Some engines have classes, others a one-hot vector each. */
const classesOf = (features: TensorMap): number[] => {
  const { shape, data } = (features.get("aatype") ?? features.get("restype")) as HostTensor;
  if (shape.length === 1) return [...data];
  return Array.from({ length: shape[0] }, (_, token) =>
    data.subarray(token * shape[1], (token + 1) * shape[1]).indexOf(1),
  );
};
const residuesOf = (engine: EngineName, sequence?: string): number[] =>
  classesOf(syntheticFeatures(engine, { ...options, ...(sequence && { sequence }) }));

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
