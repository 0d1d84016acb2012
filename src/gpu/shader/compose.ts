/** Turns a kernel's `.wgsl` file into the exact text handed to the GPU. */

import { type AnyKernel, dtypeOfArray, type Typed, type Variant } from "../plan/kernel.ts";
import { type Cuts, cutsOf } from "../plan/parts.ts";
import type { Step } from "../plan/plan.ts";
import { type Sizing, sizingOf, type Target } from "../plan/target.ts";
import { MARK, PARAM, SIZE, STORED, UNIFORMS, USE } from "./marks.ts";
import { split } from "./split.ts";

/** The shaders by path relative to `wgsl/`, such as `attention.wgsl` and `lib/tile_shuffle.wgsl`. */
export type ShaderSources = Readonly<Record<string, string>>;

/** What of a call the text of its shader follows, beside parameters. */
export interface Form extends Typed {
  /** `frozen` like parameters, or `uniform`: then one shader serves all sizes, and its `Uniforms` end with them. */
  readonly sizes?: Sizing;
  /** Arrays that take several bindings; without them, the text is the same as ever. */
  readonly cuts?: Cuts;
}

/** The form of a step on a target. */
export const formOf = (step: Step, target: Target): Form => ({
  dtypes: step.dtypes,
  sizes: sizingOf(target),
  cuts: cutsOf(step.kernel, step),
});

/**
 * Composes a kernel's file with its libraries, names the types in which arrays are stored, and freezes its parameters.
 *
 * @param params a value for every line marked `//! param` or `//! size`, and for no other name
 * @throws if a file is missing, a mark cannot be read, or parameters and marks do not match one to one
 */
export function compose(
  sources: ShaderSources,
  kernel: AnyKernel,
  variant: Variant,
  params: Readonly<Record<string, number>>,
  form: Form = {},
): string {
  const { sizes = "frozen", cuts = {} } = form;
  const read = (file: string): string => {
    const text = sources[file];
    if (text === undefined) throw new Error(`${kernel.name}: there is no shader file wgsl/${file}`);
    return text;
  };
  const files = new Map<string, string>(); // libraries may use libraries; each is appended once
  const add = (file: string): void => {
    if (files.has(file)) return;
    const text = read(file);
    files.set(file, text);
    for (const [, library] of text.matchAll(USE)) add(`lib/${variant.use[library] ?? library}.wgsl`);
  };
  const own = `${kernel.name}.wgsl`;
  add(own);
  files.set(own, split(read(own), kernel, form, cuts));
  if (Object.values(form.dtypes ?? {}).includes("f16")) add(HALVES);
  const text = withEnables([...files.values()].join("\n"), variant, params);
  const typed = store(text, kernel, form);
  return sizes === "frozen" ? freeze(kernel.name, typed, params) : freeze(kernel.name, ...loosen(typed, params));
}

/** The library that packs halves, and takes them apart. */
const HALVES = "lib/halves.wgsl";

/** What WGSL calls the features that a shader must name. */
const ENABLES: Readonly<Record<string, string>> = {
  subgroups: "subgroups",
  "shader-f16": "f16",
  "chromium-experimental-subgroup-matrix": "chromium_experimental_subgroup_matrix",
};

/** WGSL cannot see that what depends on a subgroup's number is the same for its lanes, where a struct or a function brings the number. */
const MATRIX_DIAGNOSTIC = "diagnostic(off, chromium.subgroup_matrix_uniformity);\n";

/** Names what a shader needs beyond WGSL. Where it chooses the size of its subgroups, its entry point says so. */
function withEnables(text: string, { features }: Variant, params: Readonly<Record<string, number>>): string {
  const chooses = params.CHOOSES_SUBGROUP ? "subgroup_size_control" : undefined;
  const names = [...features.map((feature) => ENABLES[feature]), chooses].filter((name) => name !== undefined);
  const entry = chooses
    ? text.replace("@workgroup_size(LANES)", "@workgroup_size(LANES) @subgroup_size(SUBGROUP)")
    : text;
  const matrices = names.includes(ENABLES["chromium-experimental-subgroup-matrix"]);
  return [...names.map((name) => `enable ${name};\n`), matrices ? MATRIX_DIAGNOSTIC : "", entry].join("");
}

/**
 * Gives each alias of what arrays hold the type in which a call stores them, and two functions: of `Weight`, `weight_of` makes four floats of
 * what is stored, and `as_weight` what is stored of them. For float32 both leave everything as it is.
 * @throws if an alias stands for arrays that are stored in different types, or there is none for one that holds halves
 */
function store(text: string, kernel: AnyKernel, typed: Typed): string {
  const halves = new Set(
    Object.entries(typed.dtypes ?? {}).flatMap(([name, dtype]) => (dtype === "f16" ? [name] : [])),
  );
  const functions: string[] = [];
  const stored = text.replace(STORED, (_, alias: string, space: string, list: string) => {
    const arrays = list.trim().split(/ +/);
    const packed = dtypeOfArray(kernel, typed, arrays[0]) === "f16";
    if (arrays.some((array) => halves.has(array) !== packed))
      throw new Error(`${kernel.name} stores ${arrays.join(", ")} in different types`);
    for (const array of arrays) halves.delete(array);
    const name = alias.replace(/(?<=.)[A-Z]/g, "_$&").toLowerCase();
    functions.push(
      `fn ${name}_of(x: ${alias}) -> vec4f { return ${packed ? "unpack(x)" : "x"}; }`,
      `fn as_${name}(x: vec4f) -> ${alias} { return ${packed ? "pack(x)" : "x"}; }`,
    );
    return `alias ${alias} = ${packed ? "vec2u" : "vec4f"};${space}// stored`;
  });
  if (halves.size) throw new Error(`${kernel.name}: the shader has no alias for what ${[...halves].join(", ")} holds`);
  return functions.length ? `${stored}\n${functions.join("\n")}\n` : stored;
}

/** Turns sizes into uniforms. @returns the text, and the parameters that are left to freeze */
function loosen(text: string, params: Readonly<Record<string, number>>): [string, Record<string, number>] {
  const names = [...text.matchAll(SIZE)].map(([, name]) => name);
  if (names.length === 0) return [text, params];
  const fields = UNIFORMS.exec(text)?.[1].trim();
  if (fields === undefined) return [text, params]; // no uniforms to join
  const used = text.replace(SIZE, "").replace(new RegExp(`\\b(${names.join("|")})\\b`, "g"), "uniforms.$1");
  const all = [fields, ...names.map((name) => `${name}: u32`)].join(", ");
  const left = Object.entries(params).filter(([name]) => !names.includes(name));
  return [used.replace(UNIFORMS, `struct Uniforms { ${all} }`), Object.fromEntries(left)];
}

function freeze(kernel: string, text: string, params: Readonly<Record<string, number>>): string {
  const unused = new Set(Object.keys(params));
  let understood = 0;
  const frozen = text.replace(PARAM, (_, keyword: string, name: string, type: string | undefined, space: string) => {
    understood++;
    const value = params[name];
    if (value === undefined) throw new Error(`${kernel}: no value for the shader parameter ${name}`);
    unused.delete(name);
    return `${keyword} ${name}${type ? `: ${type}` : ""} = ${literal(value, type)};${space}// frozen`;
  });
  if (unused.size) throw new Error(`${kernel}: the shader has no parameter ${[...unused].join(", ")}`);
  const marks = [...text.matchAll(MARK)].length;
  const uses = [...text.matchAll(USE)].length;
  if (marks !== understood + uses) throw new Error(`${kernel}: ${marks - understood - uses} unreadable //! marks`);
  return frozen;
}

function literal(value: number, type: string | undefined): string {
  if (type === "bool") return value ? "true" : "false";
  if (type === "f32") return Number.isInteger(value) ? `${value}.0f` : `${value}f`;
  return `${value}u`;
}

/** A shader's text around a line, for error messages. */
export function excerpt(source: string, line: number): string {
  const lines = source.split("\n");
  const from = Math.max(0, line - 3);
  return lines
    .slice(from, line + 2)
    .map((text, index) => `${from + index + 1 === line ? ">" : " "} ${from + index + 1} | ${text}`)
    .join("\n");
}
