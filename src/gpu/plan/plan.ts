/** A plan records the dispatches of one component at one shape. It never touches a device and never waits. */
import { TooLargeError } from "../../errors.ts";
import { bytesOf, type ElementType, elements, type StoredArray } from "./dtype.ts";
import {
  type AnyKernel,
  arraysOf,
  type Cost,
  costOf,
  type Dims,
  type Dtypes,
  doneOf,
  halvesOf,
  type Kernel,
  type Precision,
  type Shapes,
  sizesOf,
  solveDims,
  type UniformType,
  type Variant,
  workgroupsOf,
} from "./kernel.ts";
import { bind, bindingsOf, type Part } from "./parts.ts";
import { type Lives, livesOf } from "./phases.ts";
import { operandType, type PrecisionMode } from "./precision.ts";
import type { Target } from "./target.ts";
import type { Tensor } from "./tensor.ts";
import { typesOf } from "./typing.ts";
import { chooseVariant, isProposed } from "./variant.ts";

export { reshape, slice, sliceable, type Tensor } from "./tensor.ts";

/** A handle of what a run of a section returns. */
export interface Output {
  readonly name: string;
}

/** Values known before the plan runs, such as prepared weights; made only when the plan is built for a device. */
export interface Constant {
  readonly tensor: Tensor;
  /** Absent once an executable has the values: see {@link Plan.releaseConstants}. */
  data: (() => StoredArray) | undefined;
}

export interface Step {
  /** Scopes and kernel, such as `block 3/triangle attention starting/attention`. */
  readonly label: string;
  readonly kernel: AnyKernel;
  readonly variant: Variant;
  readonly dims: Dims;
  /** The element types of its arrays. */
  readonly dtypes: Dtypes;
  readonly workgroups: number;
  readonly cost: Cost;
  /** Floating-point operations that the workgroups do. */
  readonly done: number;
  /** In the kernel's binding order. */
  readonly tensors: readonly Tensor[];
  /** The bindings that hold each of them: the only place that says how many. */
  readonly parts: readonly (readonly Part[])[];
}

/** Steps that run together. A plan whose parts run a different number of times has a section for each. */
export interface Section {
  readonly name: string;
  /** First step, and the one behind the last. */
  readonly first: number;
  readonly end: number;
  /** Uploaded before the section's first step. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** Read back behind its last. */
  readonly outputs: ReadonlyMap<string, Tensor>;
}

interface OpenSection extends Section {
  end: number;
  readonly inputs: Map<string, Tensor>;
  readonly outputs: Map<string, Tensor>;
}

type Key<T> = Extract<keyof T, string>;
type Handles<T extends Shapes> = { readonly [K in Key<T>]: Tensor };

/** What a call of a kernel needs beside its arrays; parameters that are not given keep the kernel's defaults. */
interface CallOptions<O extends Shapes, P, S> {
  /** Arrays, or slices of them, that take outputs in place of new ones. */
  readonly into?: Partial<Handles<O>>;
  /** Types in which new outputs are stored; float32, where the kernel says nothing else. */
  readonly store?: Partial<{ readonly [K in Key<O>]: Precision }>;
  readonly params?: Partial<{ readonly [N in Key<P>]: number | boolean }>;
  readonly scalars: { readonly [N in Key<S>]: number };
}

export class Plan {
  readonly target: Target;
  readonly steps: Step[] = [];
  readonly tensors: Tensor[] = [];
  readonly constants: Constant[] = [];
  private readonly recorded: OpenSection[] = [];
  /** Weights that turned out to be beyond half precision when they were made, by their tensors' names, and why. */
  readonly beyondHalf = new Map<string, string>();
  private readonly scopes: string[] = [];
  private mode: PrecisionMode;

  constructor(target: Target) {
    this.target = target;
    this.mode = target.precision?.mode ?? "f32";
  }

  /** The precision of what is recorded now. */
  get precision(): PrecisionMode {
    return this.mode;
  }

  /** What operands of matrix products hold: weights, factors, queries, keys, values, gates, hidden layers. */
  get operand(): Precision {
    return operandType(this.mode);
  }

  /** Records a part of the network that stays float32 unless the target names a precision of its own for it. */
  part<T>(name: string, body: () => T): T {
    const around = this.mode;
    this.mode = this.target.precision?.parts?.[name] ?? "f32";
    try {
      return body();
    } finally {
      this.mode = around;
    }
  }

  /** Records `body` under a name that the profiler, the errors and `af3-gpu plan` print. */
  scope<T>(name: string, body: () => T): T {
    this.scopes.push(name);
    try {
      return body();
    } finally {
      this.scopes.pop();
    }
  }

  /**
   * Records `body` as a section that runs on its own. Sections run in the order of recording, each as often as the caller
   * likes before the next. What several sections touch keeps its values between them; everything else is forgotten.
   */
  section<T>(name: string, body: () => T): T {
    if (this.recorded.some((section) => section.name === name)) throw new Error(`there is a section ${name} already`);
    if (this.recorded.some((section) => section.name === "")) throw new Error("what stands before has no section");
    this.open(name);
    return this.scope(name, body);
  }

  /** The sections in the order in which they were recorded; a plan that names none has one without a name. */
  get sections(): readonly Section[] {
    return this.recorded;
  }

  /** An array that the caller provides at each run of the section. The run may overwrite it after its last use. */
  input(name: string, shape: readonly number[], dtype: ElementType = "f32"): Tensor {
    const tensor = this.tensor(name, shape, dtype);
    this.current().inputs.set(name, tensor);
    return tensor;
  }

  /** An array that dispatches fill slice by slice (see `into`). */
  empty(name: string, shape: readonly number[], dtype: ElementType = "f32"): Tensor {
    return this.tensor([...this.scopes, name].join("/"), shape, dtype);
  }

  /** An array known before the run. @param data makes the values; called once per device that the plan is built for */
  constant<T extends ElementType = "f32">(
    name: string,
    shape: readonly number[],
    data: () => StoredArray<T>,
    dtype?: T,
  ): Tensor {
    const tensor = this.tensor([...this.scopes, name].join("/"), shape, dtype ?? "f32");
    this.constants.push({ tensor, data });
    return tensor;
  }

  /** What the weights of a matrix product hold: what operands do, unless the target knows them to be beyond half precision. */
  weightType(name: string): Precision {
    return this.target.precision?.float32?.has([...this.scopes, name].join("/")) ? "f32" : this.operand;
  }

  /** Declares that a run of the section returns `tensor` under this name. */
  output(name: string, tensor: Tensor): Output {
    this.current().outputs.set(name, tensor);
    return { name };
  }

  private current(): OpenSection {
    return this.recorded[this.recorded.length - 1] ?? this.open("");
  }

  private open(name: string): OpenSection {
    const at = this.steps.length;
    const section = { name, first: at, end: at, inputs: new Map(), outputs: new Map() };
    this.recorded.push(section);
    return section;
  }

  /**
   * Records one dispatch and returns the handles of what it writes anew.
   * @throws if shapes contradict each other, or the kernel does not take an array as it is stored
   * @throws {TooLargeError} if its arrays take more bindings than the device has
   */
  dispatch<
    I extends Shapes,
    IO extends Shapes,
    O extends Shapes,
    P extends Readonly<Record<string, number | boolean>>,
    S extends Readonly<Record<string, UniformType>>,
  >(kernel: Kernel<I, IO, O, P, S>, arrays: Handles<I> & Handles<IO>, options: CallOptions<O, P, S>): Handles<O> {
    const given = arrays as Readonly<Record<string, Tensor>>;
    const shapes = Object.fromEntries(Object.entries(given).map(([name, { shape }]) => [name, shape]));
    const solved = solveDims(kernel.name, { ...kernel.inputs, ...kernel.inouts }, shapes);
    const label = [...this.scopes, kernel.name].join("/");
    const into = defined((options.into ?? {}) as Readonly<Record<string, Tensor | undefined>>);
    const dtypes = typesOf(label, kernel, { ...given, ...into }, options.store ?? {});
    const { params, scalars } = options;
    const call = { sizes: solved, params: defined(params ?? {}), scalars, dtypes };
    const { variant, dims } = chooseVariant(kernel, this.target, call);
    const fresh: Record<string, Tensor> = {};
    for (const { name, shape, dtype } of arraysOf(kernel, { dtypes })) {
      if (!(name in kernel.outputs)) continue;
      const sizes = sizesOf(shape, dims);
      fresh[name] = into[name] ?? this.tensor(`${label}/${name}`, sizes, dtype);
      if (fresh[name].bytes !== bytesOf(sizes, dtype))
        throw new Error(`${label}: ${fresh[name].name} does not hold ${name} [${sizes.join(", ")}]`);
    }
    const tensors = arraysOf(kernel).map(({ name }) => given[name] ?? fresh[name]);
    this.steps.push({
      label,
      kernel,
      variant,
      dims,
      dtypes,
      workgroups: workgroupsOf(kernel, variant, dims),
      cost: costOf(kernel, { dtypes }, dims),
      done: doneOf(kernel, variant, dims),
      tensors,
      parts: bind(label, tensors, this.target.limits),
    });
    this.current().end = this.steps.length;
    return fresh as Handles<O>;
  }

  /**
   * Whether to record a kernel that fuses what others do in several steps: where a row of the tuning table proposes it by its name.
   * @param sizes and scalars of the call
   */
  fuses(kernel: AnyKernel, sizes: Dims, params: Readonly<Record<string, number | boolean>> = {}): boolean {
    const dtypes = this.operand === "f16" ? halvesOf(kernel) : {};
    return isProposed(kernel, this.target, { sizes, params, dtypes });
  }

  /** As {@link fuses}, and whether the device has bindings for its arrays as a whole, for callers that take nothing in chunks. @param sizes all of them */
  fusesWhole(kernel: AnyKernel, sizes: Dims, params: Readonly<Record<string, number | boolean>> = {}): boolean {
    if (!this.fuses(kernel, sizes, params)) return false;
    const call = { sizes, params, dtypes: this.operand === "f16" ? halvesOf(kernel) : {} };
    const { dims } = chooseVariant(kernel, this.target, call);
    const arrays = arraysOf(kernel, call).map(({ shape, dtype }) => ({ bytes: bytesOf(sizesOf(shape, dims), dtype) }));
    return bindingsOf(arrays, this.target.limits) <= this.target.limits.maxStorageBuffersPerShaderStage;
  }

  /** Lets go of what makes the constants, and with it of the weights that they are made of. The plan cannot be built again. */
  releaseConstants(): void {
    for (const constant of this.constants) constant.data = undefined;
  }

  /** For each tensor that is no constant, from which step to which it must keep its values while everything is on the device. */
  lifetimes(): Lives {
    return livesOf(this);
  }

  /** The sum of all steps' work. */
  cost(): Cost {
    return this.steps.reduce((sum, { cost }) => ({ flops: sum.flops + cost.flops, bytes: sum.bytes + cost.bytes }), {
      flops: 0,
      bytes: 0,
    });
  }

  private tensor(name: string, shape: readonly number[], dtype: ElementType): Tensor {
    const tensor = { id: this.tensors.length, name, shape, dtype, bytes: bytesOf(shape, dtype) };
    // Shaders count elements, and the fours of them that they read, with 32 bits.
    if (elements(shape) >= 2 ** 32)
      throw new TooLargeError(`${name} [${shape.join(", ")}] has more elements than shaders can count`);
    this.tensors.push(tensor);
    return tensor;
  }
}

/** Without the entries whose value is undefined. */
const defined = <T>(entries: Readonly<Record<string, T | undefined>>): Record<string, T> =>
  Object.fromEntries(Object.entries(entries).filter((entry): entry is [string, T] => entry[1] !== undefined));
