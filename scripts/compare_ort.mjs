// `npm run compare:ort`: one ligo Pairformer block at published widths in ONNX Runtime WebGPU and in ours, in turns, on the
// same adapter, with the same weights and inputs, outputs checked against what the real repository answered.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median, quantile } from "../dist/bench/stats.js";
import { table } from "../dist/cli/output.js";
import { compareCase, nodeFiles, openWebGpu, readCase, readExpected } from "../dist/index.js";
import { cacheFolder } from "../dist/platform/node/folders.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const USAGE = `usage: npm run compare:ort -- [--seq-len 64,128] [--turns 3] [--device auto] [--json]

Times the block that both run, in turns. N may be 40, 64, 128 or 256: there the real repository's answer is recorded.
At N = 256 ONNX Runtime 1.30 passes the binding limit of small adapters and is wrong without saying so: it gets no time.`;

/** A failure with the exit code that goes with it: 2 bad usage, 3 cannot be done here. */
class CompareError extends Error {
  /** @param {2 | 3} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** @typedef {{ seqLens: number[], turns: number, device: string, json: boolean }} Options */

/** @returns {Options} */
function readOptions() {
  const options = /** @type {const} */ ({
    "seq-len": { type: "string", default: "64,128" },
    turns: { type: "string", default: "3" },
    device: { type: "string", default: "auto" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  });
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    throw new CompareError(2, `${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const seqLens = values["seq-len"].split(",").map(Number);
  const turns = Number(values.turns);
  if (!seqLens.every((n) => [40, 64, 128, 256].includes(n)))
    throw new CompareError(2, `--seq-len should name 40, 64, 128 or 256, not "${values["seq-len"]}"`);
  if (!Number.isInteger(turns) || turns < 3)
    throw new CompareError(2, `--turns should be at least 3, not "${values.turns}"`);
  return { seqLens, turns, device: values.device, json: values.json };
}

/** The exported graph, from the cache or made now. */
async function graph() {
  const folder = path.join(cacheFolder(), "onnx", "ligo-pairformer-block");
  const model = path.join(folder, "model.onnx");
  if (!existsSync(model)) exportGraph(folder);
  const manifest = JSON.parse(await readFile(path.join(folder, "manifest.json"), "utf8"));
  return { model, manifest };
}

/** @param {string} folder */
function exportGraph(folder) {
  const python = path.join(cacheFolder(), "venv", "ligo", "bin", "python");
  const setup = "node third_party/fetch.mjs ligo && npm run setup:python -- ligo";
  if (!existsSync(python))
    throw new CompareError(3, `the graph must be exported first, which needs Python: run ${setup}`);
  console.error("exporting the block from the pinned repository (once; half a minute)");
  const args = ["-m", "af3_export", "onnx-pairformer", "--engine", "ligo", "--preset", "block", "--out", folder];
  const { status } = spawnSync(python, args, {
    cwd: path.join(root, "export"),
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0)
    throw new CompareError(3, `the export failed; its reason is above. If something is missing: ${setup}`);
}

/** ONNX Runtime's WebGPU provider. It prints a warning about small nodes that it leaves to the CPU, by design. @param {string} model */
async function openOrt(model) {
  const ort = await import("onnxruntime-node");
  const { listSupportedBackends } = ort;
  if (!listSupportedBackends().some(({ name }) => name === "webgpu"))
    throw new CompareError(
      3,
      "this onnxruntime-node has no WebGPU provider: it comes for Linux x64, macOS and Windows",
    );
  const session = await ort.InferenceSession.create(model, {
    // No validation, as its documentation advises for speed. Graph capture cannot be had from Node: it needs inputs on the device.
    executionProviders: [{ name: "webgpu", validationMode: "disabled" }],
    logSeverityLevel: 3,
  });
  /** @param {import("../dist/index.js").TensorMap} inputs */
  const run = async (inputs) => {
    const feeds = Object.fromEntries(
      [...inputs].map(([name, { shape, data }]) => [
        name,
        new ort.Tensor("float32", Float32Array.from(data), [1, ...shape]),
      ]),
    );
    const start = performance.now();
    const results = await session.run(feeds);
    const outputs = new Map(
      [...["s", "z"]].map((name) => {
        const { data, dims } = results[`${name}_out`];
        return [
          name,
          { dtype: /** @type {const} */ ("float32"), shape: dims.slice(1), data: /** @type {Float32Array} */ (data) },
        ];
      }),
    );
    return { outputs, milliseconds: performance.now() - start };
  };
  return { run, release: () => session.release(), version: ort.env.versions.node ?? ort.env.versions.common };
}

/** @typedef {Awaited<ReturnType<typeof openOrt>>} Ort @typedef {ReturnType<typeof openWebGpu>} Backend */

/** @param {number} n @param {Options} options @param {Ort} ort @param {Backend} backend */
async function compareAt(n, { turns }, ort, backend) {
  const golden = await readCase(nodeFiles, path.join(root, "cases", `ligo-pairformer-block-${n}`));
  const expected = await readExpected(nodeFiles, golden);
  const { engine, component, config, weights, sizes, inputs } = golden;
  const runner = await backend.load({ engine, component: component.name, config, weights, sizes });
  /** @param {import("../dist/index.js").TensorMap} outputs */
  const judge = (outputs) => {
    const results = compareCase(golden, expected, outputs);
    return { error: Math.max(...results.map(({ error }) => error)), passed: results.every(({ passed }) => passed) };
  };
  try {
    // The first run of each compiles, and is what both are judged by.
    const theirs = judge((await ort.run(inputs)).outputs);
    const ours = judge((await runner.time(inputs)).outputs);
    /** @type {{ ort: number, ours: number }[]} */
    const times = [];
    for (let turn = 0; turn < turns && theirs.passed && ours.passed; turn++) {
      const one = (await ort.run(inputs)).milliseconds;
      times.push({ ort: one, ours: (await runner.time(inputs)).times.elapsed });
      console.error(
        `N = ${n}, turn ${turn + 1} of ${turns}: ONNX Runtime ${one.toFixed(0)} ms, ours ${times[turn].ours.toFixed(0)} ms`,
      );
    }
    return {
      n,
      turns: times,
      ortError: theirs.error,
      ortRight: theirs.passed,
      ourError: ours.error,
      ourRight: ours.passed,
    };
  } finally {
    await runner.dispose();
  }
}

/** @param {Awaited<ReturnType<typeof compareAt>>[]} found */
function report(found) {
  /** @param {number[]} values @param {number} digits */
  const spread = (values, digits) =>
    `${median(values).toFixed(digits)} (${quantile(values, 0).toFixed(digits)}–${quantile(values, 1).toFixed(digits)})`;
  const rows = found.map(({ n, turns, ortError, ortRight, ourError, ourRight }) => {
    const errors = [ourError.toExponential(1), ortError.toExponential(1)];
    const verdict =
      ourRight && ortRight
        ? "both right"
        : `wrong: ${[!ourRight && "ours", !ortRight && "ONNX Runtime"].filter(Boolean).join(", ")}`;
    if (turns.length === 0) return [n, "", "", "", ...errors, verdict];
    const [ours, theirs] = [turns.map((turn) => turn.ours), turns.map((turn) => turn.ort)];
    return [
      n,
      spread(ours, 0),
      spread(theirs, 0),
      spread(
        turns.map((turn) => turn.ort / turn.ours),
        2,
      ),
      ...errors,
      verdict,
    ];
  });
  const columns = [
    ">N",
    ">ours ms (min–max)",
    ">ONNX Runtime ms (min–max)",
    ">ratio (min–max)",
    ">our error",
    ">its error",
    "check",
  ];
  console.log(table(columns, rows));
}

async function main() {
  const options = readOptions();
  const { model, manifest } = await graph();
  const backend = openWebGpu({ device: options.device });
  try {
    const status = await backend.status();
    if (!status.ready) throw new CompareError(3, `${status.reason}. To fix it: ${status.fix}`);
    const ort = await openOrt(model);
    const found = [];
    for (const n of options.seqLens) found.push(await compareAt(n, options, ort, backend));
    await ort.release();
    if (options.json)
      console.log(JSON.stringify({ device: status.device, onnxruntime: ort.version, graph: manifest, found }, null, 2));
    else {
      console.log(
        `ligo Pairformer block, published widths, float32, wall clock with upload and read-back, ${options.turns} turns`,
      );
      console.log(
        `${status.device.name}; onnxruntime-node ${ort.version}, graph of ${manifest.nodes} nodes, opset ${manifest.opset}\n`,
      );
      report(found);
    }
    if (found.some(({ ourRight }) => !ourRight)) process.exitCode = 1;
  } finally {
    await backend.dispose();
  }
}

try {
  await main();
} catch (error) {
  console.error(`compare:ort: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof CompareError ? error.code : 1;
}
