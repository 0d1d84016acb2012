/** The constants of deepmind's noise embedding, drawn again as JAX once drew them. */
import { expect, it } from "vitest";
import { fourierConstants, fourierEmbedding } from "../../../src/model/deepmind/fourier.ts";

const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

it("draws the constants of the pinned repository", () => {
  const { frequencies, phases } = fourierConstants();
  expect([frequencies.length, phases.length]).toEqual([256, 256]);
  [0.45873642, 0.06516238, -0.07278306].forEach((value, at) => {
    expect(frequencies[at]).toBeCloseTo(value, 6);
  });
  // The rarest draw: here one rounding of the uniform number moves the fifth digit.
  expect(frequencies[6]).toBeCloseTo(3.6011686, 5);
  [0.00465965, 0.21738243, 0.22277749].forEach((value, at) => {
    expect(phases[at]).toBeCloseTo(value, 6);
  });
  expect(sum(frequencies)).toBeCloseTo(2.27394, 4);
  expect(sum(phases)).toBeCloseTo(125.18357, 4);
});

it("embeds the data's own deviation by its phases alone", () => {
  const { phases } = fourierConstants();
  fourierEmbedding(16).forEach((value, at) => {
    expect(value).toBeCloseTo(Math.cos(2 * Math.PI * phases[at]), 6);
  });
});
