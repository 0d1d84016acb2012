/** The smallest pass there is: one matmul and a tanh, through the whole path of upload, dispatch and read-back. */

import { BadInputError } from "../../errors.ts";
import { RandomStream } from "../../formats/random.ts";
import { float32, type HostTensor } from "../../formats/tensor.ts";
import type { Plan } from "../../gpu/plan/plan.ts";
import { reduction } from "../../kernels/check/tolerance.ts";
import { matmul } from "../../kernels/matmul.ts";
import type { Component, ConfiguredComponent, Sizes } from "../core/component.ts";
import type { Engine } from "../core/engine.ts";
import { floatsOf } from "../core/inputs.ts";
import { padRows, unpadRows } from "../core/padding.ts";

const WIDTH = 64;
/** The component `toy`: y = tanh(x W) for x [tokens, 64]. It measures a backend's overhead; every engine has it. */
export function toyComponent({ name, toyWeight }: Pick<Engine, "name" | "toyWeight">): Component {
  const component: Component = {
    engine: name,
    name: "toy",
    inputs: [{ name: "x", shape: ["tokens", "width"] }],
    outputs: [{ name: "y", shape: ["tokens", "width"], bound: reduction(WIDTH) }],
    configure: (_config, sizes) => configured(component, toyWeight, sizes),
  };
  return component;
}

function configured(component: Component, name: string, { tokens: n }: Sizes): ConfiguredComponent {
  if (!Number.isSafeInteger(n) || n < 1) throw new BadInputError(`the number of tokens should be at least 1, not ${n}`);
  return {
    component,
    sizes: { tokens: n, width: WIDTH },
    weights: new Map([[name, [WIDTH, WIDTH]]]),
    record(plan: Plan, source) {
      const x = plan.input("x", [n, WIDTH]);
      const weights = plan.constant("weights", [WIDTH, WIDTH], () => (source as NonNullable<typeof source>)(name));
      const { y } = plan.dispatch(matmul, { x, weights }, { params: { TANH: true }, scalars: {} });
      const out = plan.output("y", y);
      return {
        toDevice: (inputs) => new Map([[x, padRows(floatsOf(inputs, "x"), WIDTH)]]),
        fromDevice: (outputs) => new Map([["y", float32([n, WIDTH], unpadRows(outputs.get(out), WIDTH))]]),
      };
    },
    randomInputs: (seed) => new Map([["x", float32([n, WIDTH], new RandomStream(seed, "x").normal(n * WIDTH, 1))]]),
    reference: (inputs, source) =>
      new Map([["y", toyReference((inputs.get("x") as HostTensor).data as Float32Array, source(name))]]),
  };
}

/** The toy's result in double precision: it has no golden case, so this is what it is checked against. */
export function toyReference(x: Float32Array, weights: Float32Array): Float64Array {
  const rows = x.length / WIDTH;
  return Float64Array.from({ length: rows * WIDTH }, (_, at) => {
    const [row, column] = [Math.floor(at / WIDTH), at % WIDTH];
    let sum = 0;
    for (let k = 0; k < WIDTH; k++) sum += x[row * WIDTH + k] * weights[column * WIDTH + k];
    return Math.tanh(sum);
  });
}
