/** Runs a plan without a device: every step by its kernel's reference, every value stored as the device would store it. */
import { type Session, sessionOf } from "../../src/engines/core/component.ts";
import { elements, type NumberArray, numbersOf, type StoredArray, stored } from "../../src/gpu/plan/dtype.ts";
import { arraysOf } from "../../src/gpu/plan/kernel.ts";
import type { Plan, Step, Tensor } from "../../src/gpu/plan/plan.ts";

/** A session on a plan whose dispatches take no slices. */
export function interpreted(plan: Plan): Session {
  const values = new Map<number, NumberArray>();
  const of = ({ id, name, offset = 0 }: Tensor): NumberArray => {
    const held = values.get(id);
    if (!held || offset > 0) throw new Error(`${name} has no values`);
    return held;
  };
  for (const { tensor, data } of plan.constants) if (data) values.set(tensor.id, numbersOf(data()));
  const run = ({ kernel, dims, tensors }: Step): void => {
    const named = arraysOf(kernel).map((array, at) => ({ ...array, tensor: tensors[at] }));
    const read = named.filter(({ name }) => !(name in kernel.outputs));
    const written = named.filter(({ access }) => access === "read_write");
    const results = Object.fromEntries(
      written.map(({ name, tensor }) => [name, new Float64Array(elements(tensor.shape))]),
    );
    const inputs = Object.fromEntries(read.map(({ name, tensor }) => [name, of(tensor)]));
    kernel.reference(
      inputs,
      results,
      dims,
      Array.from({ length: kernel.rows(dims) }, (_, row) => row),
    );
    for (const { name, tensor } of written)
      values.set(tensor.id, numbersOf(stored(tensor.dtype, Float32Array.from(results[name]))));
  };
  return sessionOf(async (name, inputs) => {
    const section = plan.sections.find((each) => each.name === (name ?? ""));
    if (!section) throw new Error(`the plan has no section ${name}`);
    for (const [input, tensor] of section.inputs)
      values.set(tensor.id, numbersOf(inputs.get(input) as StoredArray).slice());
    for (const step of plan.steps.slice(section.first, section.end)) run(step);
    return new Map([...section.outputs].map(([output, tensor]) => [output, of(tensor).slice() as Float32Array]));
  });
}
