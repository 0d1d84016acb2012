/** `sweep --dry-run`: the cases, and what they will take as far as that can be known. */
import { leftText } from "../../bench/core/progress.ts";
import { median } from "../../bench/core/stats.ts";
import { planOf, type Workload } from "../../bench/core/workload.ts";
import type { SweepFolder } from "../../bench/sweep/folder.ts";
import { argumentsOf, type SweepCase } from "../../bench/sweep/grid.ts";
import { isDue } from "../../bench/sweep/run.ts";
import { BadInputError } from "../../errors.ts";
import { anyDevice } from "../../gpu/plan/target.ts";
import { memoryOf } from "../../gpu/run/resources.ts";
import { tuning } from "../../kernels/tune/table.ts";
import { inPrecisions, webgpuChoice } from "../backends.ts";
import type { BenchOptions } from "../bench.ts";
import { makeWorkloads } from "../bench_workloads.ts";
import { bytes, print, rate, remark, table } from "../output.ts";
import type { Sweep } from "./file.ts";
import { benchOptionsOf } from "./options.ts";

export interface Estimate {
  readonly key: string;
  readonly options: Readonly<Record<string, string | true>>;
  /** Whether an earlier start has finished it. */
  readonly finished: boolean;
  /** Of one pass with our kernels, all that the case runs together; null where planning would take too long, or is refused. */
  readonly flops: number | null;
  /** What our plan holds on the device at most, in bytes, with WebGPU's default limits. */
  readonly memory_bytes: number | null;
  /** What it takes at most, or took; null where nothing is known of this backend's speed and no time is set. */
  readonly seconds: number | null;
}

/** Loading Dawn, measuring the roofline, compiling: what a case takes beyond its rows. */
const STARTING = 6;
/** Runs before the passes, in the middle. */
const WARM_UPS = 4;
/** Plans of large networks take a second each; nobody waits for a thousand. */
const PLANNING_MS = 8000;

/** What cases will take. @param folder in which finished cases say how fast backends are */
export async function estimatesOf(sweep: Sweep, folder: SweepFolder): Promise<Estimate[]> {
  const deadline = performance.now() + PLANNING_MS;
  const pace = paceIn(folder);
  const estimates: Estimate[] = [];
  for (const one of sweep.cases) {
    const record = folder.record(one.key);
    const finished = !isDue(record, { failed: false });
    const options = benchOptionsOf(argumentsOf(one));
    const plan = performance.now() < deadline ? await planned(options) : undefined;
    const seconds = finished && record ? record.seconds : secondsOf(options, plan, pace, sweep.limits.seconds);
    const { flops = null, memory = null } = plan ?? {};
    const named = Object.fromEntries(one.settings);
    estimates.push({ key: one.key, options: named, finished, flops, memory_bytes: memory, seconds });
  }
  return estimates;
}

interface Planned {
  readonly flops: number;
  readonly memory: number | null;
  readonly workloads: readonly Workload[];
}

async function planned(options: BenchOptions): Promise<Planned | undefined> {
  try {
    const workloads = (await makeWorkloads(options)).flatMap((one) => ("missing" in one ? [] : [one]));
    const flops = workloads.reduce((sum, { cost }) => sum + cost.flops, 0);
    return { flops, memory: memoryOfAll(workloads), workloads };
  } catch (error) {
    if (error instanceof BadInputError) return undefined;
    throw error;
  }
}

/** Of workloads that run one after the other. */
function memoryOfAll(workloads: readonly Workload[]): number | null {
  try {
    const sizes = workloads.map((one) => {
      const { constants, transients, overhead } = memoryOf(planOf(one, anyDevice(tuning)));
      return constants + transients + overhead;
    });
    return Math.max(0, ...sizes);
  } catch (error) {
    if (error instanceof BadInputError) return null; // the limits of a real device are larger
    throw error;
  }
}

/** Seconds per FLOP, by backend with its variant, from what has been measured in a folder. */
type Pace = ReadonlyMap<string, number>;

function paceIn(folder: SweepFolder): Pace {
  const found = new Map<string, number[]>();
  for (const key of folder.keys())
    for (const { ok, elapsed_ms, flops, backend, variant } of folder.rows(key))
      if (ok && elapsed_ms !== null && flops !== null && flops > 0)
        found.set(`${backend}:${variant}`, [...(found.get(`${backend}:${variant}`) ?? []), elapsed_ms / 1000 / flops]);
  return new Map([...found].map(([name, paces]) => [name, median(paces)]));
}

function secondsOf(
  options: BenchOptions,
  plan: Planned | undefined,
  pace: Pace,
  limit = Number.POSITIVE_INFINITY,
): number | null {
  const backends = inPrecisions(options.backend ?? [webgpuChoice], options);
  const rows = backends.map(({ name, variant }) => {
    const known = pace.get(`${name}:${variant}`);
    const passes = options.passes === undefined ? undefined : options.passes + (options.warmup ?? WARM_UPS);
    if (passes === undefined) return options.time * (plan?.workloads.length ?? 1);
    return known === undefined || plan === undefined ? Number.NaN : passes * plan.flops * known;
  });
  const seconds = STARTING + rows.reduce((sum, one) => sum + one, 0);
  return Number.isNaN(seconds) ? (Number.isFinite(limit) ? limit : null) : Math.min(limit, seconds);
}

/** Prints cases with what they will take. */
export function printEstimates(estimates: readonly Estimate[], sweep: Sweep, json: boolean): void {
  if (json) {
    print(JSON.stringify({ name: sweep.name, limits: sweep.limits, cases: estimates }, null, 2));
    return;
  }
  const rows = estimates.map(({ key, options, finished, flops, memory_bytes, seconds }) => [
    key.slice(-12),
    argumentsOf({ key, settings: new Map(Object.entries(options)) } satisfies SweepCase).join(" "),
    flops === null ? "" : rate(flops, "FLOP"),
    memory_bytes === null ? "" : bytes(memory_bytes),
    seconds === null ? "" : seconds.toFixed(0),
    finished ? "finished" : "",
  ]);
  print(table(["key", "options", ">a pass", ">device memory", ">seconds at most", ""], rows));
  const due = estimates.filter(({ finished }) => !finished);
  const known = due.flatMap(({ seconds }) => seconds ?? []);
  const unknown = due.length - known.length;
  const total = leftText(1000 * known.reduce((sum, one) => sum + one, 0));
  remark(
    due.length === 0
      ? `all ${estimates.length} cases are finished`
      : `${due.length} of ${estimates.length} cases to run: ${known.length === 0 ? "nobody knows how long" : `${total} at most`}${unknown > 0 && known.length > 0 ? `, and ${unknown} of which nothing is known yet` : ""}${sweep.largest ? ", and the search of the largest N" : ""}`,
  );
}
