/** Components of one section, whose device inputs a test may look at. */
import type { Configured, ConfiguredComponent, SinglePass } from "../../src/engines/core/component.ts";

/** @throws if the component runs in sections */
export function singlePass(component: ConfiguredComponent): Configured & SinglePass {
  if (!("toDevice" in component)) throw new Error(`${component.component.name} runs in sections`);
  return component;
}
