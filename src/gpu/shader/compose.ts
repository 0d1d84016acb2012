/** Turns a kernel's `.wgsl` file into the exact text handed to the GPU, and reads its signature back. */

import type { ElementType } from "../plan/dtype.ts";
import { type AnyKernel, arraysOf, uniformType, type Variant } from "../plan/kernel.ts";
import type { Sizing } from "../plan/target.ts";

/** The shaders by path relative to `wgsl/`, such as `attention.wgsl` and `lib/tile_shuffle.wgsl`. */
export type ShaderSources = Readonly<Record<string, string>>;

const USE = /^\/\/! use (\w+)$/gm;
const PARAM = /^(const|alias) (\w+)(?:: (\w+))? = [^;]*;(\s*)\/\/! (?:param|size)$/gm;
const SIZE = /^const (\w+): u32 = [^;]*;\s*\/\/! size$/gm;
const UNIFORMS = /^struct Uniforms \{([^}]*)\}/m;
const MARK = /\/\/!/g;

/**
 * Composes a kernel's file with its libraries and freezes its parameters.
 *
 * @param params a value for every line marked `//! param` or `//! size`, and for no other name
 * @param sizes `frozen` like parameters, or `uniform`: then one shader serves all sizes, and its `Uniforms` end with them
 * @throws if a file is missing, a mark cannot be read, or parameters and marks do not match one to one
 */
export function compose(
  sources: ShaderSources,
  kernel: AnyKernel,
  variant: Variant,
  params: Readonly<Record<string, number>>,
  sizes: Sizing = "frozen",
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
  add(`${kernel.name}.wgsl`);
  const enables = variant.features
    .filter((feature) => feature === "subgroups" || feature === "shader-f16")
    .map((feature) => `enable ${feature === "shader-f16" ? "f16" : feature};\n`);
  const text = [...enables, [...files.values()].join("\n")].join("");
  return sizes === "frozen" ? freeze(kernel.name, text, params) : freeze(kernel.name, ...loosen(text, params));
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

export interface Binding {
  readonly name: string;
  readonly access: "read" | "read_write" | "uniform";
  /** The type in the shader, such as `array<vec4f>`. */
  readonly type: string;
  /** The comment behind the declaration, such as `[rows, C]`. */
  readonly shape: string;
}

const BINDING =
  /^@group\(0\) @binding\((\d+)\) var<(storage, read|storage, read_write|uniform)> (\w+): ([^;]+);(?:\s*\/\/ (\[[^\]]*\]))?$/gm;

/** The bindings that a shader declares, in order. @throws if one is out of order or on a line it cannot read */
export function bindingsOf(source: string): Binding[] {
  const found = [...source.matchAll(BINDING)];
  const declared = source.match(/@binding/g)?.length ?? 0;
  if (found.length !== declared) throw new Error(`${declared - found.length} unreadable @binding lines`);
  return found.map(([, index, space, name, type, shape = ""], position) => {
    if (Number(index) !== position) throw new Error(`binding ${name} is out of order`);
    const access = space === "uniform" ? "uniform" : space === "storage, read" ? "read" : "read_write";
    return { name, access, type, shape };
  });
}

const SCALARS: Readonly<Record<string, ElementType>> = { f: "f32", h: "f16", i: "i32", u: "u32" };

/** The element type of an array of scalars or vectors, or the type itself where it is another. */
function elementOf(type: string): string {
  const vector = /^array<vec[234]([fhiu])>$/.exec(type)?.[1];
  const scalar = /^array<(?:vec[234]<)?(f32|f16|i32|u32)>?>$/.exec(type)?.[1];
  return vector ? SCALARS[vector] : (scalar ?? type);
}

/** The fields of a shader's `Uniforms` struct as `name: type` lines, or none. */
function uniformsOf(source: string): string[] {
  const struct = UNIFORMS.exec(source)?.[1];
  return struct ? struct.split(",").flatMap((field) => field.trim() || []) : [];
}

/** The uniforms that a shader reads, in order. */
export const uniformNames = (source: string): string[] => uniformsOf(source).map((field) => field.split(":")[0]);

/** Checks that TypeScript and WGSL tell the same story about a kernel. @throws with both stories if they do not */
export function checkSignature(sources: ShaderSources, kernel: AnyKernel): void {
  const source = sources[`${kernel.name}.wgsl`];
  if (source === undefined) throw new Error(`${kernel.name}: there is no shader file wgsl/${kernel.name}.wgsl`);
  const declared = [
    ...arraysOf(kernel).map(({ name, access, shape, dtype }) => `${access} ${name} [${shape.join(", ")}] ${dtype}`),
    ...(kernel.uniforms.length ? ["uniform uniforms"] : []),
    ...kernel.uniforms.map((name) => `  ${name}: ${uniformType(kernel, name)}`),
  ].join("\n");
  const written = [
    ...bindingsOf(source).map(({ name, access, shape, type }) =>
      access === "uniform" ? `${access} ${name}` : `${access} ${name} ${shape} ${elementOf(type)}`,
    ),
    ...uniformsOf(source).map((field) => `  ${field}`),
  ].join("\n");
  if (declared !== written) throw new Error(`${kernel.name}: TypeScript says\n${declared}\nbut WGSL says\n${written}`);
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
