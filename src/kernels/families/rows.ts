/** Variants of kernels whose rows are computed by several lanes together. */
import type { Variant } from "../../gpu/plan/kernel.ts";

export const rowVariants = [
  {
    name: "workgroup",
    family: "rows",
    use: {},
    params: { GROUP: 64 },
    features: [],
    workgroups: (_, { rows }) => rows,
  },
] as const satisfies readonly Variant[];
