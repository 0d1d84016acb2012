/** The columns of `bench`, for the console, Markdown, CSV and help. */
import { backendText } from "../backends/backend.ts";
import { glossary } from "../bench/core/glossary.ts";
import type { BenchSummary } from "../bench/core/summary.ts";
import type { Column } from "./listing.ts";
import { bytes, milliseconds, rate } from "./output.ts";

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** Of a number that may not be known. */
const maybe = (value: number | null | undefined, text: (value: number) => string): string =>
  value === null || value === undefined ? "" : text(value);

const perSquare = ({ elapsed, seq_len }: BenchSummary): number | null =>
  elapsed ? (1000 * elapsed.median) / seq_len ** 2 : null;

export const benchColumns: readonly Column<BenchSummary>[] = [
  { key: "engine", head: "engine", rank: 0, value: ({ engine }) => engine, about: glossary.engine },
  {
    key: "component",
    head: "component",
    rank: 0,
    shrinks: 16,
    value: ({ component }) => component,
    about: glossary.component,
  },
  {
    key: "backend",
    head: "backend",
    rank: 0,
    shrinks: 16,
    value: ({ backend, variant }) => backendText({ name: backend, variant }),
    about: glossary.backend,
  },
  { key: "preset", head: "preset", rank: 11, value: ({ preset }) => preset, about: glossary.preset },
  { key: "seq_len", head: "N", right: true, rank: 0, value: ({ seq_len }) => seq_len, about: glossary.N },
  ...(["recycles", "steps", "samples"] as const).map(
    (name): Column<BenchSummary> => ({
      key: name,
      head: name,
      right: true,
      rank: 1,
      value: (one) => one[name],
      about: glossary[name],
    }),
  ),
  {
    key: "min_ms",
    head: "min ms",
    right: true,
    rank: 5,
    value: ({ elapsed }) => elapsed?.min ?? null,
    text: ({ elapsed }) => maybe(elapsed?.min, milliseconds),
    about: glossary.min,
  },
  {
    key: "median_ms",
    head: "median",
    right: true,
    rank: 0,
    value: ({ elapsed }) => elapsed?.median ?? null,
    text: ({ elapsed, outcome }) => (elapsed ? milliseconds(elapsed.median) : outcome),
    about: glossary.median,
  },
  {
    key: "p95_ms",
    head: "p95",
    right: true,
    rank: 4,
    value: ({ elapsed }) => elapsed?.p95 ?? null,
    text: ({ elapsed }) => maybe(elapsed?.p95, milliseconds),
    about: glossary.p95,
  },
  {
    key: "quartiles_ms",
    head: "quartiles",
    right: true,
    rank: 3,
    value: ({ elapsed }) => (elapsed ? `${elapsed.q25} ${elapsed.q75}` : null),
    text: ({ elapsed }) => (elapsed ? `${milliseconds(elapsed.q25)}–${milliseconds(elapsed.q75)}` : ""),
    about: glossary.quartiles,
  },
  {
    key: "us_per_square_token",
    head: "µs/N²",
    right: true,
    rank: 7,
    value: perSquare,
    text: (one) => maybe(perSquare(one), (value) => value.toPrecision(3)),
    about: glossary["time / N²"],
  },
  {
    key: "flops_per_second",
    head: "FLOP/s",
    right: true,
    rank: 9,
    value: ({ flops_per_second }) => flops_per_second,
    text: ({ flops_per_second }) => maybe(flops_per_second, (value) => rate(value, "")),
    about: glossary["FLOP/s"],
  },
  {
    key: "bytes_per_second",
    head: "B/s",
    right: true,
    rank: 10,
    value: ({ bytes_per_second }) => bytes_per_second,
    text: ({ bytes_per_second }) => maybe(bytes_per_second, (value) => rate(value, "")),
    about: glossary["B/s"],
  },
  {
    key: "roofline_share",
    head: "roofline",
    right: true,
    rank: 6,
    value: ({ roofline_share }) => roofline_share,
    text: ({ roofline_share }) => maybe(roofline_share, percent),
    about: glossary.roofline,
  },
  {
    key: "memory_bytes",
    head: "memory",
    right: true,
    rank: 8,
    value: ({ memory_bytes }) => memory_bytes,
    text: ({ memory_bytes }) => maybe(memory_bytes, bytes),
    about: glossary.planned,
  },
  {
    key: "worst_error",
    head: "error",
    right: true,
    rank: 7,
    value: ({ worst_error }) => worst_error,
    text: ({ worst_error }) => maybe(worst_error, (value) => value.toExponential(1)),
    about: glossary.error,
  },
  {
    key: "ratio",
    head: "ratio",
    right: true,
    rank: 2,
    value: ({ ratio }) => ratio?.median ?? null,
    text: ({ ratio }) => maybe(ratio?.median, (value) => value.toFixed(2)),
    about: glossary.ratio,
  },
];
