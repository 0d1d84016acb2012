/** Representations that a section of their own reads back, without their padding. */
import { float32, type HostTensor } from "../../formats/tensor.ts";
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import type { Session, TensorSpec } from "../core/component.ts";
import { unpadRows } from "../core/padding.ts";

/** A representation on the device, [..., padded channels]. */
interface Representation {
  readonly tensor: Tensor;
  readonly channels: number;
}

/** Records the section. @returns what runs it, and gives the values of each by its name */
export function recordResults<Name extends string>(
  plan: Plan,
  section: string,
  representations: Readonly<Record<Name, Representation>>,
): (session: Session) => Promise<Readonly<Record<Name, Float32Array>>> {
  const outputs = plan.section(section, () =>
    Object.entries<Representation>(representations).map(([name, { tensor, channels }]) => ({
      name,
      channels,
      output: plan.output(name, tensor),
    })),
  );
  return async (session) => {
    const read = await session.run(section, new Map());
    const values = outputs.map(({ name, channels, output }) => [name, unpadRows(read.get(output), channels)]);
    return Object.fromEntries(values) as Record<Name, Float32Array>;
  };
}

/** Of a trunk: the single inputs and the single representation, [n, C] each, and the pair [n, n, C]. */
type TrunkRepresentation = "inputs" | "single" | "pair";

/** The outputs of trunks whose representations are called s_inputs, s and z. @param widths names of their channels */
export const trunkSpecs = (widths: Readonly<Record<TrunkRepresentation, string>>): readonly TensorSpec[] => [
  { name: "s_inputs", shape: ["tokens", widths.inputs] },
  { name: "s", shape: ["tokens", widths.single] },
  { name: "z", shape: ["tokens", "tokens", widths.pair], role: "pair" },
];

/** What was read back of such a trunk, as {@link trunkSpecs} has it. */
export const trunkTensors = (
  { inputs, single, pair }: Readonly<Record<TrunkRepresentation, Float32Array>>,
  n: number,
): Map<string, HostTensor> =>
  new Map([
    ["s_inputs", float32([n, inputs.length / n], inputs)],
    ["s", float32([n, single.length / n], single)],
    ["z", float32([n, n, pair.length / n ** 2], pair)],
  ]);
