/** Barriers of shaders: wherever lanes meet in workgroup memory, and none too many where matrix units multiply. */
import { describe, expect, it } from "vitest";
import { callOf } from "../../src/bench/kernel_inputs.ts";
import { shaders } from "../../src/generated/shaders.ts";
import { completeDims, frozenParams, type KernelCase, type Variant } from "../../src/gpu/plan/kernel.ts";
import { compose } from "../../src/gpu/shader/compose.ts";
import { kernels } from "../../src/kernels/index.ts";
import { withoutBarrier } from "../support/barriers.ts";

/** Lanes fade the sums that they own: what they read and write there, nobody else does until the barrier behind. */
const ALONE = ["fade_slice"];

/** What the text does not show. */
const APART = [
  // Sums of halves: lanes below `reach` write, and read from above it.
  /^parts: read in (combined|main): [^,]*parts\[lane \+ reach\]/,
  // Rows have channels: the loop over them, which has barriers, runs at least once.
  /^middle: read in add_second: .*, written in keep: /,
];

const meetings = (source: string): string[] =>
  withoutBarrier(source, ALONE).filter((meeting) => !APART.some((known) => known.test(meeting)));

const sharing = kernels.flatMap((kernel) =>
  (kernel.variants as readonly Variant[]).flatMap((variant) => {
    const [testCase] = kernel.cases as readonly KernelCase[];
    const { sizes, params, scalars = {} } = callOf(testCase);
    const dims = completeDims(kernel, variant, sizes, { ...params }, scalars);
    const source = compose(shaders, kernel, variant, frozenParams(dims));
    return source.includes("var<workgroup>") ? [{ name: `${kernel.name} (${variant.name})`, variant, source }] : [];
  }),
);

it.each(sharing)("$name: a barrier stands between writes and reads of one array", ({ source }) => {
  expect(meetings(source)).toEqual([]);
});

describe("where matrix units multiply", () => {
  const BARRIER = "workgroupBarrier();";
  /** By what stands around each barrier of the libraries: whether some kernel misses it. */
  const missed = new Map<string, boolean>();
  for (const { source } of sharing.filter(({ variant }) => variant.arithmetic === "f16")) {
    const parts = source.split(BARRIER);
    for (let at = 1; at < parts.length; at++) {
      const without = `${parts.slice(0, at).join(BARRIER)}${parts.slice(at).join(BARRIER)}`;
      const around = `${parts[at - 1].slice(-90)}${BARRIER}${parts[at].slice(0, 90)}`;
      missed.set(around, missed.get(around) || meetings(without).length > 0);
    }
  }

  it("every barrier is missed where it is left out", () => {
    expect(missed.size).toBeGreaterThan(20);
    expect([...missed].flatMap(([around, seen]) => (seen ? [] : [around]))).toEqual([]);
  });
});
