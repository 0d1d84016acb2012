/** The same trunk through ONNX Runtime Web, in turns with ours. */
import { openWebGpu, type Runner, type TensorMap } from "af3-gpu";
import type { Backend } from "../../../src/backends/backend.ts";
import { OnnxBackend } from "../../../src/backends/onnx/backend.ts";
import type { BenchRow } from "../../../src/bench/core/row.ts";
import { compareOutput } from "../../../src/engines/core/comparison.ts";
import { displayName } from "../../../src/gpu/device/adapter.ts";
import type { Opponent, RunRequest } from "../shared/protocol.ts";
import { failureOf } from "./failures.ts";
import { WebOnnxHost } from "./ort_host.ts";
import { rowTemplate } from "./rows.ts";
import type { Hooks } from "./run.ts";
import { inputsOf, makeWorkload, type Workload } from "./workload.ts";

/** Rounds at least, unless fewer passes are asked for, and milliseconds after which no other begins. */
const [LEAST, PATIENCE] = [3, 20_000];

interface Contender {
  readonly name: string;
  readonly backend: Backend;
  runner?: Runner;
  outputs?: TensorMap;
  compile?: number;
  error?: number;
  bound?: number;
  failed?: string;
  readonly starts: string[];
  readonly passes: { elapsed: number; execute: number; gpu: number | undefined }[];
}

/** Loads all, compares their outputs with ours, and times them in turns. One that fails is shown as such; the rest goes on. */
export async function runOpponents(request: RunRequest, hooks: Hooks): Promise<void> {
  const { post, signal } = hooks;
  const say = (doing: string, share: number): void => post({ kind: "progress", progress: { doing, share } });
  const workload = await makeWorkload(request);
  const inputs = inputsOf(workload);
  const ours = openWebGpu();
  const contender = (name: string, backend: Backend): Contender => ({ name, backend, starts: [], passes: [] });
  const all = [
    contender("af3-gpu", ours),
    contender("ONNX Runtime Web, WebGPU", new OnnxBackend("webgpu", "plain", new WebOnnxHost(request.base))),
    contender("ONNX Runtime Web, WebAssembly", new OnnxBackend("cpu", "plain", new WebOnnxHost(request.base))),
  ];
  try {
    const { adapter } = await ours.device();
    for (const [at, one] of all.entries()) {
      say(`Loading and checking ${one.name}`, 0.5 * (at / all.length));
      await begin(one, all[0], workload, inputs, signal);
    }
    await takeTurns(all, workload, inputs, hooks, say);
    const rows = all.flatMap((one) => rowsOf(one, workload, displayName(adapter), adapter.software));
    post({ kind: "part", part: { name: "opponents", opponents: all.map(opponentOf), rows } });
  } finally {
    for (const { runner, backend } of all) {
      await runner?.dispose();
      await backend.dispose();
    }
  }
}

async function begin(one: Contender, ours: Contender, workload: Workload, inputs: TensorMap, signal: AbortSignal) {
  try {
    const { engine, config, weights, sizes } = workload;
    const start = performance.now();
    one.runner = await one.backend.load({ engine, component: "trunk", config, weights, sizes, signal });
    const loaded = performance.now();
    const first = await one.runner.time(inputs, { signal });
    const second = await one.runner.time(inputs, { signal });
    one.compile = loaded - start + Math.max(0, first.times.elapsed - second.times.elapsed);
    one.outputs = first.outputs;
    if (one === ours) return;
    compare(one, ours, workload, inputs);
    if ((one.error ?? 0) > (one.bound ?? 0))
      one.failed = `wrong: its outputs differ from ours by ${one.error?.toExponential(1)}, bound ${one.bound?.toExponential(1)}`;
  } catch (error) {
    if (one === ours || signal.aborted) throw error;
    const { detail } = failureOf(error);
    one.failed = error instanceof Error && "fix" in error ? `${detail}. To fix it: ${error.fix}` : detail;
  }
}

/** Keeps the output that is nearest to its bound, or furthest beyond. */
function compare(one: Contender, ours: Contender, { engine, configured }: Workload, inputs: TensorMap): void {
  const { component } = configured;
  const run = { engine, component, inputs, valid: new Map(), where: one.name };
  for (const { name } of component.outputs) {
    const want = ours.outputs?.get(name);
    if (!want || !one.outputs) continue;
    const { error, bound } = compareOutput(run, name, want, one.outputs);
    if (one.error === undefined || error / bound > one.error / (one.bound ?? 1))
      [one.error, one.bound] = [error, bound];
  }
}

async function takeTurns(
  all: readonly Contender[],
  { choices }: Workload,
  inputs: TensorMap,
  { signal, visibility }: Hooks,
  say: (doing: string, share: number) => void,
): Promise<void> {
  const racing = all.filter(({ runner, failed }) => runner && failed === undefined);
  const start = performance.now();
  let rounds = 0;
  while (rounds < choices.passes && (rounds < LEAST || performance.now() - start < PATIENCE)) {
    await visibility.shown(signal, () => say("Paused: the tab is in the background, where times mean nothing", 0.5));
    const { changes } = visibility;
    const round = [];
    for (const one of racing) {
      say(`Round ${rounds + 1} of ${choices.passes}: ${one.name}`, 0.5 + (0.5 * rounds) / choices.passes);
      round.push({ one, start: new Date().toISOString(), times: (await one.runner?.time(inputs, { signal }))?.times });
    }
    if (changes !== visibility.changes) continue; // the whole round, so that they stay side by side
    for (const { one, start, times } of round)
      if (times) {
        one.passes.push(times);
        one.starts.push(start);
      }
    rounds++;
  }
}

const opponentOf = ({ name, runner, compile, passes, error, bound, failed }: Contender): Opponent => ({
  name,
  settings: Object.entries(runner?.settings ?? {})
    .map(([key, value]) => `${key} ${value}`)
    .join(", "),
  compile,
  passes: passes.map(({ elapsed }) => elapsed),
  error,
  bound,
  failed,
});

function rowsOf(one: Contender, workload: Workload, device: string, software: boolean): BenchRow[] {
  const { backend, runner, compile, passes, starts, error, failed } = one;
  const own = backend.name === "onnx-cpu";
  const row: BenchRow = {
    ...rowTemplate(workload, own ? "WebAssembly" : device, own || software),
    backend: backend.name,
    variant: backend.variant,
    settings: runner?.settings ?? {},
    check: backend.name === "webgpu" ? null : "backend:webgpu",
    worst_error: error ?? null,
    warmup: 2,
    notes: "browser demo, in turns",
  };
  if (failed !== undefined) return [{ ...row, ok: false, error: failed }];
  return passes.map(({ elapsed, execute, gpu }, index) => ({
    ...row,
    pass_index: index,
    start_ts: starts[index],
    elapsed_ms: elapsed,
    exec_ms: backend.name === "webgpu" ? execute : null,
    gpu_ms: gpu ?? null,
    compile_ms: compile ?? null,
  }));
}
