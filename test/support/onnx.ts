/** Graphs of our own, for tests of the ONNX backends alone: they are nobody's opponent. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { LoadRequest } from "../../src/backends/backend.ts";
import type { OnnxPort } from "../../src/backends/onnx/manifest.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { type OnnxNode, writeOnnx } from "../../src/formats/onnx_graph.ts";
import { float32, type HostTensor, sizeOf } from "../../src/formats/tensor.ts";
import { pins } from "../../src/generated/about.ts";
import { scratch } from "./binary.ts";

export interface OwnGraph {
  readonly engine: "deepmind" | "ligo";
  readonly component: string;
  readonly config: unknown;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** By the engine's names, with their shapes; in the graph they are w0, w1 … */
  readonly weights: readonly (readonly [tensor: string, shape: readonly number[]])[];
  readonly nodes: readonly OnnxNode[];
  readonly carry?: readonly { readonly output: string; readonly input: string }[];
  readonly unused?: readonly string[];
  readonly perTrip?: readonly string[];
}

/** Weights begin at multiples of this, as the exporters write them. */
const ALIGNMENT = 64;

/** The model and the manifest of a graph. */
export function modelAndManifest({ engine, component, config, inputs, outputs, nodes, ...rest }: OwnGraph) {
  let end = 0;
  const weights = rest.weights.map(([tensor, shape], at) => {
    const offset = ALIGNMENT * Math.ceil(end / ALIGNMENT);
    end = offset + 4 * sizeOf(shape);
    return { initializer: `w${at}`, tensor, shape, offset, bytes: 4 * sizeOf(shape) };
  });
  const initializers = weights.map(({ initializer: name, shape, offset }) => ({
    name,
    shape,
    values: { file: "weights.bin", offset },
  }));
  const model = writeOnnx({ name: component, inputs, outputs, initializers, nodes });
  const manifest = {
    format: "af3-gpu-onnx/2",
    engine,
    component,
    variant: "plain",
    config,
    widths: {},
    sizes: {} as Record<string, number>,
    opset: 20,
    nodes: nodes.length,
    inputs,
    outputs,
    carry: (rest.carry ?? []).map((link) => ({ ...link, first: "zeros" })),
    unused: rest.unused ?? [],
    per_trip: rest.perTrip ?? [],
    weights,
    weights_bytes: end,
    files: { "model.onnx": { sha256: createHash("sha256").update(model).digest("hex"), bytes: model.length } },
    source: { repo: pins[engine].repo, commit: pins[engine].commit as string },
    patches: [],
    versions: {},
    checked: [],
  };
  return { model, manifest };
}

export type OwnManifest = ReturnType<typeof modelAndManifest>["manifest"];

/** Puts graphs into a cache of their own. @returns the folder of the graphs */
export function cacheOf(...graphs: readonly (OwnGraph | { model: Uint8Array; manifest: OwnManifest })[]): string {
  const root = path.join(scratch(), "onnx");
  for (const [at, graph] of graphs.entries()) {
    const { model, manifest } = "model" in graph ? graph : modelAndManifest(graph);
    const folder = path.join(root, `${manifest.engine}-${manifest.component}-${manifest.variant}-${at}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "model.onnx"), model);
    writeFileSync(path.join(folder, "manifest.json"), JSON.stringify(manifest));
  }
  return root;
}

/** ligo's distogram head: logits of both directions added. As a graph it is small enough to write by hand. */
export function distogramGraph(config: { readonly c_z: number; readonly no_bins: number }): OwnGraph {
  const { c_z, no_bins: bins } = config;
  return {
    engine: "ligo",
    component: "distogram_head",
    config,
    inputs: [{ name: "pair", tensor: "z", type: "float32", shape: [1, "tokens", "tokens", c_z] }],
    outputs: [{ name: "logits", tensor: "distogram_logits", type: "float32", shape: [1, "tokens", "tokens", bins] }],
    weights: [
      ["distogram_head.linear.weight", [bins, c_z]],
      ["distogram_head.linear.bias", [bins]],
    ],
    nodes: [
      { op: "Transpose", inputs: ["w0"], outputs: ["matrix"], attributes: { perm: [1, 0] } },
      { op: "MatMul", inputs: ["pair", "matrix"], outputs: ["product"] },
      { op: "Add", inputs: ["product", "w1"], outputs: ["one way"] },
      { op: "Transpose", inputs: ["one way"], outputs: ["other way"], attributes: { perm: [0, 2, 1, 3] } },
      { op: "Add", inputs: ["one way", "other way"], outputs: ["logits"] },
    ],
  };
}

/** Two trips of a made-up trunk: s and z grow by what the trip's MSA says, scaled by a weight; residue types are added as they are. */
export function trunkGraph(): {
  readonly graph: OwnGraph;
  readonly request: LoadRequest;
  readonly inputs: Map<string, HostTensor>;
  readonly wanted: Map<string, HostTensor>;
} {
  const { config, widths } = findPreset("ligo", "trunk", "tiny");
  const twice = { ...(config as object), num_cycles: 2 };
  const component = findComponent(findEngine("ligo"), "trunk");
  const configured = component.configure(twice, { ...widths, tokens: 4, rows: 3 }, () => {});
  const { c_token, c_z } = configured.sizes;
  const [weight] = [...configured.weights].filter(([, shape]) => shape.length === 1 && shape[0] === c_token);
  const taken = new Set(["msa_feat", "aatype"]);
  const port = (name: string, tensor: string, shape: (number | string)[]) =>
    ({ name, tensor, type: "float32", shape }) as const;
  const graph: OwnGraph = {
    engine: "ligo",
    component: "trunk",
    config,
    inputs: [
      port("msa", "msa_feat", [1, "rows", "tokens", 49]),
      { name: "types", tensor: "aatype", type: "int64", shape: [1, "tokens"] },
      port("s_before", "s", [1, "tokens", c_token]),
      port("z_before", "z", [1, "tokens", "tokens", c_z]),
    ],
    outputs: [
      port("s_inputs_out", "s_inputs", [1, "tokens", c_token]),
      port("s_out", "s", [1, "tokens", c_token]),
      port("z_out", "z", [1, "tokens", "tokens", c_z]),
    ],
    weights: [weight],
    nodes: [
      { op: "ReduceMax", inputs: ["msa"], outputs: ["most"], attributes: { keepdims: 0 } },
      { op: "Mul", inputs: ["w0", "most"], outputs: ["step"] },
      { op: "Add", inputs: ["s_before", "step"], outputs: ["s_out"] },
      { op: "Cast", inputs: ["types"], outputs: ["numbers"], attributes: { to: 1 } },
      { op: "ReduceSum", inputs: ["numbers"], outputs: ["sum"], attributes: { keepdims: 0 } },
      { op: "Sub", inputs: ["s_out", "s_out"], outputs: ["nothing"] },
      { op: "Add", inputs: ["nothing", "sum"], outputs: ["s_inputs_out"] },
      { op: "Add", inputs: ["z_before", "most"], outputs: ["z_out"] },
    ],
    carry: [
      { output: "s_out", input: "s_before" },
      { output: "z_out", input: "z_before" },
    ],
    perTrip: ["msa_feat"],
    unused: component.inputs.map(({ name }) => name).filter((name) => !taken.has(name)),
  };
  const { sizes } = configured;
  const inputs = configured.randomInputs(2);
  const msa = inputs.get("msa_feat")?.data as Float32Array;
  [msa[5], msa[msa.length / 2 + 7]] = [2.5, 7.25]; // the most of each trip
  const weights = { kind: "random", seed: 1 } as const;
  const request: LoadRequest = { engine: "ligo", component: "trunk", config: twice, weights, sizes };
  const { data } = inputs.get("aatype") as HostTensor;
  const types = [...data].reduce((sum, type) => sum + type, 0);
  const step = findEngine("ligo").randomWeight(weight[0], weight[1], weights.seed);
  const rows = Float32Array.from({ length: 4 * c_token }, (_, at) => step[at % c_token]);
  const wanted = new Map([
    ["s_inputs", float32([4, c_token], new Float32Array(4 * c_token).fill(types))],
    [
      "s",
      float32(
        [4, c_token],
        rows.map((value) => Math.fround(value * 2.5) + Math.fround(value * 7.25)),
      ),
    ],
    ["z", float32([4, 4, c_z], new Float32Array(16 * c_z).fill(9.75))],
  ]);
  return { graph, request, inputs, wanted };
}
