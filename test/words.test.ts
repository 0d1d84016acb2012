/** Sizes and suggestions in messages. */
import { describe, expect, it } from "vitest";
import { counted, didYouMean, sizeText } from "../src/words.ts";

describe("sizes", () => {
  it.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [1023, "1023 bytes"],
    [1024, "1 KiB"],
    [33_000, "32.23 KiB"],
    [1.5 * 2 ** 30, "1.5 GiB"],
    [2 ** 53, "8192 TiB"],
  ])("%i bytes are %s", (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it("never promise too much: needs are rounded up, limits down", () => {
    expect([sizeText(2 ** 31 + 1, Math.ceil), sizeText(2 ** 31 - 1, Math.floor)]).toEqual(["2.001 GiB", "1.999 GiB"]);
  });
});

it("a name is suggested that is near, and none that is not", () => {
  const known = ["pairformer", "msa_stack", "trunk", "full"];
  expect(didYouMean("pairfromer", known)).toBe(". Did you mean pairformer?");
  expect(didYouMean("FULL", known)).toBe(". Did you mean full?");
  expect(didYouMean("msastack", known)).toBe(". Did you mean msa_stack?");
  for (const far of ["", "x", "diffusion", "fu"]) expect(didYouMean(far, known)).toBe("");
});

it("one is counted as one", () => {
  expect([0, 1, 2].map((count) => counted(count, "tensor"))).toEqual(["0 tensors", "1 tensor", "2 tensors"]);
});
