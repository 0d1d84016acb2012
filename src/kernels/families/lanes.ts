/** Variants of kernels whose lanes work alone. */
import type { Variant } from "../../gpu/plan/kernel.ts";

/** One lane per row, or per element: no workgroup memory, no shuffles. */
export const laneVariants = [
  { name: "lanes", use: {}, params: { LANES: 64 }, features: [] },
] as const satisfies readonly Variant[];
