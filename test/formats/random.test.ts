/** Seeded tensors: the same bytes as the Python exporters make, by the digests that Python wrote. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findEngine } from "../../src/engines/index.ts";
import { RandomStream } from "../../src/formats/random.ts";

interface Entry {
  readonly kind: "normal" | "one_plus" | "mask" | "weight";
  readonly engine?: string;
  readonly seed: number;
  readonly name: string;
  readonly shape: number[];
  readonly sigma?: number;
  readonly sha256: string;
  readonly first: number[];
}

const fixture = JSON.parse(readFileSync(new URL("../fixtures/random-tensors.json", import.meta.url), "utf8"));
const entries: Entry[] = Array.isArray(fixture) ? fixture : fixture.entries;

function values({ kind, engine, seed, name, shape, sigma = 1 }: Entry): Float32Array {
  const stream = new RandomStream(seed, name);
  const length = shape.reduce((product, size) => product * size, 1);
  if (kind === "normal") return stream.normal(length, sigma);
  if (kind === "one_plus") return stream.onePlusNormal(length, sigma);
  if (kind === "mask") return stream.mask(length);
  return findEngine(engine ?? "").randomWeight(name, shape, seed);
}

describe("the shared generator", () => {
  it.each(
    entries.map((entry) => [`${entry.engine ?? ""} ${entry.kind} ${entry.name} seed ${entry.seed}`, entry] as const),
  )("%s", (_, entry) => {
    const made = values(entry);
    expect([...made.slice(0, 8)]).toEqual(entry.first);
    expect(createHash("sha256").update(new Uint8Array(made.buffer)).digest("hex")).toBe(entry.sha256);
  });

  it("has mean zero, the deviation that was asked for, and no value far outside", () => {
    const sample = new RandomStream(7, "sample").normal(100_000, 2);
    const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length;
    const deviation = Math.sqrt(sample.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sample.length);
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(deviation).toBeCloseTo(2, 1);
    expect(Math.max(...sample.map(Math.abs))).toBeLessThan(2 * 3.47);
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])("refuses the seed %d", (seed) => {
    expect(() => new RandomStream(seed, "x")).toThrow("the seed should be an integer from 0 to 4294967295");
  });
});
