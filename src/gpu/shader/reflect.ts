/** Reads a shader's signature back from its text. */
import type { ElementType } from "../plan/dtype.ts";
import { type AnyKernel, arraysOf, uniformType } from "../plan/kernel.ts";
import type { ShaderSources } from "./compose.ts";
import { BINDING, STORED, UNIFORMS } from "./marks.ts";

export interface Binding {
  readonly name: string;
  readonly access: "read" | "read_write" | "uniform";
  /** The type in the shader, such as `array<vec4f>`. */
  readonly type: string;
  /** The comment behind the declaration, such as `[rows, C]`. */
  readonly shape: string;
}

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

/** A type behind its alias, if it is one of those that name what arrays hold. */
function unaliased(type: string, source: string): string {
  const alias = /^array<(\w+)>$/.exec(type)?.[1];
  const found = [...source.matchAll(STORED)].find(([, name]) => name === alias);
  return found ? "array<vec4f>" : type;
}

/** The arrays whose bindings use an alias of what they hold, by alias; as the marks say, or as the bindings do. */
function aliasesOf(source: string): { readonly marked: string; readonly bound: string } {
  const marks = storedOf(source);
  const bound = marks.map(({ alias }) => ({
    alias,
    arrays: bindingsOf(source).flatMap(({ name, type }) => (type === `array<${alias}>` ? [name] : [])),
  }));
  return { marked: listed(marks), bound: listed(bound) };
}

/** The aliases of what arrays hold, with the arrays, in words. */
const listed = (aliases: readonly { readonly alias: string; readonly arrays: readonly string[] }[]): string =>
  aliases.map(({ alias, arrays }) => `${alias}: ${[...arrays].sort().join(" ")}`).join("; ");

/** The aliases that a shader marks, with the arrays that they name. */
export const storedOf = (source: string): { readonly alias: string; readonly arrays: readonly string[] }[] =>
  [...source.matchAll(STORED)].map(([, alias, , arrays]) => ({ alias, arrays: arrays.trim().split(/ +/) }));

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
      access === "uniform" ? `${access} ${name}` : `${access} ${name} ${shape} ${elementOf(unaliased(type, source))}`,
    ),
    ...uniformsOf(source).map((field) => `  ${field}`),
  ].join("\n");
  if (declared !== written) throw new Error(`${kernel.name}: TypeScript says\n${declared}\nbut WGSL says\n${written}`);
  const { marked, bound } = aliasesOf(source);
  if (marked !== bound)
    throw new Error(`${kernel.name}: the marks say that aliases stand for ${marked}, but they do for ${bound}`);
  const halves = Object.entries((kernel.halves ?? {}) as Readonly<Record<string, readonly string[]>>);
  const said = listed(halves.map(([alias, arrays]) => ({ alias, arrays })));
  if (said !== marked)
    throw new Error(
      `${kernel.name}: TypeScript says that there may be halves in ${said || "none"}, but WGSL in ${marked || "none"}`,
    );
}
