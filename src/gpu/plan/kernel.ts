/** What a kernel is: a `.wgsl` file plus the facts that WGSL cannot state. */
import { bytesOf, type ElementType, elements, type NumberArray } from "./dtype.ts";
import type { Target } from "./target.ts";

/** Names of sizes, or fixed sizes. Upper-case names are frozen into the shader, lower-case ones travel as uniforms. */
export type Shape = readonly (string | number)[];
export type Shapes = Readonly<Record<string, Shape>>;
export type UniformType = "u32" | "f32";
/** Every size, parameter and scalar of one dispatch by name; flags are 0 or 1. */
export type Dims<Names extends string = string> = Readonly<Record<Names, number>>;
/** Element types of arrays by name; an array that is not named holds float32. */
export type Dtypes = Readonly<Partial<Record<string, ElementType>>>;
type NoDtypes = Readonly<Record<never, ElementType>>;
/** The inputs of a reference computation, by name, in the arrays that their types have on the host. */
export type Arrays<Names extends string = string, D extends Dtypes = NoDtypes> = {
  readonly [N in Names]: N extends keyof D ? NumberArray<D[N] & ElementType> : Float32Array;
};
/** What a reference computation fills, by name. */
export type Results<Names extends string = string> = Readonly<Record<Names, Float64Array>>;

/** Types in which floats are stored, and in which a variant multiplies them. */
export type Precision = "f32" | "f16";
/** Who says in which types arrays are stored, where that is not as the kernel has it: a step, a call, a variant. */
export interface Typed {
  readonly dtypes?: Dtypes;
}

/** Cost of one dispatch: floating-point operations, and bytes that must be read or written once. */
export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}

/** What a kernel computes, as variants divide it among workgroups. */
export interface Work {
  /** Problems of one size that have nothing in common, such as the heads of an attention; 1 where it is not named. */
  readonly batch?: number;
  /** Rows of one problem's result; of kernels whose lanes work alone, the pieces that a lane computes. */
  readonly rows: number;
  /** Elements of a row; 1 where it is not named. Of an attention, its keys. */
  readonly columns?: number;
  /** Floating-point operations per element, those on padding included. */
  readonly flops: number;
}

/**
 * How a variant shares its work: `tile`, blocks of a matrix product; `chain`, rows of two products, one behind the other; `keys`, an attention's keys and values; `rows`, lanes that
 * compute a row together; `lanes`, each alone. Variants of one family have the same parameters in all kernels.
 */
export type Family = "tile" | "chain" | "keys" | "rows" | "lanes";

/**
 * One way to run a kernel. It owns what the host must know to launch it (docs/decisions/0016-variants-own-their-launch.md); the
 * reference, the cases and the bound are the kernel's.
 */
export interface Variant {
  readonly name: string;
  readonly family: Family;
  /** Library name in the kernel file → file under `wgsl/lib`. A library that is not named here stands for itself. */
  readonly use: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, number>>;
  /** Parameters that the target decides, in place of its own; a row of the tuning table goes before both. */
  readonly adapts?: (target: Target) => Readonly<Record<string, number>> | undefined;
  readonly features: readonly string[];
  /** In what it multiplies, if that is less than float32: its errors are bounded as those of such operands are. */
  readonly arithmetic?: Exclude<Precision, "f32">;
  /** Element types of arrays without which it refuses a call; of all others, it takes what the call has. */
  readonly dtypes?: Dtypes;
  /** How many workgroups; the runtime folds counts above 65,535 into a second dimension. */
  readonly workgroups: (dims: Dims, work: Work) => number;
  /** Floating-point operations that they do, those of tiles that stick out included; without it, those of the work. */
  readonly done?: (dims: Dims, work: Work) => number;
  /** Why this variant cannot run on a target that has its features, or undefined if it can. */
  readonly refuses?: (target: Target, dims: Dims) => string | undefined;
  /** Parameters worth timing beside its own, for `tune`; what is left out keeps its value. No others come from a user's table; where the target decides parameters, no more of them. */
  readonly tries?: readonly Readonly<Record<string, number>>[];
}

/** One entry of a kernel's table of cases: tests, microbenchmarks and tuning all read it. */
export interface KernelCase<Names extends string = string> {
  readonly name: string;
  /** The sizes that the caller chooses; the rest follows. */
  readonly dims: Readonly<Partial<Record<Names, number>>>;
  /** Sizes that the tests may draw at random, with their bounds (inclusive). */
  readonly vary?: Readonly<Partial<Record<Names, readonly [number, number]>>>;
  readonly params?: Readonly<Record<string, number | boolean>>;
  readonly scalars?: Readonly<Record<string, number>>;
  /** Added to every value of an input: rows whose mean is far from zero show a layer norm that cancels. */
  readonly shift?: Readonly<Record<string, number>>;
  /** `ragged`: sizes that fill no tile. `bench`: timed by `af3-gpu kernels`. */
  readonly tags?: readonly ("ragged" | "bench")[];
}

type Name<T extends Shapes> = Extract<T[keyof T][number], string>;
type Key<T> = Extract<keyof T, string>;

/** Everything known about a kernel. Made by {@link defineKernel}. */
export interface Kernel<
  I extends Shapes = Shapes,
  IO extends Shapes = Shapes,
  O extends Shapes = Shapes,
  P extends Readonly<Record<string, number | boolean>> = Readonly<Record<string, number | boolean>>,
  S extends Readonly<Record<string, UniformType>> = Readonly<Record<string, UniformType>>,
  All extends string = string,
  D extends Dtypes = NoDtypes,
> {
  /** Also the name of the `.wgsl` file. */
  readonly name: string;
  /** One line of mathematics, for the generated table. */
  readonly formula: string;
  readonly inputs: I;
  /** Arrays that the kernel reads and overwrites in place. */
  readonly inouts: IO;
  readonly outputs: O;
  /** Element types of arrays that do not hold float32. */
  readonly dtypes?: D;
  /** Arrays that may hold halves, if a call has them so, by the alias that the shader has for what they hold; those of one alias are stored alike. */
  readonly halves?: Readonly<Record<string, readonly (Key<I> | Key<IO> | Key<O>)[]>>;
  /** Inputs whose rows it normalises before it multiplies them; where it has the parameter NORMALISE, if that is set. */
  readonly normalises?: readonly Key<I>[];
  /** Inputs that let results through in place of being factors of a product. */
  readonly gates?: readonly Key<I>[];
  /** Frozen constants that no array's shape gives, with their defaults. */
  readonly params: P;
  /** Numbers that the caller passes with each dispatch; sizes of outputs that no input gives are among them. */
  readonly scalars: S;
  /** The fields of the shader's `Uniforms`, in order: sizes, which are u32, and scalars. */
  readonly uniforms: readonly string[];
  /** Sizes that follow from the solved ones, such as the sizes of outputs. */
  derive?(dims: Dims): Readonly<Record<string, number>>;
  readonly variants: readonly Variant[];
  /** Whether it does what other kernels do in several steps: recorded only where a row of the tuning table proposes it by its name. */
  readonly fuses?: boolean;
  /** How its result falls into rows and columns; {@link Variant} makes workgroups of them. */
  work(dims: Dims<All>): Work;
  /** Floating-point operations that are needed: those on padding do not count. */
  flops(dims: Dims<All>): number;
  /** How many elements of an array a dispatch touches, where it is not all of them once. */
  touched?(dims: Dims<All>): Readonly<Partial<Record<Key<I> | Key<IO> | Key<O>, number>>>;
  /** Bound on the error of an element against the reference, where it multiplies in this precision. */
  tolerance(dims: Dims<All>, precision: Precision): number;
  /** How many independent rows the reference has; a test of a big case computes a sample of them. */
  rows(dims: Dims<All>): number;
  /** The specification, in double precision: fills all elements of the given rows, and leaves the others. */
  reference(
    inputs: Arrays<Key<I> | Key<IO>, D>,
    results: Results<Key<IO> | Key<O>>,
    dims: Dims<All>,
    rows: readonly number[],
  ): void;
  /**
   * How the tests fill an input that is no mere set of numbers. Otherwise: normal values with a few large outliers; integers
   * that lie so far from zero and so close together that float32 could not tell them apart.
   */
  readonly fill?: Readonly<Partial<Record<Key<I> | Key<IO>, "mask">>>;
  /** Makes a test's random inputs what callers guarantee, such as zeros in padding. */
  prepare?(inputs: Arrays<Key<I> | Key<IO>, D>, dims: Dims<All>): void;
  readonly cases: readonly KernelCase<All>[];
}

// biome-ignore lint/suspicious/noExplicitAny: a registry holds kernels of every signature
export type AnyKernel = Kernel<any, any, any, any, any, any, any>;

/** Checks a kernel's record at compile time and returns it with its names as types. */
export function defineKernel<
  const I extends Shapes,
  const IO extends Shapes,
  const O extends Shapes,
  const P extends Readonly<Record<string, number | boolean>>,
  const S extends Readonly<Record<string, UniformType>>,
  const V extends readonly Variant[],
  const D extends Partial<Record<Key<I> | Key<IO> | Key<O>, ElementType>> = NoDtypes,
>(
  kernel: Kernel<I, IO, O, P, S, Name<I> | Name<IO> | Name<O> | Key<P> | Key<S> | Key<V[number]["params"]>, D> & {
    readonly variants: V;
  },
): Kernel<I, IO, O, P, S> {
  return kernel as unknown as Kernel<I, IO, O, P, S>;
}

/** The type of a uniform field: a scalar's own, and u32 for sizes. */
export const uniformType = (kernel: AnyKernel, field: string): UniformType => kernel.scalars[field] ?? "u32";

/** The element type of a kernel's array, as a call stores it or as the kernel says. */
export const dtypeOfArray = (kernel: AnyKernel, typed: Typed | undefined, array: string): ElementType =>
  typed?.dtypes?.[array] ?? kernel.dtypes?.[array] ?? "f32";

/** The types of a call that stores as halves whatever the kernel allows. */
export const halvesOf = ({ halves = {} }: AnyKernel): Dtypes =>
  Object.fromEntries(
    Object.values(halves as Readonly<Record<string, readonly string[]>>).flatMap((arrays) =>
      arrays.map((array) => [array, "f16"]),
    ),
  );

/** An array of a kernel, with how the shader accesses it. */
export interface KernelArray {
  readonly name: string;
  readonly access: "read" | "read_write";
  readonly shape: Shape;
  readonly dtype: ElementType;
}

/** All arrays of a kernel in binding order, as the kernel says or as a call stores them. */
export function arraysOf(kernel: AnyKernel, typed?: Typed): readonly KernelArray[] {
  const list = (shapes: Shapes, access: "read" | "read_write") =>
    Object.entries(shapes).map(([name, shape]) => ({
      name,
      access,
      shape,
      dtype: dtypeOfArray(kernel, typed, name),
    }));
  return [...list(kernel.inputs, "read"), ...list(kernel.inouts, "read_write"), ...list(kernel.outputs, "read_write")];
}

/** Finds the value of every size name in the given arrays' shapes, or says which two arrays disagree. */
export function solveDims(
  name: string,
  shapes: Shapes,
  actual: Readonly<Record<string, readonly number[]>>,
): Record<string, number> {
  const dims: Record<string, number> = {};
  const origin: Record<string, string> = {};
  for (const [array, shape] of Object.entries(shapes)) {
    const sizes = actual[array];
    if (!sizes || sizes.length !== shape.length)
      throw new Error(`${name}: ${array} should be [${shape.join(", ")}] but is [${sizes?.join(", ") ?? "missing"}]`);
    shape.forEach((dim, axis) => {
      const size = sizes[axis];
      if (typeof dim === "number") {
        if (dim !== size) throw new Error(`${name}: axis ${axis} of ${array} should be ${dim} but is ${size}`);
      } else if (dim in dims && dims[dim] !== size) {
        throw new Error(`${name}: ${dim} is ${dims[dim]} in ${origin[dim]} but ${size} in ${array}`);
      } else {
        dims[dim] = size;
        origin[dim] ??= array;
      }
    });
  }
  return dims;
}

/** The sizes of an array whose shape names are all known. */
export function sizesOf(shape: Shape, dims: Dims): number[] {
  return shape.map((dim) => {
    const size = typeof dim === "number" ? dim : dims[dim];
    if (size === undefined) throw new Error(`size ${dim} is not known`);
    return size;
  });
}

/** The work of one dispatch: each element is read or written once, what is updated in place twice, unless the kernel says otherwise. */
export function costOf(kernel: AnyKernel, typed: Typed, dims: Dims): Cost {
  const touched: Readonly<Partial<Record<string, number>>> = kernel.touched?.(dims) ?? {};
  const bytes = arraysOf(kernel, typed).map(({ name, shape, dtype }) => {
    const times = name in kernel.inouts ? 2 : 1;
    return times * bytesOf([touched[name] ?? elements(sizesOf(shape, dims))], dtype);
  });
  return { flops: kernel.flops(dims), bytes: bytes.reduce((sum, own) => sum + own, 0) };
}

/** How many workgroups a dispatch has. */
export const workgroupsOf = (kernel: AnyKernel, variant: Variant, dims: Dims): number =>
  variant.workgroups(dims, kernel.work(dims));

/** Floating-point operations that the workgroups of a dispatch do. */
export function doneOf(kernel: AnyKernel, variant: Variant, dims: Dims): number {
  const work = kernel.work(dims);
  const { batch = 1, rows, columns = 1, flops } = work;
  return variant.done?.(dims, work) ?? batch * rows * columns * flops;
}

/** Adds derived sizes, parameters (defaults, then given) and the variant's parameters to solved sizes; flags become 0 or 1. */
export function completeDims(
  kernel: AnyKernel,
  variant: Variant,
  solved: Readonly<Record<string, number>>,
  params: Readonly<Record<string, number | boolean>>,
  scalars: Readonly<Record<string, number>>,
): Dims {
  const dims: Record<string, number> = { ...variant.params };
  for (const [key, value] of Object.entries({ ...kernel.params, ...params })) {
    if (!(key in kernel.params) && !(key in variant.params)) throw new Error(`${kernel.name} has no parameter ${key}`);
    dims[key] = Number(value);
  }
  Object.assign(dims, solved, scalars);
  for (const [key, value] of Object.entries(kernel.derive?.(dims) ?? {})) {
    if (key in solved && solved[key] !== value)
      throw new Error(`${kernel.name}: ${key} should be ${value} but is ${solved[key]}`);
    dims[key] = value;
  }
  for (const key of kernel.uniforms)
    if (dims[key] === undefined) throw new Error(`${kernel.name}: no value for the uniform ${key}`);
  return dims;
}

/** Parameters to freeze into the shader: everything known whose name is upper case. */
export function frozenParams(dims: Dims): Record<string, number> {
  return Object.fromEntries(Object.entries(dims).filter(([key]) => key === key.toUpperCase()));
}
