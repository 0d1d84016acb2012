/** Golden cases in a benchmark: run on a backend, and told from the workload that is one itself. */
import type { Backend } from "../../backends/backend.ts";
import { compareCase, type GoldenCase, givenCase, readExpected } from "../../engines/core/cases.ts";
import type { OutputComparison } from "../../engines/core/comparison.ts";
import { type Files, givenFiles } from "../../formats/files.ts";
import { givenParts, givenSignal } from "../../formats/given.ts";
import type { HostTensor, TensorMap } from "../../formats/tensor.ts";
import { roundingCosts } from "../../kernels/check/rounding.ts";
import { leastBound } from "./agreement.ts";
import { givenWorkload, type Workload } from "./workload.ts";

/** A case's name: the last part of its path. @throws {BadInputError} unless it is a case */
export function nameOfCase(golden: GoldenCase): string {
  givenCase(golden);
  const { folder } = golden;
  return folder.split(/[/\\]/).pop() ?? folder;
}

/** Compares a backend's outputs with a case's, by the bounds of the backend's precision. */
export const compareWithCase = async (
  files: Files,
  golden: GoldenCase,
  backend: Backend,
  outputs: TensorMap,
): Promise<OutputComparison[]> =>
  compareCase(
    golden,
    await readExpected(files, golden),
    outputs,
    leastBound(backend, roundingCosts(nameOfCase(golden))),
  );

/**
 * Runs a case on a backend and compares.
 * @throws {BadInputError} unless they are a case and a backend, or if the case does not fit
 * @throws {CancelledError} if the signal fires
 */
export async function runCase(
  files: Files,
  golden: GoldenCase,
  backend: Backend,
  signal?: AbortSignal,
): Promise<OutputComparison[]> {
  givenFiles(files, "read");
  givenCase(golden);
  givenBackend(backend, "load");
  givenSignal("signal", signal);
  const { engine, component, config, weights, sizes, inputs } = golden;
  const stop = signal && { signal };
  const runner = await backend.load({ engine, component: component.name, config, weights, sizes, ...stop });
  try {
    return await compareWithCase(files, golden, backend, await runner.run(inputs, { ...stop }));
  } finally {
    await runner.dispose();
  }
}

/** @throws {BadInputError} unless it is a backend that can do what is needed */
export function givenBackend(value: unknown, ...needed: readonly ("load" | "status" | "release")[]): void {
  const ways = Object.fromEntries(needed.map((way) => [way, "function"] as const));
  givenParts("the backend", "a backend such as openWebGpu()", value, { name: "string", variant: "string", ...ways });
}

/** Whether a golden case is this very workload: the same config, weights, sizes and inputs. */
export function sameWorkload(golden: GoldenCase, workload: Workload): boolean {
  givenCase(golden);
  givenWorkload(workload);
  const { weightsFrom, sizes } = workload;
  const sameSizes = Object.entries(golden.sizes).every(
    ([name, size]) => sizes[name] === undefined || sizes[name] === size,
  );
  return (
    golden.weights.kind === "random" &&
    weightsFrom.kind === "random" &&
    golden.weights.seed === weightsFrom.seed &&
    sameSizes &&
    sameValue(golden.config, workload.config) &&
    sameInputs(golden, workload)
  );
}

/** Inputs that a seed makes are known by it, others by their content. */
function sameInputs(golden: GoldenCase, workload: Workload): boolean {
  if (golden.inputSeed !== undefined && workload.features === "synthetic") return golden.inputSeed === workload.seed;
  const { inputs } = workload;
  return golden.component.inputs.every(({ name }) => sameTensor(golden.inputs.get(name), inputs.get(name)));
}

const sameTensor = (a: HostTensor | undefined, b: HostTensor | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    sameValue(a.shape, b.shape) &&
    (a.data as Float32Array).every((value, at) => value === b.data[at]));

const sameValue = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** JSON with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
