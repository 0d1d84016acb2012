/** What the whole networks of engines have in common. */

import type { Component, Wanted } from "../core/component.ts";

/** Why the whole network is no graph. */
export const notExported =
  "the whole network is not exported: its sampler loops on the host; compare its parts, such as trunk and the diffusion step";

/** Which outputs of a component are to be made: those that are wanted, or else all but its reductions. */
export const wanting = (
  { outputs }: Pick<Component, "outputs">,
  wanted: Wanted | undefined,
): ((name: string) => boolean) => {
  const names = wanted ?? new Set(outputs.map(({ name }) => name));
  return (name) => names.has(name);
};
