/** What the whole networks of engines have in common. */

/** Why the whole network is no graph. */
export const notExported =
  "the whole network is not exported: its sampler loops on the host; compare its parts, such as trunk and the diffusion step";
