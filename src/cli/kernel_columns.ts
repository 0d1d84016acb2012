/** The columns of `kernels`. */
import { glossary } from "../bench/core/glossary.ts";
import type { Roofline } from "../bench/core/roofline.ts";
import { median, summarise } from "../bench/core/stats.ts";
import { type KernelTiming, ratesOf } from "../bench/kernel_bench.ts";
import type { Column } from "./listing.ts";
import { milliseconds, rate } from "./output.ts";

/** A timing and the adapter's roofline as it was just before: a busy machine slows both. */
export type MeasuredKernel = KernelTiming & { readonly roofline: Roofline };

const batched = ({ batched: { samples } }: MeasuredKernel) => summarise(samples);
/** Runs in turns have none. */
const cold = ({ cold: { samples } }: MeasuredKernel) => (samples.length > 0 ? median(samples) : null);
const rates = (timing: MeasuredKernel) => ratesOf(timing, timing.roofline);

export const kernelColumns: readonly Column<MeasuredKernel>[] = [
  { key: "kernel", head: "kernel", rank: 0, shrinks: 18, value: ({ kernel }) => kernel, about: glossary.kernel },
  { key: "variant", head: "variant", rank: 0, value: ({ variant }) => variant, about: glossary.variant },
  { key: "case", head: "case", rank: 0, shrinks: 18, value: (one) => one.case, about: glossary.case },
  {
    key: "batched_ms",
    head: "batched ms",
    right: true,
    rank: 0,
    value: (one) => batched(one).median,
    text: (one) => milliseconds(batched(one).median),
    about: glossary.batched,
  },
  {
    key: "quartiles_ms",
    head: "quartiles",
    right: true,
    rank: 3,
    value: (one) => `${batched(one).q25} ${batched(one).q75}`,
    text: (one) => `${milliseconds(batched(one).q25)}–${milliseconds(batched(one).q75)}`,
    about: glossary.quartiles,
  },
  {
    key: "cold_ms",
    head: "cold ms",
    right: true,
    rank: 2,
    value: cold,
    text: (one) => {
      const ms = cold(one);
      return ms === null ? "" : milliseconds(ms);
    },
    about: glossary.cold,
  },
  {
    key: "samples",
    head: "samples",
    right: true,
    rank: 6,
    value: (one) => batched(one).count,
    about: glossary.dispatches,
  },
  {
    key: "stopped",
    head: "stopped by",
    rank: 7,
    value: (one) => one.batched.stopped,
    about: glossary["stopped by"],
  },
  {
    key: "flops_per_second",
    head: "FLOP/s",
    right: true,
    rank: 4,
    value: (one) => rates(one).flops,
    text: (one) => rate(rates(one).flops, ""),
    about: glossary["FLOP/s"],
  },
  {
    key: "bytes_per_second",
    head: "B/s",
    right: true,
    rank: 5,
    value: (one) => rates(one).bytes,
    text: (one) => rate(rates(one).bytes, ""),
    about: glossary["B/s"],
  },
  {
    key: "roofline_share",
    head: "roofline",
    right: true,
    rank: 1,
    value: (one) => rates(one).share,
    text: (one) => `${(100 * rates(one).share).toFixed(0)} %`,
    about: glossary.roofline,
  },
];
