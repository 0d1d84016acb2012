/** Normals for noise: right in every moment, and the same bytes on every machine. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { arcTangent, circleOfWord, lnOfWord } from "../../src/formats/exact_math.ts";
import { gaussian } from "../../src/formats/gaussian.ts";
import { RandomStream } from "../../src/formats/random.ts";

const edges = [0, 1, 2, 3, 2 ** 30 - 1, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 3 * 2 ** 30, 2 ** 32 - 2, 2 ** 32 - 1];
const stream = new RandomStream(3, "words");
const words = [...edges, ...Array.from({ length: 20_000 }, (_, i) => stream.word(i))];
const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);

describe("elementary functions out of exact operations", () => {
  it("the logarithm is the platform's to the last bits", () => {
    const errors = words.map((word) => Math.abs(lnOfWord(word) / Math.log((word + 0.5) / 2 ** 32) - 1));
    expect(largest(errors)).toBeCloseTo(0, 14);
    expect(words.filter((word) => !(lnOfWord(word) < 0))).toEqual([]);
  });

  it("cosine and sine are the platform's to the last bits", () => {
    const errors = words.flatMap((word) => {
      const angle = 2 * Math.PI * ((word + 0.5) / 2 ** 32);
      const [cos, sin] = circleOfWord(word);
      return [Math.abs(cos - Math.cos(angle)), Math.abs(sin - Math.sin(angle))];
    });
    expect(largest(errors)).toBeCloseTo(0, 14);
  });

  it("the arc tangent is the platform's to the last bits", () => {
    const values = [0, 1, 1 / 3, 127 / 3, ...words.map((word) => word / 2 ** 24)];
    expect(largest(values.map((value) => Math.abs(arcTangent(value) - Math.atan(value))))).toBeCloseTo(0, 14);
    expect(arcTangent(0)).toBe(0);
  });
});

describe("normals", () => {
  const count = 1 << 20;
  const sample = gaussian(new RandomStream(11, "sample"), count);

  it("are the documented bytes", () => {
    const made = gaussian(new RandomStream(0, "init_noise/0"), 1001);
    // The recipe of docs/random-tensors.md, written a second time in Python with its own log, cos and sin.
    expect([...made.slice(0, 4)]).toEqual([
      0.2053867131471634, 0.9486527442932129, 0.5333281755447388, -0.053353238850831985,
    ]);
    expect(createHash("sha256").update(new Uint8Array(made.buffer)).digest("hex")).toBe(
      "ec878b3029cfe8959096f2fcb401e9f124bb8a1a9c1be4a9818c9c3e86a05201",
    );
  });

  it.each([
    [1, 0],
    [2, 1],
    [3, 0],
    [4, 3],
    [6, 15],
  ])("have moment %d near %d, within five standard errors", (power, expected) => {
    const double = [1, 1, 3, 15, 105, 945, 10395][power]; // E x^(2·power)
    const moment = sample.reduce((sum, value) => sum + value ** power, 0) / count;
    expect(Math.abs(moment - expected)).toBeLessThan(5 * Math.sqrt(double / count));
  });

  it("fill the bell: one in twenty beyond 1.96, one in ten thousand beyond 3.89, some beyond 4.5", () => {
    const beyond = (bound: number): number => sample.filter((value) => Math.abs(value) > bound).length / count;
    expect(beyond(1.959964)).toBeCloseTo(0.05, 2);
    expect(beyond(3.890592) * 1e4).toBeGreaterThan(0.7);
    expect(beyond(3.890592) * 1e4).toBeLessThan(1.3);
    expect(beyond(4.5)).toBeGreaterThan(0);
  });

  it("neither neighbours nor streams of neighbouring names are correlated", () => {
    const other = gaussian(new RandomStream(11, "samplf"), count);
    const product = (shift: number, values: Float32Array): number =>
      sample.reduce((sum, value, i) => sum + value * values[(i + shift) % count], 0) / Math.sqrt(count);
    for (const [shift, values] of [
      [1, sample],
      [2, sample],
      [3, sample],
      [0, other],
      [1, other],
    ] as const)
      expect(Math.abs(product(shift, values))).toBeLessThan(4.5);
  });

  it("a longer array begins with the shorter one", () => {
    expect(gaussian(new RandomStream(1, "x"), 7)).toEqual(gaussian(new RandomStream(1, "x"), 12).subarray(0, 7));
  });
});
