// `npm run ort:errors`: two graphs of one node that ONNX Runtime's WebGPU provider gets wrong without saying so, each beside its own CPU
// provider on the same input (docs/onnx.md). Exits with 0 whatever it finds: it shows what is, and judges nothing.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { table } from "../dist/cli/output.js";
import { writeOnnx } from "../dist/formats/onnx_graph.js";
import { RandomStream } from "../dist/formats/random.js";
import { compare } from "../dist/kernels/check/compare.js";

/** @typedef {{ op: string, domain?: string, shape: number[], inputs: string[], attributes: Record<string, number> }} OneNode */

const ort = await import("onnxruntime-node");
if (!ort.listSupportedBackends().some(({ name }) => name === "webgpu")) {
  console.error("ort:errors: this onnxruntime-node has no WebGPU provider: it comes for Linux x64, macOS and Windows");
  process.exit(3);
}
const folder = mkdtempSync(path.join(os.tmpdir(), "af3-gpu-ort-"));

/**
 * Runs a graph of one node, whose inputs and output have one shape, on both providers.
 * @param {OneNode} node
 * @returns {Promise<{ error: number, zeros: number }>} WebGPU's error against the CPU's, and its share of zeros
 */
async function bothProviders({ op, domain = "", shape, inputs, attributes }) {
  const model = path.join(folder, "model.onnx");
  const value = (/** @type {string} */ name) => ({ name, type: /** @type {const} */ ("float32"), shape });
  const nodes = [{ op, domain, inputs, outputs: ["y"], attributes }];
  writeFileSync(model, writeOnnx({ name: op, inputs: inputs.map(value), outputs: [value("y")], nodes }));
  const size = shape.reduce((product, axis) => product * axis, 1);
  const feeds = Object.fromEntries(
    inputs.map((name) => [name, new ort.Tensor("float32", new RandomStream(0, name).normal(size, 1), shape)]),
  );
  /** @param {"cpu" | "webgpu"} provider */
  const run = async (provider) => {
    const session = await ort.InferenceSession.create(model, { executionProviders: [provider], logSeverityLevel: 3 });
    const { y } = await session.run(feeds);
    const values = Float32Array.from(/** @type {Float32Array} */ (y.data));
    await session.release();
    return values;
  };
  const want = await run("cpu");
  const got = await run("webgpu");
  const zeros = got.reduce((count, one) => count + (one === 0 ? 1 : 0), 0) / got.length;
  return { error: compare(got, want).error, zeros };
}

try {
  const softmax = [];
  for (const n of [64, 200, 204, 208]) {
    const shape = [1, n, 4, n, n];
    const { error, zeros } = await bothProviders({ op: "Softmax", shape, inputs: ["x"], attributes: { axis: 4 } });
    const mebibytes = (4 * shape.reduce((product, axis) => product * axis, 1)) / 2 ** 20;
    softmax.push([n, mebibytes.toFixed(1), error.toExponential(1), `${(100 * zeros).toFixed(1)} %`]);
  }
  console.log("Softmax over the last axis of [1, N, 4, N, N]: a tensor beyond the adapter's largest binding\n");
  console.log(table([">N", ">MiB", ">error", ">zeros"], softmax));

  const attention = [];
  for (const n of [16, 31, 32, 64]) {
    const node = { op: "MultiHeadAttention", domain: "com.microsoft", attributes: { num_heads: 2 } };
    const { error } = await bothProviders({ ...node, shape: [1, n, 64], inputs: ["q", "k", "v"] });
    attention.push([n, error.toExponential(1)]);
  }
  console.log("\nMultiHeadAttention of two heads of 32 channels, N queries and keys: small subgroups\n");
  console.log(table([">N", ">error"], attention));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
