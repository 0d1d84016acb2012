/** Facts that stand in WGSL and in TypeScript, and text that stands in more than one shader. */
import { describe, expect, it } from "vitest";
import { callOf } from "../../src/bench/kernel_inputs.ts";
import { shaders } from "../../src/generated/shaders.ts";
import { completeDims, type Dims, frozenParams, type KernelCase, type Variant } from "../../src/gpu/plan/kernel.ts";
import { compose } from "../../src/gpu/shader/compose.ts";
import { kernels } from "../../src/kernels/index.ts";
import { activations } from "../../src/kernels/project.ts";
import { target } from "../support/target.ts";
import { constantsOf, workgroupBytes } from "../support/wgsl_constants.ts";

const calls = kernels.flatMap((kernel) =>
  kernel.variants.map((variant: Variant) => ({ name: `${kernel.name} (${variant.name})`, kernel, variant })),
);

/** Subgroups of the size that a variant counts with, which multiply matrices of the shape that it does. */
const withSubgroups = ({
  SUBGROUP = 64,
  FRAGMENT_ROWS: M = 0,
  FRAGMENT_COLUMNS: N = 0,
  FRAGMENT_DEPTH: K = 0,
}: Dims) => ({
  subgroupSize: SUBGROUP,
  subgroupMatrices: [{ component: "f16", result: "f32", M, N, K }],
});

describe.each(calls)("$name", ({ kernel, variant }) => {
  const composed = (kernel.cases as readonly KernelCase[]).map((testCase) => {
    const { sizes, params, scalars = {} } = callOf(testCase);
    const dims = completeDims(kernel, variant, sizes, params ?? {}, scalars);
    return { dims, source: compose(shaders, kernel, variant, frozenParams(dims)) };
  });

  it("refuses limits below the workgroup memory that its shader declares, and no others", () => {
    for (const { dims, source } of composed) {
      const bytes = workgroupBytes(source);
      const refused = (maxComputeWorkgroupStorageSize: number): string | undefined => {
        const limits = { ...target.limits, maxComputeWorkgroupStorageSize, maxComputeInvocationsPerWorkgroup: 1024 };
        return variant.refuses?.({ ...target, ...withSubgroups(dims), limits }, dims);
      };
      expect(refused(bytes)).toBeUndefined();
      if (bytes > target.limits.maxComputeWorkgroupStorageSize / 8) expect(refused(bytes - 1)).toMatch(/memory/);
    }
  });

  it("has workgroups of what its launch divides the work by", () => {
    for (const { dims, source } of composed) {
      const constants = constantsOf(source);
      const [batch, columns] = [3, 1];
      const rows = constants.get("TILE_ROWS") ?? constants.get("TILE_QUERIES");
      if (rows === undefined) continue;
      const count = (size: number): number => variant.workgroups(dims, { batch, rows: size, columns, flops: 1 });
      expect([count(rows), count(rows + 1)]).toEqual([batch, 2 * batch]);
    }
  });
});

it("a projection's activations have the same numbers", () => {
  const constants = constantsOf(shaders["project.wgsl"].replace(/^const .*\/\/! .*$/gm, ""));
  expect({ relu: constants.get("RELU"), sigmoid: constants.get("SIGMOID"), none: 0 }).toEqual(activations);
});

/** Structs and functions of three and more lines, by their text. */
const pieces = Object.entries(shaders).flatMap(([file, text]) =>
  [...text.matchAll(/^(?:fn|struct) (?!Uniforms)[^}]*\n(?:(?! *@compute).*\n)*?\}$/gm)].map(([piece]) => ({
    file,
    piece,
  })),
);

it("no struct and no function of several lines stands in two kernels: wgsl/lib", () => {
  expect(pieces.length).toBeGreaterThan(50);
  const kernelFiles = new Map<string, string[]>();
  for (const { file, piece } of pieces)
    if (piece.split("\n").length > 3) kernelFiles.set(piece, [...(kernelFiles.get(piece) ?? []), file]);
  const twice = [...kernelFiles].filter(([, files]) => files.length > 1 && !files.every((file) => /place/.test(file)));
  expect(twice.map(([piece, files]) => `${files.join(", ")}: ${piece.split("\n")[0]}`)).toEqual([]);
});
