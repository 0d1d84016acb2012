/** Microbenchmarks of single kernels: batched and cold, against the adapter's measured roofline. */
import type { Device } from "../gpu/device/device.ts";
import {
  type AnyKernel,
  type Cost,
  costOf,
  type Dims,
  type Dtypes,
  type KernelCase,
  type Variant,
} from "../gpu/plan/kernel.ts";
import type { Target } from "../gpu/plan/target.ts";
import { SingleDispatch } from "../gpu/run/single_dispatch.ts";
import type { PipelineCache } from "../gpu/shader/pipelines.ts";
import { kernelRule, type Sampling, type StopRule, sampleUntil } from "./core/measure.ts";
import { leastSeconds, type Roofline } from "./core/roofline.ts";
import { relativeNoise, summarise } from "./core/stats.ts";
import { caseDims, makeInputs } from "./kernel_inputs.ts";

export interface KernelTiming {
  readonly kernel: string;
  readonly variant: string;
  readonly case: string;
  readonly cost: Cost;
  /** Milliseconds of one dispatch among many, back to back in one pass. */
  readonly batched: Sampling & { readonly repeats: number };
  /** Milliseconds of one dispatch over inputs that no cache holds; none of runs in turns. */
  readonly cold: Sampling & { readonly copies: number };
}

/** Does work when it is this process's turn. */
type Turn = <T>(work: () => Promise<T>) => Promise<T>;

export interface KernelBenchOptions {
  readonly rule?: StopRule;
  /** Element types of arrays; those not named, as the kernel says. */
  readonly dtypes?: Dtypes;
  readonly signal?: AbortSignal;
  /** Works in turns with others: until the rule's longest time has been spent, and without cold samples. */
  readonly turn?: Turn | undefined;
}

/** Inputs of a cold run rotate through at least this much memory, past any last-level cache. */
const COLD_BYTES = 256 * 2 ** 20;
const MOST_COPIES = 16;
const TIMER_STEPS = 50;

/** Whether a dispatch is more than a software adapter does in a moment. */
export const longOnSoftware = ({ flops, bytes }: Cost): boolean => flops > 6e9 || bytes > 128 * 2 ** 20;

/** A turn is as long as this, in milliseconds, or one sample. */
const TURN_MS = 50;
const turnRule: StopRule = { noise: 0, minSamples: 1, minTime: 0, maxTime: TURN_MS };

type Timed = Pick<KernelTiming, "batched" | "cold">;

/** Times one case with one variant. */
export async function benchKernel(
  device: Device,
  pipelines: PipelineCache,
  target: Target,
  kernel: AnyKernel,
  variant: Variant,
  testCase: KernelCase,
  { rule = kernelRule, dtypes = variant.dtypes ?? {}, signal, turn }: KernelBenchOptions = {},
): Promise<KernelTiming> {
  const dims = caseDims(target, kernel, variant, testCase);
  const cost = costOf(kernel, { dtypes }, dims);
  const sampled: Sampled = (task, own = rule) => sampleUntil(task, own, () => performance.now(), signal);
  const copies = turn ? 1 : Math.min(MOST_COPIES, Math.max(2, Math.ceil(COLD_BYTES / Math.max(1, cost.bytes))));
  const timed = await withSets(device, pipelines, kernel, variant, dims, dtypes, copies, async (sets) => {
    const repeats = await repeatsFor(sets[0], await timerStep(sets[0]));
    return turn ? inTurns(sets[0], repeats, rule.maxTime, sampled, turn) : alone(sets, repeats, sampled);
  });
  return { kernel: kernel.name, variant: variant.name, case: testCase.name, cost, ...timed };
}

type Sampled = (task: () => Promise<number>, rule?: StopRule) => Promise<Sampling>;

const batchOf = (set: SingleDispatch, repeats: number) => async (): Promise<number> =>
  (await set.time(repeats)) / repeats;

async function alone(sets: readonly SingleDispatch[], repeats: number, sampled: Sampled): Promise<Timed> {
  const batched = await sampled(batchOf(sets[0], repeats));
  let next = 0;
  const cold = await sampled(() => sets[next++ % sets.length].time(1));
  return { batched: { ...batched, repeats }, cold: { ...cold, copies: sets.length } };
}

/** Little at a time, until so many milliseconds have been spent on samples. The first turn warms up. */
async function inTurns(
  set: SingleDispatch,
  repeats: number,
  most: number,
  sampled: Sampled,
  turn: Turn,
): Promise<Timed> {
  const stretch = () => sampled(batchOf(set, repeats), turnRule);
  await turn(stretch);
  const samples: number[] = [];
  for (let spent = 0; spent < most; )
    await turn(async () => {
      const start = performance.now();
      samples.push(...(await stretch()).samples);
      spent += performance.now() - start;
    });
  return {
    batched: { samples, stopped: "time", noise: relativeNoise(samples), repeats },
    cold: { samples: [], stopped: "time", noise: 0, copies: 0 },
  };
}

/** Does work with so many sets of buffers that hold the same inputs, and frees them. */
async function withSets<T>(
  device: Device,
  pipelines: PipelineCache,
  kernel: AnyKernel,
  variant: Variant,
  dims: Dims,
  dtypes: Dtypes,
  count: number,
  work: (sets: readonly SingleDispatch[]) => Promise<T>,
): Promise<T> {
  const inputs = makeInputs(kernel, { dtypes }, dims, 0);
  const sets: SingleDispatch[] = [];
  try {
    for (let copy = 0; copy < count; copy++) {
      const set = await SingleDispatch.create(device, pipelines, kernel, variant, dims, { dtypes });
      sets.push(set);
      for (const [name, values] of Object.entries(inputs)) set.write(name, values);
      await set.run(); // compiles, and clears lazily cleared buffers
    }
    return await work(sets);
  } finally {
    for (const set of sets) set.destroy();
  }
}

/** The step of the device's timer in milliseconds: the greatest common divisor of a few measured times. */
export async function timerStep(dispatch: Pick<SingleDispatch, "time">): Promise<number> {
  let step = 0;
  for (let run = 0; run < 8; run++) step = divisor(step, Math.round(1e6 * (await dispatch.time(1))));
  return step / 1e6;
}

/** Greatest common divisor. */
const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

async function repeatsFor(dispatch: SingleDispatch, step: number): Promise<number> {
  for (let repeats = 1; ; repeats *= 4) {
    if ((await dispatch.time(repeats)) >= TIMER_STEPS * step || repeats >= 4096) return repeats;
  }
}

/** A timing as rates and as a share of what the adapter could do at best. */
export function ratesOf({ cost, batched }: KernelTiming, roofline: Roofline) {
  const seconds = summarise(batched.samples).median / 1000;
  const floor = leastSeconds(cost, roofline);
  return { flops: cost.flops / seconds, bytes: cost.bytes / seconds, share: floor / seconds };
}
