/** What a row is of, in a line: the same workload of two results has the same name. */
import { backendText } from "../../backends/backend.ts";
import type { BenchRow } from "./row.ts";

/** The last part of a path. */
const lastPart = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;

/** What makes a workload another one. */
export function nameOfWorkload(row: BenchRow): string {
  const own = (name: string, value: unknown): string[] => (value === null ? [] : [`${name} ${value}`]);
  return [
    row.engine,
    row.component,
    backendText({ name: row.backend, variant: row.variant }),
    ...(row.mode === "toy" ? [] : [row.preset]),
    `N=${row.seq_len}`,
    ...(row.precision === "f32" || row.variant !== "" ? [] : [row.precision]),
    ...(row.settings.diffusion_precision === "mixed" ? ["mixed diffusion"] : []),
    ...(row.warmup === 0 && row.ok ? ["cold"] : []),
    ...own("recycles", row.recycles),
    ...own("steps", row.steps),
    ...own("samples", row.samples),
    ...own("memory limit", row.memory_limit),
    ...(row.weights === "random" ? [] : [lastPart(row.weights)]),
    ...(row.features === "synthetic" ? [] : [lastPart(row.features)]),
    ...own("threads", row.settings.threads ?? null),
  ].join(" ");
}
