/** A row of `kernels.jsonl`: one case of a kernel with one variant, as one run of `af3-gpu kernels` timed it. */
import { version } from "../generated/about.ts";
import {
  flag,
  later,
  literal,
  number,
  numbers,
  orNull,
  stated,
  tableOf,
  text,
  type ValueOf,
  whole,
} from "./core/field.ts";
import type { Roofline } from "./core/roofline.ts";
import type { KernelTiming } from "./kernel_bench.ts";

/** The version of the schema. Another set of fields, or another meaning of one, is another version. */
export const kernelSchema = "af3-gpu-kernels/1";

/** In the order of kernels.csv; new ones at the end. */
export const kernelFields = {
  kernel: stated(text, "the kernel"),
  variant: stated(text, "its variant"),
  case: stated(text, "the case: its sizes and flags"),
  precision: stated(text, "`f32`, or `mixed`: halves in all arrays that may hold them"),
  start_ts: stated(text, "when timing began, ISO 8601 in UTC"),
  device: stated(text, "the adapter's name; `(software)` where a CPU does a GPU's work"),
  software: stated(flag, "whether a CPU did the work in a GPU's place"),
  batched_ms: stated(
    numbers,
    "milliseconds of one dispatch among many, back to back in one pass, every sample in order",
  ),
  cold_ms: stated(numbers, "milliseconds of one dispatch over inputs that no cache holds; none of runs in turns"),
  repeats: stated(whole, "dispatches of a batched sample"),
  copies: stated(whole, "inputs through which cold samples rotate"),
  stopped: stated(text, "what ended the batched samples: `noise`, `time` or `samples`"),
  flops: stated(number, "floating-point operations of a dispatch"),
  traffic_bytes: stated(number, "bytes that it needs to read and write, each once"),
  roofline_flops: stated(number, "what the adapter's matmul reached just before, in FLOP/s"),
  roofline_bytes: stated(number, "what its copy reached, in bytes per second"),
  others_cpu: stated(
    orNull(number),
    "the share of the machine's processor time, from 0 to 1, that others had meanwhile",
  ),
  cpu_brand: stated(text, "the CPU's name"),
  notes: stated(text, "`--notes`"),
  af3_gpu_version: later(text, version, "this package's version"),
  af3_gpu_commit: stated(orNull(text), "its commit, `-dirty` if files had changed"),
  schema: later(literal(kernelSchema), kernelSchema, "the version of these fields"),
} as const;

export type KernelRow = { readonly [Name in keyof typeof kernelFields]: ValueOf<(typeof kernelFields)[Name]> };

const table = tableOf(kernelFields);

/** The columns of kernels.csv. */
export const kernelColumns = table.columns;

/** What a row is of, in a line: the same kernel, variant and case of two results have the same name. */
export const nameOfKernelRow = ({ kernel, variant, case: own, precision }: KernelRow): string =>
  `${kernel} (${variant}) ${own}${precision === "f32" ? "" : `, ${precision}`}`;

/** @throws {BadInputError} that names the first field that is missing or no such value */
export const readKernelRow = (value: unknown, where: string): KernelRow => table.read(value, where, kernelSchema);

/** What a row says that no timing knows. */
type Told = Pick<
  KernelRow,
  "precision" | "start_ts" | "device" | "software" | "others_cpu" | "cpu_brand" | "notes" | "af3_gpu_commit"
>;

/** The row of a timing. @param roofline measured just before it */
export const kernelRow = (
  { kernel, variant, case: name, cost, batched, cold }: KernelTiming,
  roofline: Roofline,
  told: Told,
): KernelRow => ({
  ...{ kernel, variant, case: name },
  ...told,
  af3_gpu_version: version,
  schema: kernelSchema,
  batched_ms: batched.samples,
  cold_ms: cold.samples,
  repeats: batched.repeats,
  copies: cold.copies,
  stopped: batched.stopped,
  flops: cost.flops,
  traffic_bytes: cost.bytes,
  roofline_flops: roofline.flops,
  roofline_bytes: roofline.bytes,
});
