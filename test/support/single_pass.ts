/** Components of one section, whose device inputs a test may look at. */
import type { ConfiguredComponent } from "../../src/engines/core/component.ts";
import type { TensorMap } from "../../src/formats/tensor.ts";
import type { StoredArray } from "../../src/gpu/plan/dtype.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { target } from "./target.ts";

/** A component's inputs as its plan takes them, by name. @throws if it runs in sections */
export function deviceInputs(component: ConfiguredComponent, inputs: TensorMap): Map<string, StoredArray> {
  const recorded = component.record(new Plan(target));
  if (!("toDevice" in recorded)) throw new Error(`${component.component.name} runs in sections`);
  return new Map([...recorded.toDevice(inputs)].map(([{ name }, values]) => [name, values]));
}
