/** A plan records the dispatches of one component at one shape. It never touches a device and never waits. */
import { TooLargeError } from "../errors.ts";
import {
  type AnyKernel,
  arraysOf,
  type Cost,
  completeDims,
  type Dims,
  elements,
  type Kernel,
  type Shapes,
  sizesOf,
  solveDims,
  type UniformType,
  type Variant,
} from "./kernel.ts";
import type { Lifetime } from "./memory.ts";
import type { Target } from "./target.ts";
import { chooseVariant } from "./variant.ts";

/** A handle of an array that will exist when the plan runs: float32, contiguous, row-major. */
export interface Tensor {
  readonly id: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** The same elements under another shape. @throws if the number of elements differs */
export function reshape(tensor: Tensor, shape: readonly number[]): Tensor {
  if (elements(shape) !== elements(tensor.shape))
    throw new Error(`${tensor.name} [${tensor.shape.join(", ")}] cannot become [${shape.join(", ")}]`);
  return { ...tensor, shape };
}

/** Values known before the plan runs, such as prepared weights; made only when the plan is built for a device. */
export interface Constant {
  readonly tensor: Tensor;
  /** Absent once the values are on a device: see {@link Plan.releaseConstants}. */
  data: (() => Float32Array) | undefined;
}

export interface Step {
  /** Scopes and kernel, such as `block 3/triangle attention starting/attention`. */
  readonly label: string;
  readonly kernel: AnyKernel;
  readonly variant: Variant;
  readonly dims: Dims;
  readonly workgroups: number;
  readonly cost: Cost;
  /** In the kernel's binding order. */
  readonly tensors: readonly Tensor[];
}

type Key<T> = Extract<keyof T, string>;
type Handles<T extends Shapes> = { readonly [K in Key<T>]: Tensor };

/** What a call of a kernel needs beside its arrays; parameters that are not given keep the kernel's defaults. */
interface CallOptions<P, S> {
  readonly params?: Partial<{ readonly [N in Key<P>]: number | boolean }>;
  readonly scalars: { readonly [N in Key<S>]: number };
}

export class Plan {
  readonly target: Target;
  readonly steps: Step[] = [];
  readonly tensors: Tensor[] = [];
  readonly constants: Constant[] = [];
  readonly inputs = new Map<string, Tensor>();
  readonly outputs = new Map<string, Tensor>();
  private readonly scopes: string[] = [];

  constructor(target: Target) {
    this.target = target;
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

  /** An array that the caller provides at each run. The run may overwrite it after its last use. */
  input(name: string, shape: readonly number[]): Tensor {
    const tensor = this.tensor(name, shape);
    this.inputs.set(name, tensor);
    return tensor;
  }

  /** An array known before the run. @param data makes the values; called once per device that the plan is built for */
  constant(name: string, shape: readonly number[], data: () => Float32Array): Tensor {
    const tensor = this.tensor([...this.scopes, name].join("/"), shape);
    this.constants.push({ tensor, data });
    return tensor;
  }

  /** Declares that the run returns `tensor` under this name. */
  output(name: string, tensor: Tensor): void {
    this.outputs.set(name, tensor);
  }

  /**
   * Records one dispatch and returns the handles of what it writes anew.
   * @throws if shapes contradict each other
   * @throws {TooLargeError} if an array passes the device's binding limit
   */
  dispatch<
    I extends Shapes,
    IO extends Shapes,
    O extends Shapes,
    P extends Readonly<Record<string, number | boolean>>,
    S extends Readonly<Record<string, UniformType>>,
  >(kernel: Kernel<I, IO, O, P, S>, arrays: Handles<I> & Handles<IO>, options: CallOptions<P, S>): Handles<O> {
    const given = arrays as Readonly<Record<string, Tensor>>;
    const shapes = Object.fromEntries(Object.entries(given).map(([name, { shape }]) => [name, shape]));
    const solved = solveDims(kernel.name, { ...kernel.inputs, ...kernel.inouts }, shapes);
    const { variant, dims } = chooseVariant(kernel, this.target, (variant, tuned) =>
      completeDims(kernel, variant, solved, { ...tuned, ...defined(options.params) }, options.scalars),
    );
    const label = [...this.scopes, kernel.name].join("/");
    const fresh: Record<string, Tensor> = {};
    for (const [name, shape] of Object.entries(kernel.outputs))
      fresh[name] = this.tensor(`${label}/${name}`, sizesOf(shape, dims));
    const tensors = arraysOf(kernel).map(({ name }) => given[name] ?? fresh[name]);
    this.steps.push({
      label,
      kernel,
      variant,
      dims,
      workgroups: kernel.workgroups(dims),
      cost: kernel.cost(dims),
      tensors,
    });
    return fresh as Handles<O>;
  }

  /** Lets go of what makes the constants, and with it of the host's copy of the weights. The plan cannot be built again. */
  releaseConstants(): void {
    for (const constant of this.constants) constant.data = undefined;
  }

  /** For each tensor that is no constant, from which step to which it must keep its values. */
  lifetimes(): { tensors: readonly Tensor[]; lifetimes: readonly Lifetime[] } {
    const constant = new Set(this.constants.map(({ tensor }) => tensor.id));
    const first = new Map<number, number>();
    const last = new Map<number, number>();
    for (const { id } of this.inputs.values()) first.set(id, -1);
    this.steps.forEach((step, index) => {
      for (const { id } of step.tensors) {
        if (!first.has(id)) first.set(id, index);
        last.set(id, index);
      }
    });
    for (const { id } of this.outputs.values()) last.set(id, this.steps.length);
    const tensors = this.tensors.filter(({ id, bytes }) => !constant.has(id) && first.has(id) && bytes > 0);
    return {
      tensors,
      lifetimes: tensors.map(({ id, bytes }) => ({
        bytes,
        first: first.get(id) as number,
        last: last.get(id) ?? (first.get(id) as number),
      })),
    };
  }

  /** The sum of all steps' work. */
  cost(): Cost {
    return this.steps.reduce((sum, { cost }) => ({ flops: sum.flops + cost.flops, bytes: sum.bytes + cost.bytes }), {
      flops: 0,
      bytes: 0,
    });
  }

  private tensor(name: string, shape: readonly number[]): Tensor {
    const tensor = { id: this.tensors.length, name, shape, bytes: 4 * elements(shape) };
    const limit = Math.min(this.target.limits.maxStorageBufferBindingSize, this.target.limits.maxBufferSize);
    if (tensor.bytes > limit)
      throw new TooLargeError(
        `${name} [${shape.join(", ")}] needs ${tensor.bytes} bytes in one binding, the device allows ${limit}`,
      );
    this.tensors.push(tensor);
    return tensor;
  }
}

/** Without the entries whose value is undefined. */
function defined(
  params: Readonly<Record<string, number | boolean | undefined>> = {},
): Record<string, number | boolean> {
  return Object.fromEntries(
    Object.entries(params).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
