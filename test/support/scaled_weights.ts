/** Seeded weights of which some are much larger or smaller than usual. */
import type { ConfiguredComponent } from "../../src/engines/core/component.ts";
import type { WeightFile, Weights } from "../../src/engines/core/weights.ts";
import { findEngine } from "../../src/engines/index.ts";
import { float32 } from "../../src/formats/tensor.ts";

/** @param which of them; without it, all */
export function scaledWeights({ component, weights }: ConfiguredComponent, factor: number, which = /./): Weights {
  const { randomWeight } = findEngine(component.engine);
  const shapeOf = (name: string): readonly number[] => weights.get(name) ?? [];
  const file: WeightFile = {
    names: [...weights.keys()],
    describe: (name) => ({ dtype: "F32", shape: shapeOf(name) }),
    bytes: () => new Uint8Array(),
    read: (name) =>
      float32(
        shapeOf(name),
        randomWeight(name, shapeOf(name), 0).map((value) => (which.test(name) ? factor * value : value)),
      ),
  };
  return { kind: "file", file };
}
