/** How far from overflow a network in mixed precision is: the largest of the halves that its kernels write. */
import { withPrecision } from "../backends/precision.ts";
import type { WebGpuBackend } from "../backends/webgpu.ts";
import { runRecorded, type Sizes, sessionOf } from "../engines/core/component.ts";
import { type Weights, weightSource } from "../engines/core/weights.ts";
import { findComponent, findEngine } from "../engines/index.ts";
import { halfValue } from "../formats/half.ts";
import type { TensorMap } from "../formats/tensor.ts";
import type { StoredArray } from "../gpu/plan/dtype.ts";
import { arraysOf } from "../gpu/plan/kernel.ts";
import { Plan, type Step, type Tensor } from "../gpu/plan/plan.ts";
import { Executable } from "../gpu/run/executable.ts";

/** What is probed. */
export interface Probed {
  readonly engine: string;
  readonly component: string;
  readonly config: unknown;
  readonly sizes: Sizes;
  readonly weights: Weights;
  readonly inputs: TensorMap;
}

/** The largest magnitude of an array of halves after a run of its section, and what wrote it first. */
export interface LargestHalf {
  readonly label: string;
  readonly array: string;
  readonly largest: number;
}

/**
 * Runs a component in mixed precision with every array of halves read back: memory that a run would use again is kept. Arrays that
 * several chunks share tell of the last one.
 * @returns all of them, the largest first; one of 65504 has been cut off there
 */
export async function probeHalves(backend: WebGpuBackend, probed: Probed): Promise<LargestHalf[]> {
  const engine = findEngine(probed.engine);
  const component = findComponent(engine, probed.component);
  const configured = component.configure(probed.config, probed.sizes, () => {});
  const plan = new Plan(withPrecision(await backend.target(), { precision: "mixed" }));
  const recorded = configured.record(
    plan,
    weightSource(engine, configured, probed.weights, () => {}),
  );
  const written = readBack(plan);
  const largest = new Map<string, number>();
  const executable = await Executable.build(await backend.device(), plan, await backend.pipelines());
  try {
    const session = sessionOf(async (section, values) => {
      const { outputs } = await executable.run(values, section === undefined ? {} : { section });
      for (const name of written.keys()) {
        const halves = outputs.get(name);
        if (halves) largest.set(name, Math.max(largest.get(name) ?? 0, largestOf(halves)));
      }
      return outputs;
    });
    await runRecorded(recorded, session, probed.inputs);
  } finally {
    executable.dispose();
  }
  return [...written]
    .map(([name, what]) => ({ ...what, largest: largest.get(name) ?? 0 }))
    .sort((a, b) => b.largest - a.largest);
}

/** Declares every array of halves an output of the section that writes it. @returns by the output's name, what first writes it */
function readBack(plan: Plan): Map<string, Omit<LargestHalf, "largest">> {
  const written = new Map<string, Omit<LargestHalf, "largest">>();
  for (const { first, end, outputs } of plan.sections)
    for (const step of plan.steps.slice(first, end))
      for (const { array, tensor } of halvesWritten(step)) {
        const name = `halves ${first} ${tensor.id}`;
        if (written.has(name) || tensor.bytes === 0) continue;
        written.set(name, { label: step.label, array });
        (outputs as Map<string, Tensor>).set(name, plan.tensors[tensor.id]);
      }
  return written;
}

const halvesWritten = ({ kernel, dtypes, tensors }: Step) =>
  arraysOf(kernel, { dtypes }).flatMap(({ name, access, dtype }, at) =>
    access === "read_write" && dtype === "f16" ? [{ array: name, tensor: tensors[at] }] : [],
  );

/** Bits of halves without their sign are in the order of their magnitudes, NaN behind all. */
function largestOf(halves: StoredArray): number {
  let bits = 0;
  for (const half of halves) bits = Math.max(bits, half & 0x7fff);
  return halfValue(bits);
}
