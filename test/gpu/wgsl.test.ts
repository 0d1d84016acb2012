/** Composing shaders: marks, parameters, libraries, signatures. */
import { describe, expect, it } from "vitest";
import { type Dtypes, defineKernel, type Variant } from "../../src/gpu/plan/kernel.ts";
import { compose, excerpt } from "../../src/gpu/shader/compose.ts";
import { bindingsOf, checkSignature } from "../../src/gpu/shader/reflect.ts";

const variant: Variant = {
  name: "plain",
  family: "lanes",
  use: { part: "part_fast" },
  params: {},
  features: [],
  workgroups: () => 1,
};

const kernel = defineKernel({
  name: "scale",
  formula: "y = a x",
  inputs: { x: ["rows", "C"] },
  inouts: {},
  outputs: { y: ["rows", "C"] },
  params: { FLAG: true },
  scalars: { a: "f32" },
  uniforms: ["rows", "a"],
  variants: [variant],
  work: ({ rows }) => ({ rows, flops: 0 }),
  flops: () => 0,
  tolerance: () => 0,
  rows: ({ rows }) => rows,
  reference: () => {},
  cases: [],
});

const body = `// scale: y = a x
//! use part

const C: u32 = 4u;          //! param
const FLAG: bool = false;   //! param
const RATE: f32 = 0.5;      //! param
struct Uniforms { rows: u32, a: f32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;         // [rows, C]
@group(0) @binding(1) var<storage, read_write> y: array<f32>;   // [rows, C]
@group(0) @binding(2) var<uniform> uniforms: Uniforms;
`;
const sources = {
  "scale.wgsl": body,
  "lib/part_fast.wgsl": "//! use inner\nfn fast() {}\n",
  "lib/inner.wgsl": "fn inner() {}\n",
};

describe("compose", () => {
  const params = { C: 12, FLAG: 1, RATE: 2 };

  it("freezes parameters by their type", () => {
    const text = compose(sources, kernel, variant, params);
    expect(text).toContain("const C: u32 = 12u;");
    expect(text).toContain("const FLAG: bool = true;");
    expect(text).toContain("const RATE: f32 = 2.0f;");
  });

  it("appends the variant's libraries, and theirs, once", () => {
    const text = compose(sources, kernel, variant, params);
    expect(text.match(/fn fast/g)).toHaveLength(1);
    expect(text.match(/fn inner/g)).toHaveLength(1);
  });

  it("enables the features that a variant names", () => {
    const text = compose(sources, kernel, { ...variant, features: ["subgroups", "shader-f16"] }, params);
    expect(text.startsWith("enable subgroups;\nenable f16;\n")).toBe(true);
  });

  it.each([
    ["a parameter without a line", { ...params, D: 1 }, "has no parameter D"],
    ["a line without a parameter", { C: 1, FLAG: 1 }, "no value for the shader parameter RATE"],
  ])("refuses %s", (_, given, message) => {
    expect(() => compose(sources, kernel, variant, given)).toThrow(message);
  });

  it("refuses marks that it cannot read, and missing files", () => {
    const broken = { ...sources, "scale.wgsl": body.replace("= 4u;          //! param", "= 4u; //! parm") };
    expect(() => compose(broken, kernel, variant, { FLAG: 1, RATE: 1 })).toThrow("unreadable //! marks");
    expect(() => compose({ "scale.wgsl": body }, kernel, variant, params)).toThrow(
      "no shader file wgsl/lib/part_fast.wgsl",
    );
  });
});

describe("the signature check", () => {
  it("accepts a shader that says the same", () => {
    expect(() => checkSignature(sources, kernel)).not.toThrow();
  });

  it.each([
    ["an axis in another place", "x: array<f32>;         // [rows, C]", "x: array<f32>;         // [C, rows]"],
    ["another name", "> y:", "> z:"],
    ["another element type", "y: array<f32>;", "y: array<vec4u>;"],
    ["another access", "var<storage, read> x", "var<storage, read_write> x"],
    ["another uniform", "rows: u32, a: f32", "a: f32, rows: u32"],
    ["another type of uniform", "a: f32 }", "a: u32 }"],
  ])("refuses %s", (_, from, to) => {
    expect(() => checkSignature({ ...sources, "scale.wgsl": body.replace(from, to) }, kernel)).toThrow(
      "TypeScript says",
    );
  });

  const aliased = body
    .replace("struct Uniforms", "alias Rows = vec4f;  //! dtype x y\nstruct Uniforms")
    .replaceAll("array<f32>", "array<Rows>");
  const halved = { ...kernel, halves: { Rows: ["x", "y"] } };
  const library = "fn unpack() {}\nfn pack() {}\n";
  const typed = (source: string, dtypes: Dtypes = {}) =>
    compose(
      { ...sources, "scale.wgsl": source, "lib/halves.wgsl": library },
      halved,
      variant,
      { C: 12, FLAG: 1, RATE: 2 },
      { dtypes },
    );

  it("sees through aliases of what arrays hold, which name their arrays", () => {
    expect(() => checkSignature({ ...sources, "scale.wgsl": aliased }, halved)).not.toThrow();
    const wrong = { ...sources, "scale.wgsl": aliased.replace("dtype x y", "dtype x") };
    expect(() => checkSignature(wrong, halved)).toThrow("aliases stand for Rows: x, but they do for Rows: x y");
    const integers = { ...sources, "scale.wgsl": aliased.replace("y: array<Rows>", "y: array<vec4i>") };
    expect(() => checkSignature(integers, halved)).toThrow("TypeScript says");
  });

  it("wants the record to name the same arrays that may hold halves", () => {
    const check = (halves: Record<string, string[]>) => () =>
      checkSignature({ ...sources, "scale.wgsl": aliased }, { ...kernel, halves });
    expect(check({ Rows: ["y", "x"] })).not.toThrow();
    expect(check({ Rows: ["x"] })).toThrow("there may be halves in Rows: x, but WGSL in Rows: x y");
    expect(check({ Lines: ["x", "y"] })).toThrow("there may be halves in Lines: x y, but WGSL in Rows: x y");
    expect(check({})).toThrow("there may be halves in none, but WGSL in Rows: x y");
  });

  it("stores arrays in a call's types, with functions that convert", () => {
    const floats = typed(aliased);
    expect(floats).toContain("alias Rows = vec4f;  // stored");
    expect(floats).toContain("fn rows_of(x: Rows) -> vec4f { return x; }\nfn as_rows(x: vec4f) -> Rows { return x; }");
    expect(floats).not.toContain(library);
    const halves = typed(aliased, { x: "f16", y: "f16" });
    expect(halves).toContain("alias Rows = vec2u;  // stored");
    expect(halves).toContain("fn rows_of(x: Rows) -> vec4f { return unpack(x); }");
    expect(halves).toContain("fn as_rows(x: vec4f) -> Rows { return pack(x); }");
    expect(halves).toContain(library);
    expect(halves).not.toContain("enable f16");
    expect(typed(aliased.replaceAll("Rows", "RowPart"), { x: "f16", y: "f16" })).toContain("fn as_row_part(");
  });

  it("refuses types that an alias cannot have", () => {
    expect(() => typed(aliased, { x: "f16" })).toThrow("scale stores x, y in different types");
    expect(() => typed(body, { x: "f16" })).toThrow("the shader has no alias for what x holds");
    // Halves lie in fours: there is no half of a word to write.
    expect(() => typed(aliased.replace("= vec4f;", "= f32;"))).toThrow("unreadable //! marks");
  });

  it("refuses bindings out of order or written in a way it cannot read", () => {
    expect(() => bindingsOf(body.replace("@binding(1)", "@binding(3)"))).toThrow("out of order");
    expect(() => bindingsOf(body.replace("@group(0) @binding(1)", "@binding(1) @group(0)"))).toThrow(
      "unreadable @binding",
    );
  });
});

it("an excerpt marks the line", () => {
  expect(excerpt("a\nb\nc\nd", 2)).toContain("> 2 | b");
});
