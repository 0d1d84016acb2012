/** Workloads whose inputs are at hand. */
import { expect, it } from "vitest";
import { makeWorkload } from "../../src/bench/core/workload.ts";
import { engineNames } from "../../src/engines/index.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";

it.each(engineNames)("residues of one's own have a plan of their own number of atoms: %s", async (engine) => {
  const sequence = "GGGGGGG";
  const choice = { engine, mode: "trunk", component: "trunk", preset: "tiny", tokens: 7, seed: 3 } as const;
  const named = { ...choice, weights: "random", features: `synthetic, sequence ${sequence}` };
  const workload = await makeWorkload(nodeFiles, named, {
    inputs: (configured) => configured.randomInputs(3, { sequence }),
  });
  const { component, sizes } = workload.configured;
  for (const { name, shape } of component.inputs) {
    const found = workload.inputs.get(name)?.shape;
    // Some sizes are no plan's, such as how many bonds are listed.
    const sizeOf = (axis: string | number, at: number): number | undefined =>
      typeof axis === "number" ? axis : Object.hasOwn(sizes, axis) ? sizes[axis] : found?.[at];
    if (found) expect([name, found]).toEqual([name, shape.map(sizeOf)]);
  }
});
