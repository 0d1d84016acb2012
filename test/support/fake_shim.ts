/** A shim in JavaScript that speaks the protocol and fails as it is told: what the native backend does about it needs no Python. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ShimHost } from "../../src/backends/native/host.ts";
import { startShim } from "../../src/platform/node/native/host.ts";

/**
 * Computes ligo's toy: y = tanh(x W^T). What it does at `run` is the content of the file `mode` in its folder; its process
 * number is among its versions.
 */
const SOURCE = `
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import readline from "node:readline";
const mode = () => readFileSync("mode", "utf8");
const tensors = (file) => {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const read = ({ data_offsets: [begin, end] }) => new Float32Array(Uint8Array.from(bytes.subarray(start + begin, start + end)).buffer);
  return Object.fromEntries(Object.entries(JSON.parse(bytes.subarray(8, start))).map(([name, entry]) => [name, read(entry)]));
};
let weights;
const load = (ask) => {
  weights = tensors(ask.weights)["toy.weights"];
  const { weights: file, ...rest } = ask;
  return { load_ms: 1, weights_bytes: weights.byteLength, settings: { asked: JSON.stringify(rest), nested: {} } };
};
const run = ({ inputs, outputs }) => {
  const { x } = tensors(inputs);
  const [width, y] = [64, new Float32Array(x.length)];
  for (let row = 0; row < x.length / width; row++)
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += x[row * width + k] * weights[column * width + k];
      y[row * width + column] = Math.tanh(sum);
    }
  const shape = mode() === "misshapen" ? [width, x.length / width] : [x.length / width, width];
  const header = Buffer.from(JSON.stringify({ y: { dtype: "F32", shape, data_offsets: [0, y.byteLength] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(outputs, Buffer.concat([length, header, Buffer.from(y.buffer)]));
  return { exec_ms: 2, elapsed_ms: 3, compile_ms: null, peak_bytes: null, process_peak_bytes: 4096, processor_ms: 2.5 };
};
const hello = () => ({
  protocol: mode() === "old" ? 0 : 1,
  versions: { pid: String(process.pid) },
  devices: [{ name: "cpu", description: "a processor" }, { name: "cuda", description: "a GPU", variants: ["eager", "tf32"] }],
  variants: ["eager", "compile"],
  components: ["toy"],
});
const refusals = {
  "disk full": { kind: "failed", error: "the outputs cannot be handed over: out.safetensors: cannot write this file (No space left on device)" },
  "out of memory": { kind: "out-of-memory", error: "the memory does not suffice" },
  unavailable: { kind: "unavailable", error: "no compiler", fix: "install one" },
};
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { id, op, ...ask } = JSON.parse(line);
  const failing = op === "run" ? mode() : "";
  if (failing === "crash") {
    console.error("Traceback\\n  the reason of the crash");
    process.exit(3);
  }
  if (failing === "hang") {
    writeFileSync("hanging", "");
    continue;
  }
  if (failing === "garbage") console.log("Loading weights ...");
  const answer = refusals[failing] ?? { ok: true, ...{ hello, load, run, unload: () => ({}), close: () => ({}) }[op](ask) };
  console.log(JSON.stringify({ id, ok: false, ...answer }));
}
`;

export interface FakeShims {
  readonly host: ShimHost;
  /** What runs do from here on: `` for what they should. */
  mode(mode: string): void;
  /** Whether a run hangs. */
  hangs(): boolean;
}

/** Fake shims whose script lies in a folder; `AF3_GPU_CACHE` says where their tensors go. */
export function fakeShims(folder: string): FakeShims {
  mkdirSync(folder, { recursive: true });
  const script = path.join(folder, "shim.mjs");
  writeFileSync(script, SOURCE);
  const mode = (text: string): void => writeFileSync(path.join(folder, "mode"), text);
  mode("");
  return {
    mode,
    hangs: () => existsSync(path.join(folder, "hanging")),
    host: {
      missing: async () => undefined,
      start: (engine) => startShim(engine, { command: process.execPath, args: [script], cwd: folder }),
    },
  };
}

/** The files that shims have left below a cache. */
export const leftBehind = (cache: string): string[] => {
  const folder = path.join(cache, "native");
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
};

/** Whether a process is there. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
