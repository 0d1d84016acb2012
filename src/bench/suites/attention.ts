/**
 * The core of AlphaFold 3's triangle attention at the shapes that its users run, with the inputs and the float32 tolerance of
 * tokamax's tests of attention with a bias (openxla/tokamax, tokamax/_src/ops/attention/test_base.py).
 */
import type { Plan } from "../../gpu/plan/plan.ts";
import { pitchOf } from "../../kernels/check/reference.ts";
import { attendWith } from "../../model/attention.ts";
import { latest, mask, normals, padRows, sampled } from "./draws.ts";
import { type Inputs, OUTPUT, type Reference, type Suite, type SuiteEntry } from "./suite.ts";

export interface AttentionSizes {
  /** Tokens: rows of the batch, queries and keys. */
  readonly n: number;
  readonly heads: number;
  /** Channels of a head, a multiple of four. */
  readonly width: number;
}

/** tokamax: rtol = max(atol / 10, 1e-6). */
const tolerance = { atol: 3e-6, rtol: 1e-6 };

/** Rows of the batch and queries that are computed: all pairs of them, for every head. */
const SAMPLES = 24;

/** As the suite draws them, the queries not scaled yet. */
interface Drawn {
  /** [n, n, heads, width], as are k and v. */
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  /** [heads, n, pitch] */
  readonly bias: Float32Array;
}

/** Entries that differ by their masks share what is drawn. */
const tensors = latest((seed: number, n: number, heads: number, width: number): Drawn => {
  const draw = (name: string, length: number): Float32Array => normals(seed, `attention/${n}/${name}`, length);
  const [q, k, v] = ["q", "k", "v"].map((name) => draw(name, n * n * heads * width));
  return { q, k, v, bias: padRows(draw("bias", heads * n * n), n) };
});

/** One entry, also at shapes that are not the suite's. */
export function attentionEntry(sizes: AttentionSizes, masked: boolean, scored = false): SuiteEntry {
  const { n, heads, width } = sizes;
  return {
    suite: "attention",
    shape: `N=${n} H=${heads} D=${width}`,
    inputs: `normal, bias, ${masked ? "masked" : "no mask"}`,
    tolerance,
    batch: 1,
    scored,
    record: (plan, _, times) => record(plan, sizes, times),
    draw: (seed): Inputs => {
      const { q, k, v, bias } = tensors(seed, n, heads, width);
      const scale = 1 / Math.sqrt(width);
      return new Map([
        // Our layers fold the scale of the logits into the weights of the queries.
        ["q", q.map((value) => scale * value)],
        ["k", k],
        ["v", v],
        // The suite's attention has no gates.
        ["g", new Float32Array(q.length).fill(1)],
        ["bias", bias],
        ["mask", mask(seed, "attention/mask", n, n, masked)],
      ]);
    },
    reference: (inputs, seed) =>
      attentionReference(sizes, tensors(seed, n, heads, width), inputs.get("mask") as Float32Array, seed),
  };
}

function record(plan: Plan, { n, heads, width }: AttentionSizes, times: number): void {
  const shape = [n, n, heads, width];
  const [q, g, k, v] = ["q", "g", "k", "v"].map((name) => plan.input(name, shape));
  const bias = plan.input("bias", [heads, n, pitchOf(n)]);
  const keys = plan.input("mask", [n, pitchOf(n)]);
  // The output replaces the queries: what follows the first time is work of the same size.
  for (let time = 0; time < times; time++) attendWith(plan, { q, g, k, v }, shape, bias, keys, { kind: "replace" }, 0);
  plan.output(OUTPUT, q);
}

/** Some rows of softmaxⱼ(q·k / √width + bias) v over the keys that the mask leaves, in double precision. */
function attentionReference(sizes: AttentionSizes, drawn: Drawn, mask: Float32Array, seed: number): Reference {
  const { n, heads, width } = sizes;
  const [rows, queries] = ["rows", "queries"].map((name) => sampled(seed, `attention/${name}`, n, SAMPLES));
  const positions: number[] = [];
  const want: number[] = [];
  for (const row of rows)
    for (const query of queries)
      for (let head = 0; head < heads; head++) {
        const present = (key: number): boolean => mask[row * pitchOf(n) + key] !== 0;
        const start = ((row * n + query) * heads + head) * width;
        attended(sizes, drawn, present, row, query, head).forEach((value, channel) => {
          positions.push(start + channel);
          want.push(value);
        });
      }
  return { positions, want: Float64Array.from(want) };
}

function attended(
  { n, heads, width }: AttentionSizes,
  { q, k, v, bias }: Drawn,
  present: (key: number) => boolean,
  row: number,
  query: number,
  head: number,
): Float64Array {
  const at = (token: number): number => ((row * n + token) * heads + head) * width;
  const logits = Float64Array.from({ length: n }, (_, key) => {
    if (!present(key)) return Number.NEGATIVE_INFINITY;
    let dot = 0;
    for (let channel = 0; channel < width; channel++) dot += q[at(query) + channel] * k[at(key) + channel];
    return dot / Math.sqrt(width) + bias[(head * n + query) * pitchOf(n) + key];
  });
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const sums = new Float64Array(width);
  let total = 0;
  logits.forEach((logit, key) => {
    const weight = Math.exp(logit - largest);
    total += weight;
    for (let channel = 0; channel < width; channel++) sums[channel] += weight * v[at(key) + channel];
  });
  return sums.map((sum) => sum / total);
}

export const attention: Suite = {
  name: "attention",
  entries: [128, 384, 512].flatMap((n) =>
    [false, true].map((masked) => attentionEntry({ n, heads: 4, width: 32 }, masked, !masked)),
  ),
};
