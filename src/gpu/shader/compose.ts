/** Turns a kernel's `.wgsl` file into the exact text handed to the GPU. */

import type { ElementType } from "../plan/dtype.ts";
import { type AnyKernel, dtypeOfArray, type Variant } from "../plan/kernel.ts";
import type { Cuts } from "../plan/parts.ts";
import type { Sizing } from "../plan/target.ts";
import { MARK, PARAM, SIZE, STORED, UNIFORMS, USE } from "./marks.ts";
import { split } from "./split.ts";

/** The shaders by path relative to `wgsl/`, such as `attention.wgsl` and `lib/tile_shuffle.wgsl`. */
export type ShaderSources = Readonly<Record<string, string>>;

/**
 * Composes a kernel's file with its libraries, names the types that the variant stores, and freezes its parameters.
 *
 * @param params a value for every line marked `//! param` or `//! size`, and for no other name
 * @param sizes `frozen` like parameters, or `uniform`: then one shader serves all sizes, and its `Uniforms` end with them
 * @param cuts arrays that take several bindings; without them, the text is the same as ever
 * @throws if a file is missing, a mark cannot be read, or parameters and marks do not match one to one
 */
export function compose(
  sources: ShaderSources,
  kernel: AnyKernel,
  variant: Variant,
  params: Readonly<Record<string, number>>,
  sizes: Sizing = "frozen",
  cuts: Cuts = {},
): string {
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
  files.set(own, split(read(own), kernel, variant, cuts));
  const enables = variant.features
    .filter((feature) => feature === "subgroups" || feature === "shader-f16")
    .map((feature) => `enable ${feature === "shader-f16" ? "f16" : feature};\n`);
  const text = [...enables, [...files.values()].join("\n")].join("");
  const typed = store(text, kernel, variant);
  return sizes === "frozen" ? freeze(kernel.name, typed, params) : freeze(kernel.name, ...loosen(typed, params));
}

/** Names the types in which a variant stores arrays. @throws if the shader has no alias for one that it stores otherwise */
function store(text: string, kernel: AnyKernel, variant: Variant): string {
  const left = new Set(Object.keys(variant.dtypes ?? {}));
  const typed = text.replace(STORED, (_, name: string, type: string, space: string, arrays: string) => {
    const own = arrays.trim().split(/ +/);
    const dtypes = new Set(own.map((array) => dtypeOfArray(kernel, variant, array)));
    const [dtype] = dtypes;
    if (dtypes.size !== 1)
      throw new Error(`${kernel.name} (${variant.name}) stores ${own.join(", ")} in different types`);
    for (const array of own) left.delete(array);
    return `alias ${name} = ${dtype === "f32" ? type : withElements(type, dtype)};${space}// stored`;
  });
  if (left.size) throw new Error(`${kernel.name}: the shader has no alias for what ${[...left].join(", ")} holds`);
  return typed;
}

/** A type of float32 with other elements. */
const withElements = (type: string, dtype: ElementType): string =>
  type === "f32" ? dtype : `${type.slice(0, -1)}<${dtype}>`;

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
