/** One run: compile, check by recordings, time, and make figures. Parts are handed to the page as they come. */
import {
  type Device,
  displayName,
  openWebGpu,
  residueLetters,
  type TensorMap,
  type WebGpuBackend,
  type WebGpuRunner,
  writeSafetensors,
} from "af3-gpu";
import { type BenchResult, type Judging, type Phase, runBench, type Verdict } from "af3-gpu/bench";
import { precisionsOf, precisionWords } from "../shared/choices.ts";
import { PHASES } from "../shared/phases.ts";
import type { Check, DeviceCard, FromWorker, Part, RunRequest, Times } from "../shared/protocol.ts";
import { checkByRecordings, precisionOf, together, Unchecked } from "./check.ts";
import { failureOf, KnownFailure } from "./failures.ts";
import { distogram, pairStatistics } from "./figures.ts";
import { ALONE, Follower, loadingOf, type Turn } from "./follow.ts";
import { inView, PAUSED, settingsOf } from "./measuring.ts";
import { timeSteps } from "./steps.ts";
import type { Visibility } from "./visibility.ts";
import { makeWorkload, type Workload } from "./workload.ts";

export interface Hooks {
  readonly post: (message: FromWorker, transfer?: Transferable[]) => void;
  readonly signal: AbortSignal;
  readonly visibility: Visibility;
}

type Give = (part: Part, transfer?: Transferable[]) => void;

/** Bytes of tensors that are offered as a file: they are held in the page's memory. */
const LARGEST_DOWNLOAD = 2 ** 28;

/** Opens the device and describes it. */
export async function describe({ post }: Hooks): Promise<void> {
  const backend = openWebGpu();
  try {
    post({ kind: "device", card: cardOf(await backend.device()) });
  } finally {
    await backend.dispose();
  }
}

/** Runs the trunk as chosen; in several precisions they take turns. */
export async function runTrunk(request: RunRequest, { post, signal, visibility }: Hooks): Promise<void> {
  const say = (doing: string, share: number): void => post({ kind: "progress", progress: { doing, share } });
  const give: Give = (part, transfer = []) => post({ kind: "part", part }, transfer);
  say("Opening the GPU", PHASES.compile);
  // New devices each time, so that compiling is measured each time.
  const backends = precisionsOf(request.choices).map((precision) => openWebGpu({ precision }));
  const turnOf = (backend: { readonly variant: string }): Turn => {
    const at = backends.findIndex(({ variant }) => variant === backend.variant);
    return backends.length === 1 ? ALONE : { at, of: backends.length, name: precisionWords[precisionOf(backend)] };
  };
  try {
    post({ kind: "device", card: cardOf(await backends[0].device()) });
    const workload = await makeWorkload(request);
    const { choices } = workload;
    let [outputs, phase]: [TensorMap, Phase] = [new Map(), "loading"];
    let follower: Follower | undefined;
    const judge: Judging = {
      async judge(_, answers) {
        [{ outputs }] = answers;
        const checks: Check[] = [];
        const verdicts: (Verdict | Error)[] = [];
        for (const [at, answer] of answers.entries()) {
          const tell = (name: string, done: number): void =>
            say(`Checking by the recording ${name}`, within("check", "passes", (at + done) / answers.length));
          const [backend] = backends.filter(({ variant }) => variant === answer.backend.variant);
          const found = await checkByRecordings(backend, workload, answer.outputs, request.base, signal, tell);
          checks.push(found.check);
          verdicts.push(found.verdict);
        }
        give({ name: "check", check: together(checks) });
        return verdicts;
      },
    };
    let kept = 0;
    const paused = (): void => say(PAUSED, follower?.begins(Math.floor(kept / backends.length) + 1) ?? PHASES.passes);
    await runBench(backends, [workload.bench], judge, settingsOf(choices, 1, "browser demo"), {
      signal,
      conditions: inView(visibility, signal, paused),
      row: () => void kept++,
      progress(doing) {
        phase = doing.phase;
        const turn = turnOf(doing.backend);
        if (phase === "loading") post({ kind: "progress", progress: loadingOf(doing.load, turn) });
        const progress = follower?.progress(doing, turn);
        if (progress) post({ kind: "progress", progress });
      },
      loaded(runner) {
        follower = new Follower(runner as WebGpuRunner, choices.passes);
        give({ name: "blocks", blocks: follower.blocks });
      },
      async finished(result, runner) {
        if (result.outcome === "failed" && !(result.cause instanceof Unchecked))
          throw failedBy(result.cause, workload, phase);
        const { at, of } = turnOf(result);
        give({ name: "rows", rows: result.rows });
        if (result.outcome === "timed") {
          give({ name: "times", times: timesOf(result) });
          say("Timing every step", within("steps", "figures", at / of));
          const { inputs } = workload.bench;
          const steps = await timeSteps(runner as WebGpuRunner, inputs, result, signal);
          give({ name: "steps", steps });
        }
        if (at < of - 1) return;
        say("Drawing maps", PHASES.figures);
        await giveFigures(backends[0], workload, outputs, give);
      },
    });
  } finally {
    for (const backend of backends) await backend.dispose();
  }
}

/** The share of the whole that lies so far between the beginnings of two phases. */
const within = (from: keyof typeof PHASES, to: keyof typeof PHASES, through: number): number =>
  PHASES[from] + through * (PHASES[to] - PHASES[from]);

/** With random weights nothing but the sizes can be wrong when a network is loaded. */
const failedBy = (cause: unknown, { weights }: Workload, phase: Phase): unknown =>
  phase === "loading" && weights.kind === "file" && cause instanceof Error && failureOf(cause).kind === "input"
    ? new KnownFailure("weights", cause)
    : cause;

function timesOf({ rows, discarded, variant }: BenchResult): Times {
  const [{ compile_ms, warmup_ms, flops, weights_bytes, settings }] = rows;
  return {
    precision: precisionOf({ variant }),
    settings,
    compile: compile_ms ?? 0,
    first: warmup_ms[0],
    passes: rows.map(({ elapsed_ms, exec_ms, gpu_ms }) => ({
      elapsed: elapsed_ms ?? 0,
      execute: exec_ms ?? 0,
      gpu: gpu_ms ?? undefined,
    })),
    discarded,
    flops: flops ?? 0,
    weightBytes: weights_bytes ?? 0,
    peakBytes: Math.max(...rows.map(({ device_peak_bytes }) => device_peak_bytes ?? 0)),
  };
}

async function giveFigures(backend: WebGpuBackend, workload: Workload, outputs: TensorMap, give: Give): Promise<void> {
  const pair = outputs.get(workload.pair);
  if (!pair) throw new Error(`the trunk gave no ${workload.pair}`);
  give({ name: "pair", statistics: pairStatistics(pair) });
  const { inputs } = workload.bench;
  const { maps, why } = await distogram(backend, workload, inputs, pair);
  if (maps) {
    const transfer = [maps.distance.buffer, maps.contact.buffer];
    const residues = residueLetters(workload.engine, inputs);
    give({ name: "maps", maps: { ...maps, residues }, why }, transfer);
  } else give({ name: "maps", maps, why });
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
