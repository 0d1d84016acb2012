/**
 * Bench cases on software adapters, which compute a thousand times slower than a GPU: fewer rows, tokens or windows, so that they take
 * seconds. `npx af3-gpu kernels --check` takes them whole on any adapter, and the golden cases run N = 128 there. Channels stay, and
 * with them the shaders and how long their loops over channels are.
 */
import type { KernelCase } from "../../src/gpu/plan/kernel.ts";

/** FLOP of a case that a software adapter may be given whole. */
export const SOFTWARE_FLOPS = 4e8;

const square = (n: number): Pick<KernelCase, "dims" | "scalars"> => ({
  dims: { source_rows: n * n, rows: n * n, all_rows: n * n },
  scalars: { rows: n * n, n },
});

/** What is smaller, by kernel and case; of it, a case takes what it has itself. What is not named is checked whole. */
const smaller: Readonly<Record<string, Pick<KernelCase, "dims" | "scalars">>> = {
  "attention_project N = 128": { dims: { source_rows: 8 * 128 }, scalars: { lines: 8, rows: 8 * 128 } },
  "attention_to_attention N = 128": { dims: { n: 32 } },
  "attention_transition N = 128": { dims: { n: 24 } },
  "common_rows M = 1024, N = 512": { dims: { n: 256 } },
  "gated_residual N = 128": square(32),
  "matmul 1024 × 1024 × 1024": { dims: { rows: 64 } },
  "outer_product M = 256, N = 64": { dims: {}, scalars: { tokens: 4 } },
  "project N = 128": square(64),
  "project_residual N = 128, attention": square(64),
  "project_residual N = 128, transition": square(32),
  "swiglu N = 128": square(32),
  "transition N = 128": square(32),
  "triangle_combine N = 128": { dims: { n: 80 } },
  "triangle_output N = 128": { dims: { n: 48 } },
  "triangle_project N = 128": { dims: { n: 32 } },
  "triangle_to_attention N = 128": { dims: { n: 32 } },
  "triangle_to_triangle N = 128": { dims: { n: 24 } },
  "window_attention atoms of 256 tokens": { dims: { rows: 32 * 48, windows: 48 } },
};

const within = <T extends object>(own: T, change: object = {}): T => ({
  ...own,
  ...Object.fromEntries(Object.entries(change).filter(([name]) => name in own)),
});

/** The case as SwiftShader takes it; undefined if it has no smaller one. */
export function smallerCase(kernel: string, testCase: KernelCase): KernelCase | undefined {
  const change = smaller[`${kernel} ${testCase.name}`];
  if (!change) return undefined;
  const { dims, scalars = {} } = testCase;
  return { ...testCase, dims: within(dims, change.dims), scalars: within(scalars, change.scalars) };
}

/** Several products in a shader, which take a software adapter's compiler ten to twenty seconds for each shape. */
const SLOW_TO_COMPILE = new Set([
  "attention_transition",
  "attention_to_attention",
  "triangle_to_attention",
  "triangle_to_triangle",
]);

export const isSlowToCompile = (kernel: string): boolean => SLOW_TO_COMPILE.has(kernel);

/** Of kernels that are slow to compile, the cases that software adapters are given here: awkward sizes. The others are the nightly run's. */
export const isLeftToNightly = (kernel: string, { tags = [] }: KernelCase): boolean =>
  isSlowToCompile(kernel) && !tags.includes("ragged");
