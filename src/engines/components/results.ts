/** Representations that a section of their own reads back, without their padding. */
import type { Plan, Tensor } from "../../gpu/plan/plan.ts";
import type { Session } from "../core/component.ts";
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
