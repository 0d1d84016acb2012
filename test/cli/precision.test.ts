/** `--precision`: which backends it makes of those that were named, and what it refuses. */
import { describe, expect, it } from "vitest";
import { backendText } from "../../src/backends/backend.ts";
import { backendChoice, inPrecisions, type PrecisionOptions } from "../../src/cli/backends.ts";
import { precisions } from "../../src/cli/options.ts";

const names = (backends: string, options: PrecisionOptions): string[] =>
  inPrecisions(backends.split(",").map(backendChoice), options).map(backendText);

describe("--precision", () => {
  it("names precisions once, and no others", () => {
    expect(precisions("f32, mixed")).toEqual(["f32", "mixed"]);
    expect(() => precisions("f32,f32")).toThrow("--precision names f32 twice");
    expect(() => precisions("mixd")).toThrow('--precision should be f32 or mixed, not "mixd". Did you mean mixed?');
    expect(() => precisions("f32,")).toThrow('--precision should be f32 or mixed, not ""');
  });

  it("makes a contender of ours for each, in the order in which they are named", () => {
    expect(names("webgpu", {})).toEqual(["webgpu"]);
    expect(names("webgpu", { precision: ["mixed", "f32"] })).toEqual(["webgpu:mixed", "webgpu"]);
    expect(names("native,webgpu", { precision: ["f32", "mixed"] })).toEqual(["native", "webgpu", "webgpu:mixed"]);
    expect(names("webgpu,webgpu:mixed", { precision: ["f32", "mixed"] })).toEqual(["webgpu", "webgpu:mixed"]);
    expect(names("webgpu:mixed", { precision: "mixed", diffusionPrecision: "mixed" })).toEqual(["webgpu:mixed"]);
  });

  it("refuses what contradicts a backend, or what none has", () => {
    expect(() => names("native:bf16", { precision: "mixed" })).toThrow(
      "--precision mixed is webgpu's alone; native:bf16 computes as its variant says",
    );
    expect(names("native", { precision: "f32" })).toEqual(["native"]);
    expect(() => names("webgpu:mixed", { precision: "f32" })).toThrow(
      "--backend webgpu:mixed contradicts --precision f32",
    );
    expect(() => names("webgpu", { diffusionPrecision: "mixed" })).toThrow(
      "--diffusion-precision mixed goes with --precision mixed",
    );
    expect(names("webgpu", { diffusionPrecision: "f32" })).toEqual(["webgpu"]);
  });
});
