/** What the figures show: the distogram as maps, and statistics of the pair representation. */
import {
  BadInputError,
  engineInfo,
  float32,
  type HostTensor,
  preset,
  type TensorMap,
  type WebGpuBackend,
} from "af3-gpu";
import type { Maps, PairStatistics } from "../shared/protocol.ts";
import type { Workload } from "./workload.ts";

/** Bins that end no further are contacts; a little more than 8 Å, as the heads have it that tell contacts. */
const CONTACT = 8.001;

/**
 * Runs the distogram head on a pair representation.
 * @param pair [tokens, tokens, C]
 * @returns no maps, and why, if the weights have none for the head
 */
export async function distogram(
  backend: WebGpuBackend,
  { engine, tokens, weights }: Workload,
  inputs: TensorMap,
  pair: HostTensor,
): Promise<{ maps: Maps | undefined; why: string }> {
  const head = engineInfo(engine).components.find(({ shortName }) => shortName === "distogram");
  if (!head?.binEdges) return { maps: undefined, why: `${engine} has no distogram head` };
  const { config } = preset(engine, head.name, "tiny");
  const sizes = { tokens, c_z: pair.shape[2] };
  try {
    const runner = await backend.load({ engine, component: head.name, config, weights, sizes });
    try {
      const ones = float32([tokens], new Float32Array(tokens).fill(1));
      const given = head.inputs.map(({ name, role }): [string, HostTensor] => [
        name,
        role === "pair" ? pair : (inputs.get(name) ?? ones),
      ]);
      return { maps: mapsOf(await runner.run(new Map(given)), tokens, head.binEdges(config, sizes)), why: "" };
    } finally {
      await runner.dispose();
    }
  } catch (error) {
    if (weights.kind === "file" && error instanceof BadInputError) return { maps: undefined, why: error.message };
    throw error;
  }
}

/** @param edges between the bins, in Ångström; the outer bins, which have one, count as wide as their neighbours */
export function mapsOf(outputs: TensorMap, tokens: number, edges: readonly number[]): Maps {
  const logits = outputs.get("distogram_logits");
  if (!logits) throw new Error("the distogram head gave no logits");
  const bins = logits.shape[2];
  const bottom = 2 * edges[0] - edges[1];
  const tops = [...edges, 2 * edges[bins - 2] - edges[bins - 3]];
  const distance = new Float32Array(tokens * tokens);
  const near = new Float32Array(tokens * tokens);
  for (let at = 0; at < distance.length; at++) {
    const own = logits.data.subarray(at * bins, (at + 1) * bins);
    const most = (own as Float32Array).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (let bin = 0; bin < bins; bin++) {
      const weight = Math.exp(own[bin] - most);
      const middle = ((tops[bin - 1] ?? bottom) + tops[bin]) / 2;
      sum += weight;
      distance[at] += weight * middle;
      if (tops[bin] <= CONTACT) near[at] += weight;
    }
    distance[at] /= sum;
    near[at] /= sum;
  }
  const told = outputs.get("contact_probs");
  return {
    tokens,
    bins,
    range: [bottom, tops[bins - 1]],
    distance,
    contact: told ? Float32Array.from(told.data) : near,
  };
}

/** Pieces of the histogram. */
const COLUMNS = 48;

/** Sorting more values than this would keep the visitor waiting; quantiles are those of every so many. */
const SORTED = 2 ** 20;

/** Statistics of a pair representation [tokens, tokens, C]. */
export function pairStatistics({ shape, data }: HostTensor): PairStatistics {
  let [sum, finite, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const channels = new Float64Array(shape[2]);
  for (let at = 0; at < data.length; at++) {
    const value = data[at];
    channels[at % shape[2]] += value ** 2;
    if (!Number.isFinite(value)) continue;
    sum += value;
    finite++;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const mean = sum / finite;
  let squares = 0;
  for (const value of data) if (Number.isFinite(value)) squares += (value - mean) ** 2;
  const every = Math.ceil(data.length / SORTED);
  const { median, histogram } = distribution(data, every);
  return {
    shape,
    mean,
    deviation: Math.sqrt(squares / finite),
    least,
    median,
    most,
    notFinite: data.length - finite,
    every,
    histogram,
    channels: Array.from(channels, (own) => Math.sqrt(own / (shape[0] * shape[1]))),
  };
}

/** Median and histogram of every so many values. */
function distribution(data: HostTensor["data"], every: number) {
  const sorted = Float32Array.from({ length: Math.ceil(data.length / every) }, (_, at) => data[at * every])
    .filter(Number.isFinite)
    .sort();
  const quantile = (q: number): number => sorted[Math.round(q * (sorted.length - 1))] ?? Number.NaN;
  const [from, to] = [quantile(0.001), quantile(0.999)];
  const counts = new Array<number>(COLUMNS).fill(0);
  for (const value of sorted)
    if (value >= from && value <= to)
      counts[Math.min(COLUMNS - 1, Math.floor((COLUMNS * (value - from)) / (to - from || 1)))]++;
  return { median: quantile(0.5), histogram: { from, to, counts } };
}
