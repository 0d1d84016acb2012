/** One run: compile, check by recordings, time, and make figures. Parts are handed to the page as they come. */
import { openWebGpu, type RunProgress, type TensorMap, type WebGpuBackend, writeSafetensors } from "af3-gpu";
import { WebGpuRunner } from "../../../src/backends/webgpu.ts";
import { costOf } from "../../../src/bench/core/workload.ts";
import { runsOf } from "../../../src/engines/core/component.ts";
import { displayName } from "../../../src/gpu/device/adapter.ts";
import type { Device } from "../../../src/gpu/device/device.ts";
import type { DeviceCard, FromWorker, Part, PassTime, RunRequest, Times } from "../shared/protocol.ts";
import { checkByRecordings } from "./check.ts";
import { failureOf, KnownFailure } from "./failures.ts";
import { distogram, pairStatistics } from "./figures.ts";
import { rowsOf } from "./rows.ts";
import { timeSteps } from "./steps.ts";
import type { Visibility } from "./visibility.ts";
import { inputsOf, makeWorkload, type Workload } from "./workload.ts";

export interface Hooks {
  readonly post: (message: FromWorker, transfer?: Transferable[]) => void;
  readonly signal: AbortSignal;
  readonly visibility: Visibility;
}

/** Where each phase begins in the progress of the whole. */
const PHASES = { compile: 0, first: 0.3, check: 0.4, passes: 0.6, steps: 0.85, figures: 0.95 } as const;

/** Bytes of tensors that are offered as a file: they are held in the page's memory. */
const LARGEST_DOWNLOAD = 2 ** 28;

/** Passes go on for so many milliseconds at most, once there are three. */
const PATIENCE = 8000;

const NO_PASSES: { timed: TimedPass[]; discarded: number } = { timed: [], discarded: 0 };

/** Opens the device and describes it. */
export async function describe({ post }: Hooks): Promise<void> {
  const backend = openWebGpu();
  try {
    post({ kind: "device", card: cardOf(await backend.device()) });
  } finally {
    await backend.dispose();
  }
}

/** Runs the trunk as chosen. */
export async function runTrunk(request: RunRequest, hooks: Hooks): Promise<void> {
  const { post, signal } = hooks;
  const say = (doing: string, share: number): void => post({ kind: "progress", progress: { doing, share } });
  const give = (part: Part, transfer: Transferable[] = []): void => post({ kind: "part", part }, transfer);
  say("Opening the GPU", PHASES.compile);
  const backend = openWebGpu(); // a new device each time, so that compiling is measured each time
  try {
    const device = await backend.device();
    post({ kind: "device", card: cardOf(device) });
    const workload = await makeWorkload(request);
    say("Compiling shaders", PHASES.compile);
    const { runner, loading } = await load(backend, workload, signal);
    try {
      const inputs = inputsOf(workload);
      const { blocks, progress } = follow(workload, runner, hooks);
      give({ name: "blocks", blocks });
      const first = await runner.time(inputs, { signal, progress: progress("First run", PHASES.first, PHASES.check) });
      const { check, report } = await checkByRecordings(backend, workload, inputs, request.base, hooks, (name, done) =>
        say(`Checking by the recording ${name}`, PHASES.check + done * (PHASES.passes - PHASES.check)),
      );
      give({ name: "check", check });
      // What is wrong has no times.
      const passes = report.wrong ? NO_PASSES : await timePasses(workload, runner, inputs, hooks, progress);
      const times = timesOf(workload, runner, loading, first.times.elapsed, passes);
      const rows = rowsOf(workload, displayName(device.adapter), device.adapter.software, times, passes.timed, report);
      give({ name: "rows", rows });
      if (passes.timed.length > 0) {
        give({ name: "times", times });
        say("Timing every step", PHASES.steps);
        give({ name: "steps", steps: await timeSteps(device, workload, runner, inputs, passes.timed, signal) });
      }
      say("Drawing maps", PHASES.figures);
      await giveFigures(backend, workload, inputs, first.outputs, give);
    } finally {
      await runner.dispose();
    }
  } finally {
    await backend.dispose();
  }
}

async function load(backend: WebGpuBackend, workload: Workload, signal: AbortSignal) {
  const { engine, config, weights, sizes } = workload;
  const start = performance.now();
  try {
    const runner = await backend.load({ engine, component: "trunk", config, weights, sizes, signal });
    if (!(runner instanceof WebGpuRunner)) throw new Error("the backend webgpu gave another runner than its own");
    return { runner, loading: performance.now() - start };
  } catch (error) {
    // With random weights nothing but the sizes can be wrong.
    if (weights.kind === "file" && error instanceof Error && failureOf(error).kind === "input")
      throw new KnownFailure("weights", error);
    throw error;
  }
}

/** Up to a block of the network: what the progress bar has a piece for. */
const blockOf = (label: string): string =>
  /^(.*?(?:msa|pairformer|template)[^/]*\/(?:.*?\/)?block \d+)\//.exec(label)?.[1] ??
  label.split("/").slice(0, 2).join("/");

/** Turns what the runner tells into progress of the whole, with the block that runs. */
function follow({ configured }: Workload, { executable }: WebGpuRunner, { post }: Hooks) {
  const { steps, sections } = executable.plan;
  const blocks = [...new Set(steps.map(({ label }) => blockOf(label)))];
  const total = sections.reduce((sum, { name, first, end }) => sum + (end - first) * runsOf(configured, name), 0);
  const progress = (what: string, from: number, to: number) => {
    let [done, reached, last] = [0, 0, ""];
    return ({ section, run, step, label }: RunProgress): void => {
      const key = `${section} ${run}`;
      if (key !== last) [reached, last] = [0, key];
      done += step - reached;
      reached = step;
      const at = { doing: `${what}: ${wordsOf(label)}`, share: from + (to - from) * Math.min(1, done / total) };
      post({ kind: "progress", progress: { ...at, block: blocks.indexOf(blockOf(label)) } });
    };
  };
  return { blocks, progress };
}

/** A label without the kernel at its end. */
const wordsOf = (label: string): string => label.split("/").slice(0, -1).join(" › ");

type Follow = ReturnType<typeof follow>["progress"];

export interface TimedPass extends PassTime {
  readonly start: string;
  readonly sections: readonly { name: string; runs: number; execute: number; gpu: number | undefined }[];
  readonly peakBytes: number | undefined;
}

async function timePasses(
  { choices }: Workload,
  runner: WebGpuRunner,
  inputs: TensorMap,
  { signal, visibility, post }: Hooks,
  progress: Follow,
): Promise<{ timed: TimedPass[]; discarded: number }> {
  const timed: TimedPass[] = [];
  let [discarded, spent] = [0, 0];
  const width = (PHASES.steps - PHASES.passes) / choices.passes;
  const paused = (): void =>
    post({
      kind: "progress",
      progress: {
        doing: "Paused: the tab is in the background, where times mean nothing",
        share: PHASES.passes + timed.length * width,
      },
    });
  while (timed.length < choices.passes && (timed.length < 3 || spent < PATIENCE)) {
    await visibility.shown(signal, paused);
    const { changes } = visibility;
    const from = PHASES.passes + timed.length * width;
    const start = new Date().toISOString();
    const what = `Pass ${timed.length + 1} of ${choices.passes}`;
    const { times, peakBytes } = await runner.time(inputs, { signal, progress: progress(what, from, from + width) });
    spent += times.elapsed;
    if (changes !== visibility.changes) discarded++;
    else timed.push({ ...times, start, peakBytes });
  }
  return { timed, discarded };
}

function timesOf(
  { configured }: Workload,
  runner: WebGpuRunner,
  loading: number,
  first: number,
  { timed, discarded }: { timed: readonly TimedPass[]; discarded: number },
): Times {
  return {
    compile: loading,
    first,
    passes: timed.map(({ elapsed, execute, gpu }) => ({ elapsed, execute, gpu })),
    discarded,
    flops: costOf(configured).flops,
    weightBytes: runner.memory.weights,
    peakBytes: Math.max(...timed.map(({ peakBytes }) => peakBytes ?? 0)),
  };
}

async function giveFigures(
  backend: WebGpuBackend,
  workload: Workload,
  inputs: TensorMap,
  outputs: TensorMap,
  give: (part: Part, transfer?: Transferable[]) => void,
): Promise<void> {
  const pair = outputs.get(workload.pair);
  if (!pair) throw new Error(`the trunk gave no ${workload.pair}`);
  give({ name: "pair", statistics: pairStatistics(pair) });
  const { maps, why } = await distogram(backend, workload, inputs, pair);
  give({ name: "maps", maps, why }, maps ? [maps.distance.buffer, maps.contact.buffer] : []);
  if ([...outputs.values()].reduce((sum, { data }) => sum + data.byteLength, 0) > LARGEST_DOWNLOAD) return;
  const bytes = writeSafetensors(outputs) as Uint8Array<ArrayBuffer>;
  give({ name: "tensors", bytes }, [bytes.buffer]);
}

function cardOf(device: Device): DeviceCard {
  const { adapter, features, limits } = device;
  const { vendor, architecture, description, software, subgroupMinSize: least, subgroupMaxSize: most } = adapter;
  const numbers: Record<string, number> = {};
  // The values are on the prototype, out of reach of Object.entries.
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") numbers[name] = value;
  }
  return {
    name: displayName(adapter),
    vendor,
    architecture,
    description,
    software,
    subgroups: most ? (least === most ? String(least) : `${least} to ${most}`) : "not told",
    features: [...features].sort(),
    limits: numbers,
  };
}
