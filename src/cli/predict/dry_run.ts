/** `predict --dry-run`: what would run, what fits, and how long it takes at the least. */
import type { WebGpuBackend } from "../../backends/webgpu.ts";
import { leftText } from "../../bench/core/progress.ts";
import { measureRoofline } from "../../bench/roofline.ts";
import { counted, sizeText } from "../../words.ts";
import { stop, withWebGpu } from "../context.ts";
import { noteOnce, notesOf, print, progress, remark, table } from "../output.ts";
import type { Queued, queueOf } from "./inputs.ts";
import { featuresOf, type Making, madeText } from "./job.ts";
import { fitOf, MOST_SAMPLES, mostSamples, type Network, networkFeatures } from "./network.ts";
import type { PredictOptions } from "./options.ts";
import { inTurn, type Outcome } from "./queue.ts";
import { checkFormat } from "./results.ts";

/** A job that would be predicted. */
export interface Planned extends Outcome {
  readonly state: "planned";
  readonly tokens: number;
  readonly padded: number;
  readonly seeds: number;
  readonly samples: number;
  readonly side_by_side: number;
  /** The most samples that fit side by side; null where that many were not asked about. */
  readonly most_side_by_side: number | null;
  readonly memory_bytes: number;
  /** For all seeds, at the rates that the device reaches at best. */
  readonly seconds_at_least: number;
}

export async function planJobs(
  queue: Awaited<ReturnType<typeof queueOf>>,
  network: Network,
  making: Making,
  options: PredictOptions,
): Promise<void> {
  const steps = progress();
  try {
    const { device, precision } = options;
    await withWebGpu(
      device,
      async (backend) => {
        steps.doing("measuring the device");
        const rates = await measureRoofline(await backend.device(), await backend.pipelines(), await backend.target());
        const one = (queued: Queued, prefix: string) =>
          plan(queued, prefix, { network, making, options, backend, rates });
        print(plannedText(await inTurn(queue, steps, one), options.json ?? false));
      },
      { precision },
    );
  } finally {
    steps.stop();
  }
}

interface Planning {
  readonly network: Network;
  readonly making: Making;
  readonly options: PredictOptions;
  readonly backend: WebGpuBackend;
  readonly rates: { readonly flops: number; readonly bytes: number };
}

async function plan(
  queued: Queued,
  prefix: string,
  { network, making, options, backend, rates }: Planning,
): Promise<readonly [Planned, string]> {
  const { job, name, file } = queued;
  const made = await featuresOf(making, queued, job.seeds[0], notesOf(noteOnce(), prefix === name ? undefined : name));
  checkFormat(name, made.complex, options);
  remark(`${prefix}: ${madeText(made, job)}`);
  const features = networkFeatures(network, made.tensors, job.seeds[0]);
  const target = await backend.target();
  const fitting = { limit: options.memoryLimit, signal: stop.signal };
  const fit = await fitOf(network, features, target, fitting);
  const most = await mostSamples(network, features, target, fitting);
  const planned: Planned = {
    name,
    file,
    state: "planned",
    tokens: made.tokens.length,
    padded: features.sizes.tokens,
    seeds: job.seeds.length,
    samples: network.counts.samples,
    side_by_side: fit.batch,
    most_side_by_side: most < MOST_SAMPLES ? most : null,
    memory_bytes: fit.bytes,
    seconds_at_least: (job.seeds.length * fit.least(rates)) / 1000,
  };
  const sideBySide = most < MOST_SAMPLES ? `at most ${counted(most, "sample")}` : `${MOST_SAMPLES} samples or more`;
  const line = `${prefix}: ${sizeText(fit.bytes, Math.ceil)} on the device with ${fit.batch} of ${counted(network.counts.samples, "sample")} side by side; ${sideBySide} would fit; ${leftText(1000 * planned.seconds_at_least)} for ${counted(job.seeds.length, "seed")} at the least`;
  return [planned, line];
}

const isPlanned = (outcome: Planned | Outcome): outcome is Planned => outcome.state === "planned";

/** What is printed: a row per job, or everything as JSON. */
export function plannedText(outcomes: readonly (Planned | Outcome)[], json: boolean): string {
  if (json) return JSON.stringify({ jobs: outcomes }, null, 2);
  const planned = outcomes.filter(isPlanned);
  // Where nothing is padded, a second number of tokens would only ask to be explained.
  const pads = planned.some((one) => one.padded !== one.tokens);
  const rows = planned.map((one) => [
    one.name,
    one.tokens,
    ...(pads ? [one.padded] : []),
    one.seeds,
    one.samples,
    one.most_side_by_side ?? `${MOST_SAMPLES}+`,
    sizeText(one.memory_bytes, Math.ceil),
    leftText(1000 * one.seconds_at_least),
  ]);
  const tokens = pads ? [">tokens", ">padded to"] : [">tokens"];
  return table(["job", ...tokens, ">seeds", ">samples", ">most side by side", ">memory", ">time at least"], rows);
}
