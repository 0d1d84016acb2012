/** The same trunk through ONNX Runtime Web, in turns with ours. */
import { type Backend, fetchFiles, openWebGpu } from "af3-gpu";
import { type BenchProgress, type BenchResult, Judge, runBench } from "af3-gpu/bench";
import { OnnxBackend, type OnnxSettings } from "af3-gpu/onnx";
import { precisionsOf, precisionWords } from "../shared/choices.ts";
import type { Opponent, RunRequest } from "../shared/protocol.ts";
import { addressOf, precisionOf, recordings } from "./check.ts";
import { inView, PAUSED, settingsOf } from "./measuring.ts";
import { WebOnnxHost } from "./ort_host.ts";
import type { Hooks } from "./run.ts";
import { makeWorkload } from "./workload.ts";

const NAMES: Readonly<Record<string, string>> = {
  webgpu: "af3-gpu",
  "onnx-webgpu": "ONNX Runtime Web, WebGPU",
  "onnx-cpu": "ONNX Runtime Web, WebAssembly",
};

/** Ours say what they compute in, where that is not what everybody does. */
const nameOf = (backend: string, variant: string): string =>
  backend === "webgpu" && variant ? `${NAMES[backend]}, ${precisionWords[precisionOf({ variant })]}` : NAMES[backend];

/** Loads all, judges their outputs together, and times them in turns. One that fails is shown as such; the rest goes on. */
export async function runOpponents(request: RunRequest, { post, signal, visibility }: Hooks): Promise<void> {
  const { base } = request;
  const { choices, bench } = await makeWorkload(request);
  const ours = precisionsOf(choices).map((precision) => openWebGpu({ precision }));
  const status = await ours[0].status();
  const adapter = status.ready ? status.device : undefined;
  const backends: readonly Backend[] = [
    ...ours,
    new OnnxBackend("webgpu", "plain", new WebOnnxHost(base, adapter)),
    new OnnxBackend("cpu", "plain", new WebOnnxHost(base, adapter)),
  ];
  const say = (doing: string, share: number): void => post({ kind: "progress", progress: { doing, share } });
  let share = 0;
  try {
    const folders = (await recordings(base)).map((name) => addressOf(name, base));
    const judge = new Judge(fetchFiles, folders, signal);
    const results = await runBench(backends, [bench], judge, settingsOf(choices, 2, "browser demo, in turns"), {
      signal,
      conditions: inView(visibility, signal, () => say(PAUSED, share)),
      row: () => {},
      progress(doing) {
        const at = backends.indexOf(doing.backend);
        share = Math.max(share, shareOf(doing, at / backends.length, choices.passes));
        say(wordsOf(doing, choices.passes), share);
      },
      // Ours are what the others are compared with.
      finished({ backend, outcome, cause }) {
        if (backend === "webgpu" && outcome === "failed") throw cause;
      },
    });
    const rows = results.flatMap((result) => result.rows);
    post({ kind: "part", part: { name: "opponents", opponents: results.map(opponentOf), rows } });
  } finally {
    for (const backend of backends) await backend.dispose();
  }
}

/** How far the whole is. @param turn which of the backends it is, from 0 to 1 */
const shareOf = ({ phase, pass = 1 }: BenchProgress, turn: number, passes: number): number =>
  phase === "pass" ? 0.5 + 0.5 * ((pass - 1 + turn) / passes) : 0.5 * turn;

function wordsOf({ backend, phase, pass = 1 }: BenchProgress, passes: number): string {
  const name = nameOf(backend.name, backend.variant);
  return phase === "pass" ? `Round ${pass} of ${passes}: ${name}` : `Loading and checking ${name}`;
}

function opponentOf({ backend, variant, rows, outcome }: BenchResult): Opponent {
  const [row] = rows;
  return {
    name: nameOf(backend, variant),
    precision: row.precision,
    settings: settingsText(row.settings),
    compile: row.compile_ms ?? undefined,
    passes: outcome === "timed" ? rows.flatMap(({ elapsed_ms }) => elapsed_ms ?? []) : [],
    error: row.worst_error ?? undefined,
    check: row.check ?? "",
    failed: rows.find(({ ok }) => !ok)?.error ?? undefined,
  };
}

const settingsText = (settings: OnnxSettings): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
