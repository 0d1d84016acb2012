/** Undoes one trap by value where `npm run traps` asks for it: facts of layers before any test runs, weights when a case is loaded. */
import path from "node:path";
import type { GoldenCase } from "../../src/engines/core/cases.ts";
import type { WeightFile, Weights } from "../../src/engines/core/weights.ts";
import { weightSource } from "../../src/engines/core/weights.ts";
import { findEngine } from "../../src/engines/index.ts";
import { float32 } from "../../src/formats/tensor.ts";

const root = path.resolve(import.meta.dirname, "../..");
const asked = process.env.AF3_GPU_UNDO;
const trap = asked === undefined ? undefined : (await import("../../scripts/mutation/traps.mjs")).traps[Number(asked)];

/** Where a fact stands. @throws if there is none */
export async function placeOf(
  module: string,
  entry: string,
): Promise<{ holder: Record<string, unknown>; key: string }> {
  const keys = entry.split(".");
  const key = keys.pop() as string;
  let holder = (await import(path.join(root, module))) as Record<string, unknown>;
  for (const each of keys) holder = holder[each] as Record<string, unknown>;
  if (!Object.hasOwn(holder ?? {}, key)) throw new Error(`${module} has no ${entry}`);
  return { holder, key };
}

/** Undoes a trap that is a fact of a layer. */
export async function undoFacts(): Promise<void> {
  for (const [module, entry, value] of trap?.facts ?? []) {
    const { holder, key } = await placeOf(module, entry);
    holder[key] = value;
  }
}

/** A case's weights, or what they are with the trap undone. */
export function weightsOf(golden: GoldenCase): Weights {
  const change = trap?.weights;
  if (!change) return golden.weights;
  const engine = findEngine(golden.engine);
  const configured = golden.component.configure(golden.config, golden.sizes, () => {});
  const shapes = configured.weights;
  const stored = weightSource(engine, configured, golden.weights, () => {});
  const { weights } = golden;
  const read = (name: string): Float32Array => {
    if (shapes.has(name) || weights.kind === "file") return stored(name);
    return engine.randomWeight(name, shapes.get(nearest(name, [...shapes.keys()])) ?? [], weights.seed);
  };
  const file: WeightFile = {
    names: [...shapes.keys()],
    describe: (name) => ({ dtype: "F32", shape: shapes.get(name) ?? [] }),
    read(name) {
      const shape = shapes.get(name) ?? [];
      return float32(shape, change(name, read, shape) ?? read(name));
    },
    bytes() {
      throw new Error("changed weights have no bytes");
    },
  };
  if (!file.names.some((name) => change(name, read, shapes.get(name) ?? [])))
    throw new Error(`undoing ${trap?.trap} changes no weight of ${golden.folder}`);
  return { kind: "file", file };
}

/** The name that another begins with: a weight that is not read has the shape of the one that is read in its place. */
const nearest = (name: string, names: readonly string[]): string =>
  names.find((each) => each.replace(/_1(?=:)/, "") === name) ?? name;
