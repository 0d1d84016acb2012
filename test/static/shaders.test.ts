/** Every shader: its signature, its style, and that every case compiles on the backend that runs nothing. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callOf } from "../../src/bench/kernel_inputs.ts";
import { shadersOf } from "../../src/bench/kernel_shaders.ts";
import { shaders } from "../../src/generated/shaders.ts";
import { type CompileOnlyDevice, openCompileOnly } from "../../src/gpu/device/device.ts";
import { completeDims, frozenParams, type KernelCase, type Variant } from "../../src/gpu/plan/kernel.ts";
import { anyDevice } from "../../src/gpu/plan/target.ts";
import { refusal } from "../../src/gpu/plan/variant.ts";
import { compose } from "../../src/gpu/shader/compose.ts";
import { checkSignature } from "../../src/gpu/shader/reflect.ts";
import { EPSILON } from "../../src/kernels/check/reference.ts";
import { kernels } from "../../src/kernels/index.ts";
import { tuning } from "../../src/kernels/tune/table.ts";
import { nullGpu } from "../../src/platform/node/dawn.ts";

let device: CompileOnlyDevice;
beforeAll(async () => {
  device = await openCompileOnly(await nullGpu());
});
afterAll(() => device.close());

describe.each(kernels.map((kernel) => [kernel.name, kernel] as const))("%s", (_, kernel) => {
  it("has the same signature in TypeScript and WGSL", () => {
    expect(() => checkSignature(shaders, kernel)).not.toThrow();
  });

  it("has a ragged and a bench case", () => {
    const tags = kernel.cases.flatMap((testCase: KernelCase) => testCase.tags ?? []);
    expect(tags).toContain("ragged");
    expect(tags).toContain("bench");
  });

  const sources = [...shadersOf(shaders, kernel, tuning)];
  it.each([...new Set(sources.map(({ setting }) => setting))])("compiles as %s", async (setting) => {
    for (const { source, variant, dims, ...own } of sources.filter((shader) => shader.setting === setting)) {
      // What needs more than WebGPU grants everywhere is refused where there is no more, and nothing else is wrong with it.
      const refused = variant.refuses?.(anyDevice(tuning), dims)?.includes("workgroup memory");
      const error = await device.check(source);
      if (refused) expect(error, own.case).toMatch(/total use of workgroup storage/);
      else expect(error, own.case).toBeUndefined();
    }
  });
});

describe("what tune would try", () => {
  const roomy = { ...anyDevice(tuning), subgroupSize: 32, features: new Set(["subgroups", "shader-f16"]) };

  it.each(kernels.map((kernel) => [kernel.name, kernel] as const))("compiles: %s", async (_, kernel) => {
    const ragged: KernelCase | undefined = kernel.cases.find(({ tags }: KernelCase) => tags?.includes("ragged"));
    const { sizes, params, scalars = {} } = callOf(ragged as KernelCase);
    for (const variant of kernel.variants as readonly Variant[])
      for (const set of variant.tries ?? []) {
        const dims = completeDims(kernel, variant, sizes, { ...set, ...params }, scalars);
        if (refusal(variant, roomy, dims) !== undefined) continue;
        const source = compose(shaders, kernel, variant, frozenParams(dims));
        expect(await device.check(source), `${variant.name} ${JSON.stringify(set)}`).toBeUndefined();
      }
  });
});

it("reports a shader that does not compile", async () => {
  expect(await device.check("@compute @workgroup_size(1) fn main() { let x: u32 = 1.5; }")).toMatch(/u32/);
});

describe("style", () => {
  const files = Object.entries(shaders);

  it.each(files)("%s opens with what it computes", (_, text) => {
    expect(text).toMatch(/^\/\/ [A-Z_a-z]/);
  });

  it.each(files)("%s initialises variables in words", (_, text) => {
    // `var x: T;` in a loop, or in a function that is called from one, keeps the value of the turn before in Dawn
    // 0.6.2. Only main's own, outside of loops, may go without.
    const bare = [...text.matchAll(/^( +)var \w+: [^=;]+;/gm)].filter(([, indent]) => indent.length > 2);
    expect(bare.map(([line]) => line)).toEqual([]);
    const helpers = text.split(/^fn /m).filter((part) => !part.startsWith("main("));
    expect(helpers.flatMap((part) => part.match(/^ {2}var \w+: [^=;]+;/gm) ?? [])).toEqual([]);
  });

  it("the layer norm's epsilon is the references'", () => {
    const written = files.flatMap(([, text]) => /const EPSILON: f32 = (\S+);/.exec(text)?.[1] ?? []);
    expect(written.length).toBeGreaterThan(0);
    for (const value of written) expect(Number(value)).toBe(EPSILON);
  });

  it("libraries have no bindings", () => {
    expect(
      files.filter(([name, text]) => name.startsWith("lib/") && text.includes("@binding")).map(([name]) => name),
    ).toEqual([]);
  });
});
