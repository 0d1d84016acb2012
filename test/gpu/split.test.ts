/** Rewriting a shader for arrays in several bindings. */
import { describe, expect, it } from "vitest";
import { defineKernel, type Typed, type Variant } from "../../src/gpu/plan/kernel.ts";
import { bindingsOf } from "../../src/gpu/shader/reflect.ts";
import { split } from "../../src/gpu/shader/split.ts";

const variant: Variant = { name: "plain", family: "lanes", use: {}, params: {}, features: [], workgroups: () => 1 };
const kernel = defineKernel({
  name: "sum",
  formula: "y = x",
  inputs: { x: ["rows"], ids: ["rows"] },
  inouts: {},
  outputs: { y: ["rows"] },
  dtypes: { ids: "i32" },
  params: {},
  scalars: {},
  uniforms: ["rows"],
  variants: [variant],
  work: ({ rows }) => ({ rows, flops: 0 }),
  flops: () => 0,
  tolerance: () => 0,
  rows: ({ rows }) => rows,
  reference: () => {},
  cases: [],
});

const head = `// sum: y[i] = x[i]
alias Value = vec4f;  //! dtype x
struct Uniforms { rows: u32 }
@group(0) @binding(0) var<storage, read> x: array<Value>;       // [rows]
@group(0) @binding(1) var<storage, read> ids: array<i32>;       // [rows]
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>; // [rows]
@group(0) @binding(3) var<uniform> uniforms: Uniforms;
`;
const cuts = { x: [256, 512], y: [1024] };
/** What becomes of a line in a function. */
const rewritten = (line: string, own: Parameters<typeof split>[3] = cuts, typed: Typed = {}): string => {
  const text = split(`${head}fn f(i: u32) {\n${line}\n}\n`, kernel, typed, own);
  return text.slice(text.indexOf("fn f(i: u32) {\n") + 15).split("\n}\n")[0];
};

describe("an array in several bindings", () => {
  it("changes no text where there is none", () => {
    expect(split(head, kernel, {}, {})).toBe(head);
  });

  it("is declared part by part, with the bindings behind it counted on", () => {
    const text = split(head, kernel, {}, cuts);
    expect(bindingsOf(text).map(({ name, access, type }) => `${name} ${access} ${type}`)).toEqual([
      "x_part0 read array<Value>",
      "x_part1 read array<Value>",
      "x_part2 read array<Value>",
      "ids read array<i32>",
      "y_part0 read_write array<vec4f>",
      "y_part1 read_write array<vec4f>",
      "uniforms uniform Uniforms",
    ]);
    expect(text).toContain("// sum: y[i] = x[i]");
  });

  it("is read by a function that finds the part, whatever the elements' type", () => {
    const loads = (own: Parameters<typeof split>[3], typed: Typed = {}) =>
      split(head, kernel, typed, own).split("fn load_")[1];
    expect(loads({ x: [256, 512] })).toBe(
      "x(at: u32) -> Value {\n  if (at < 16u) { return x_part0[at]; }\n  if (at < 32u) { return x_part1[at - 16u]; }\n  return x_part2[at - 32u];\n}\n",
    );
    expect(loads({ x: [256] }, { dtypes: { x: "f16" } })).toContain("if (at < 32u)");
    expect(loads({ ids: [256] })).toContain("ids(at: u32) -> i32 {\n  if (at < 64u)");
  });

  it.each([
    ["let a = x[i];", "let a = load_x(u32(i));"],
    ["let a = x[ids[i] % 4].xyz + x[x_row[i]][2];", "let a = load_x(u32(ids[i] % 4)).xyz + load_x(u32(x_row[i]))[2];"],
    ["let a = x[u32(x[i].x)];", "let a = load_x(u32(u32(load_x(u32(i)).x)));"],
    ["let a = b.x[i] + max_x[i] + (*x)[i];", "let a = b.x[i] + max_x[i] + (*x)[i];"],
    [
      "let a = 0x1p+2 + f32(x[i] == x[i + 1]); // x[i]",
      "let a = 0x1p+2 + f32(load_x(u32(i)) == load_x(u32(i + 1))); // x[i]",
    ],
    ["let a = x[i].x <= y[i].x;", "let a = load_x(u32(i)).x <= load_y(u32(i)).x;"],
  ])("is read: %s", (line, want) => {
    expect(rewritten(line)).toBe(want);
  });

  const stored = (at: string, value: string, components = "", operator = ""): string =>
    `{ let y_at = u32(${at}); let y_value = ${value}; if (y_at < 64u) { y_part0[y_at]${components} ${operator}= y_value; } else { y_part1[y_at - 64u]${components} ${operator}= y_value; } }`;
  it.each([
    ["y[i] = x[i];", stored("i", "load_x(u32(i))")],
    ["if (i < 3u) { y[i + 1u] += x[i]; }", `if (i < 3u) { ${stored("i + 1u", "load_x(u32(i))", "", "+")} }`],
    ["y[i] *= y[i - 1u];", stored("i", "load_y(u32(i - 1u))", "", "*")],
    ["y[i][i % 4u] = 1.0;", stored("i", "1.0", "[i % 4u]")],
    ["y[u32(x[i].x)].zw -= x[i].xy;", stored("u32(load_x(u32(i)).x)", "load_x(u32(i)).xy", ".zw", "-")],
    ["case 0u: { y[i] = x[i]; }", `case 0u: { ${stored("i", "load_x(u32(i))")} }`],
  ])("is written: %s", (line, want) => {
    expect(rewritten(line)).toBe(want);
  });

  it("cannot be told from something of a function's own", () => {
    expect(() => rewritten("var x = array<f32, 4>(); let a = x[i];")).toThrow("a function indexes x");
    expect(() => rewritten("let x = 1.0; let a = x + b.x[i];")).not.toThrow();
    const parameter = `${head}fn f(at: u32, x: vec4f) -> f32 { return x[at]; }\n`;
    expect(() => split(parameter, kernel, {}, cuts)).toThrow("a function indexes x");
  });

  it("is one of the kernel's, and cut between its elements", () => {
    expect(() => split(head, kernel, {}, { z: [256] })).toThrow("the shader has no array z");
    expect(() => split(head, kernel, {}, { x: [264] })).toThrow("x is cut through an element");
  });
});
