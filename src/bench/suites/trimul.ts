/**
 * The shapes, inputs and tolerance of GPU MODE's contest of triangle multiplications (gpu-mode/reference-kernels,
 * problems/bioml/trimul). The formula is ours, algorithm 12: it gates and adds to the pair behind the last projection, the
 * contest's gates before it.
 */
import { RandomStream } from "../../formats/random.ts";
import type { Plan } from "../../gpu/plan/plan.ts";
import { pitchOf } from "../../kernels/check/reference.ts";
import { nothing } from "../../model/projection.ts";
import { triangleMultiplication } from "../../model/triangle_multiplication.ts";
import { type Distribution, drawn, latest, mask } from "./draws.ts";
import { type Inputs, OUTPUT, type Suite, type SuiteEntry } from "./suite.ts";
import { type TrimulSizes, trimulReference } from "./trimul_reference.ts";
import { drawWeights, layerWeights } from "./trimul_weights.ts";

export interface TrimulShape extends TrimulSizes {
  readonly batch: number;
}

const HIDDEN = 128;

/** B, N, width of the pair, and with which inputs the contest times the shape. */
const shapes = [
  [2, 256, 128, "normal", false],
  [1, 768, 128, "cauchy", false],
  [2, 256, 384, "normal", true],
  [1, 512, 128, "normal", false],
  [1, 1024, 128, "cauchy", false],
  [1, 768, 384, "normal", true],
  [1, 1024, 384, "normal", false],
] as const satisfies readonly (readonly [number, number, number, Distribution, boolean])[];

/** Gigabytes for the largest: entries that differ by their masks share them. */
const pairs = latest((seed: number, distribution: Distribution, batch: number, n: number, dim: number) =>
  Array.from({ length: batch }, (_, element) =>
    drawn(distribution, new RandomStream(seed, `trimul/${n}/${dim}/pair/${element}`), n * n * dim),
  ),
);

/** One entry, also at shapes that are not the contest's. */
export function trimulEntry(
  shape: TrimulShape,
  distribution: Distribution,
  masked: boolean,
  scored = false,
): SuiteEntry {
  const { batch, n, dim, hidden } = shape;
  return {
    suite: "trimul",
    shape: `B=${batch} N=${n} C=${dim}`,
    inputs: `${distribution}, ${masked ? "masked" : "no mask"}`,
    tolerance: { atol: 2e-2, rtol: 2e-2 },
    batch,
    scored,
    record: (plan, seed, times) => record(plan, shape, seed, times),
    draw: (seed, element): Inputs =>
      new Map([
        ["pair", pairs(seed, distribution, batch, n, dim)[element]],
        ["mask", mask(seed, `trimul/${n}/mask/${element}`, n, n, masked)],
      ]),
    reference: (inputs, seed) => trimulReference(shape, inputs, drawWeights(seed, dim, hidden), seed),
  };
}

function record(plan: Plan, { n, dim, hidden }: TrimulSizes, seed: number, times: number): void {
  const pair = plan.input("pair", [n, n, dim]);
  const masks = { rows: plan.input("mask", [n, pitchOf(n)]), columns: nothing(plan) };
  const weights = layerWeights(() => drawWeights(seed, dim, hidden), dim, hidden);
  let updated = pair;
  for (let time = 0; time < times; time++) updated = triangleMultiplication(plan, pair, masks, weights, "outgoing");
  plan.output(OUTPUT, updated);
}

export const trimul: Suite = {
  name: "trimul",
  entries: shapes.flatMap(([batch, n, dim, timed, timedMasked]) =>
    (["normal", "cauchy"] as const).flatMap((distribution) =>
      [false, true].map((masked) =>
        trimulEntry(
          { batch, n, dim, hidden: HIDDEN },
          distribution,
          masked,
          distribution === timed && masked === timedMasked,
        ),
      ),
    ),
  ),
};
