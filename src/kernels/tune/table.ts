/** The reviewed tuning table: which variant of a kernel runs where, and with which parameters. The first row that holds decides. */
import type { AdapterCondition, TuningRow } from "../../gpu/plan/target.ts";

/** On a CPU a load costs as much as a hundred multiplications and a shuffle next to nothing. */
const cpu = (subgroupSize: number): Pick<TuningRow, "adapter" | "origin"> => ({
  adapter: { software: true, subgroupSize },
  origin: {
    kind: "measured",
    on: subgroupSize === 8 ? "lavapipe, 8 lanes" : "SwiftShader, 4 lanes",
    see: "docs/performance.md",
  },
});

const software: AdapterCondition = { software: true };
const slowCompilers = {
  kind: "judgement",
  because: "a software adapter compiles barriers and unrolled blocks slowly",
} as const;
/** The variants that GPUs run. */
const untried = {
  kind: "judgement",
  because: "what GPUs are built for; not compared with others on a GPU yet",
} as const;
/** What real GPUs' compilers say, without the GPUs. */
const compiled = (because: string) => ({ kind: "judgement", because: `${because} (docs/compilers.md)` }) as const;
const matrices: Pick<TuningRow, "adapter" | "origin"> = {
  adapter: { software: false },
  origin: compiled(
    "products of matrices in the inner loop and no spills on AMD and NVIDIA; not compared with others on a GPU yet",
  ),
};
const spillsOnNvidia: typeof matrices = {
  adapter: { software: false, vendor: "amd" },
  origin: compiled("no spills on AMD; NVIDIA's GPUs spill six registers at this width"),
};
const chains: Pick<TuningRow, "adapter" | "yieldsTo"> = { adapter: { software: false }, yieldsTo: "tile" };
const only = { kind: "judgement", because: "there is no other" } as const;

export const tuning: readonly TuningRow[] = [
  // Of narrow heads a lane has room for two queries, which share what is loaded of a key.
  { kernel: "attention", variant: "shuffle", params: { QUERIES: 2 }, sizes: { D: [1, 16] }, ...cpu(8) },
  { kernel: "window_attention", variant: "shuffle", params: { QUERIES: 2 }, sizes: { D: [1, 16] }, ...cpu(8) },
  // Tiles of eight columns, where there are no more.
  { family: "tile", variant: "shuffle", params: { COLUMN_BLOCKS: 2 }, sizes: { columns: [1, 8] }, ...cpu(8) },
  { family: "tile", variant: "shuffle", ...cpu(8) },
  { family: "keys", variant: "shuffle", ...cpu(8) },
  { family: "tile", variant: "shuffle", params: { GROUP: 4, ROW_LANES: 4 }, ...cpu(4) },
  { family: "keys", variant: "shuffle", params: { GROUP: 4 }, ...cpu(4) },
  // Without such subgroups, small tiles.
  {
    family: "tile",
    variant: "workgroup",
    params: { ROW_LANES: 4, COLUMN_LANES: 4, ROW_BLOCKS: 1, K_STEP: 1 },
    adapter: software,
    origin: slowCompilers,
  },
  {
    family: "keys",
    variant: "tile",
    params: { ROW_LANES: 4, COLUMN_LANES: 2, KEY_BLOCKS: 1 },
    adapter: software,
    origin: slowCompilers,
  },
  {
    family: "chain",
    variant: "workgroup",
    params: { ROW_LANES: 4, ROW_BLOCKS: 1, K_STEP: 1 },
    adapter: software,
    origin: slowCompilers,
  },
  { family: "keys", variant: "workgroup", params: { GROUP: 16 }, adapter: software, origin: slowCompilers },
  { family: "rows", variant: "workgroup", params: { GROUP: 16 }, adapter: software, origin: slowCompilers },
  {
    kernel: "window_attention",
    variant: "matrix",
    params: { SUBGROUPS: 1 },
    adapter: { software: false },
    origin: { kind: "judgement", because: "a window has 32 queries" },
  },
  {
    kernel: "attention",
    variant: "matrix",
    params: { SUBGROUPS: 1, ROW_FRAGMENTS: 4 },
    adapter: { software: false, vendor: "amd", architecture: "rdna-3" },
    sizes: { D: [1, 32] },
    origin: compiled(
      "its subgroups read every fragment twice: with twice the rows, a quarter fewer loads for each product",
    ),
  },
  { family: "keys", variant: "matrix", ...matrices },
  {
    kernel: "window_attention",
    variant: "tile",
    params: { ROW_LANES: 8, KEY_BLOCKS: 4 },
    adapter: { vendor: "amd" },
    origin: compiled("more sums per lane: 256 registers and no spills on gfx9 to gfx12"),
  },
  {
    kernel: "window_attention",
    variant: "tile",
    params: { ROW_LANES: 8 },
    origin: { kind: "judgement", because: "a window has 32 queries" },
  },
  {
    kernel: "attention",
    variant: "tile",
    params: { KEY_BLOCKS: 1 },
    sizes: { D: [33, 64] },
    origin: compiled("with twice the keys, heads this wide spill on Apple's M1"),
  },
  {
    kernel: "window_attention",
    variant: "workgroup",
    params: { GROUP: 32 },
    origin: { kind: "judgement", because: "a window has 32 queries" },
  },
  { family: "lanes", variant: "lanes", adapter: software, origin: slowCompilers },
  // Kernels that fuse others run only where a row names them. Those that multiply in float32 take several times what matrix units do.
  { kernel: "transition", variant: "matrix", params: { SECOND_FRAGMENTS: 2 }, sizes: { C: [1, 64] }, ...matrices },
  { kernel: "transition", variant: "matrix", ...matrices },
  { kernel: "gated_residual", variant: "matrix", params: { SECOND_FRAGMENTS: 2 }, sizes: { C: [1, 64] }, ...matrices },
  { kernel: "gated_residual", variant: "matrix", ...matrices },
  {
    kernel: "attention_transition",
    variant: "matrix",
    params: { SECOND_FRAGMENTS: 2 },
    sizes: { C: [1, 64] },
    ...matrices,
  },
  { kernel: "attention_transition", variant: "matrix", ...matrices },
  // In float32 arithmetic a chain's first product takes half as many loads again as a tile does, for one pair tensor of traffic.
  ...["attention_to_attention", "triangle_to_attention", "triangle_to_triangle"].flatMap((kernel): TuningRow[] => [
    {
      kernel,
      variant: "matrix",
      params: { SECOND_FRAGMENTS: 2 },
      sizes: { C: [1, 64] },
      ...(kernel === "attention_to_attention" ? spillsOnNvidia : matrices),
    },
    { kernel, variant: "matrix", sizes: { C: [65, 128] }, ...matrices },
  ]),
  // Only in mixed precision: plans in float32 stay what they are.
  ...["amd", "nvidia"].map(
    (vendor): TuningRow => ({
      kernel: "attention_transition",
      variant: "workgroup",
      sizes: { C: [65, 128] },
      halves: true,
      adapter: { software: false, vendor },
      yieldsTo: "tile",
      origin: compiled("no spills on AMD and NVIDIA; on Apple's M1 and Adreno three phases spill"),
    }),
  ),
  {
    kernel: "transition",
    variant: "workgroup",
    params: { COLUMN_LANES: 8 },
    sizes: { C: [1, 64] },
    ...chains,
    origin: untried,
  },
  { kernel: "transition", variant: "workgroup", ...chains, origin: untried },
  { kernel: "gated_residual", variant: "workgroup", ...chains, origin: untried },
  {
    kernel: "gated_residual",
    variant: "workgroup",
    params: { ROW_BLOCKS: 1 },
    ...chains,
    origin: untried,
  },
  // Only where plans store halves, and after a test on the device (docs/decisions/0026-matrix-units.md).
  { family: "tile", variant: "matrix", ...matrices },
  // What every kernel runs where nothing above holds.
  { family: "tile", variant: "workgroup", origin: untried },
  // With fewer rows, whatever a plan does not fuse runs within WebGPU's default limits.
  { family: "chain", variant: "workgroup", params: { ROW_BLOCKS: 1 }, origin: untried },
  { family: "keys", variant: "tile", origin: untried },
  { family: "keys", variant: "workgroup", origin: untried },
  { family: "rows", variant: "group", origin: untried },
  { family: "rows", variant: "workgroup", origin: only },
  { family: "lanes", variant: "lanes", origin: only },
  { kernel: "copy", variant: "plain", origin: only },
];
