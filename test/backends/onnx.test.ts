/** The ONNX backends on graphs of our own, in onnxruntime-node's CPU provider, which is everywhere that the package is. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { LoadRequest } from "../../src/backends/backend.ts";
import { OnnxBackend } from "../../src/backends/onnx/backend.ts";
import { toyComponent, toyReference } from "../../src/engines/components/toy.ts";
import { compareCase, readCase, readExpected } from "../../src/engines/core/cases.ts";
import { findComponent, findEngine, findPreset } from "../../src/engines/index.ts";
import { BadInputError, CancelledError, DeviceError, UnavailableError } from "../../src/errors.ts";
import { SafeTensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { float32, type HostTensor } from "../../src/formats/tensor.ts";
import { compare } from "../../src/kernels/check/compare.ts";
import { reduction } from "../../src/kernels/check/tolerance.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { NodeOnnxHost } from "../../src/platform/node/onnx/host.ts";
import { cacheOf, distogramGraph, modelAndManifest, trunkGraph } from "../support/onnx.ts";

const golden = path.resolve(import.meta.dirname, "../../cases/ligo-distogram_head-odd");
const config = { c_z: 13, no_bins: 11 };

const opened: OnnxBackend[] = [];
afterEach(async () => {
  for (const backend of opened.splice(0)) await backend.dispose();
});

function backend(folder: string, provider: "cpu" | "cuda" | "coreml" = "cpu"): OnnxBackend {
  const made = new OnnxBackend(provider, "plain", new NodeOnnxHost({ folder }));
  opened.push(made);
  return made;
}

/** A request for the golden case's distogram head; nothing but its shapes matters where it is refused. */
async function requestOf(folder = golden): Promise<LoadRequest> {
  const { engine, component, config, weights, sizes } = await readCase(nodeFiles, folder);
  return { engine, component: component.name, config, weights, sizes };
}

/** What load throws. */
const refusal = async (folder: string, request?: Partial<LoadRequest>): Promise<Error> => {
  const made = backend(folder);
  const found = await made.load({ ...(await requestOf()), ...request }).catch((error: unknown) => error);
  expect(found).toBeInstanceOf(Error);
  return found as Error;
};

describe("a graph on onnx-cpu", () => {
  it("reproduces a golden case, says how it was run, and leaves nothing behind", async () => {
    const root = cacheOf(distogramGraph(config));
    const made = backend(root);
    expect(await made.status()).toMatchObject({ ready: true, device: { versions: { "onnxruntime-node": "1.30.0" } } });
    const wanted = await readCase(nodeFiles, golden);
    const runner = await made.load({ ...(await requestOf()), threads: 1 });
    const { outputs, times, peakBytes, processorMs } = await runner.time(wanted.inputs);
    const results = compareCase(wanted, await readExpected(nodeFiles, wanted), outputs);
    expect(results).toMatchObject([{ output: "distogram_logits", passed: true }]);
    expect(times.elapsed).toBeGreaterThan(times.execute);
    expect(times).toMatchObject({ gpu: undefined, sections: [{ name: "", runs: 1 }] });
    expect(peakBytes).toBeGreaterThan(0);
    // Of this run alone: starting the process and reading the graph took more than that.
    expect(processorMs).toBeGreaterThan(0);
    const again = await runner.time(wanted.inputs);
    expect(again.processorMs).toBeGreaterThan(0);
    expect(runner.settings).toEqual({ graph: "opset 20, 5 nodes, any size", threads: 1 });
    expect(runner.memory.weights).toBe(620);
    await runner.dispose();
    await made.dispose();
    expect(readdirSync(root)).toEqual(["ligo-distogram_head-plain-0"]);
  });

  it("takes weights from a file as from a seed, at the manifest's offsets", async () => {
    const root = cacheOf(distogramGraph(config));
    const made = backend(root);
    const request = await requestOf();
    const { inputs } = await readCase(nodeFiles, golden);
    const { weights } = findComponent(findEngine("ligo"), "distogram_head").configure(config, request.sizes, () => {});
    const seeded = new Map(
      [...weights].map(([name, shape]) => [name, float32(shape, findEngine("ligo").randomWeight(name, shape, 211))]),
    );
    const file = new SafeTensors(writeSafetensors(seeded), "weights.safetensors");
    const random = await (await made.load(request)).run(inputs);
    const runner = await made.load({ ...request, weights: { kind: "file", file } });
    expect((await runner.run(inputs)).get("distogram_logits")).toEqual(random.get("distogram_logits"));
    const staged = readdirSync(root).filter((name) => name.startsWith(".staged-"));
    const written = staged.map((name) => readFileSync(path.join(root, name, "weights.bin")));
    expect(written).toHaveLength(2); // of the seed, which a runner still has, and of the file
    const [matrix, bias] = [...seeded.values()].map(({ data }) => Buffer.from(data.buffer));
    for (const bytes of written) expect(bytes.equals(Buffer.concat([matrix, Buffer.alloc(4), bias]))).toBe(true);
  });

  it("runs at several numbers of tokens from one file of weights", async () => {
    const root = cacheOf(distogramGraph(config));
    const made = backend(root);
    const component = findComponent(findEngine("ligo"), "distogram_head");
    for (const tokens of [3, 5]) {
      const sizes = { tokens, c_z: 13 };
      const runner = await made.load({ ...(await requestOf()), sizes });
      const outputs = await runner.run(component.configure(config, sizes, () => {}).randomInputs(1));
      expect(outputs.get("distogram_logits")?.shape).toEqual([tokens, tokens, 11]);
      await runner.dispose();
    }
    expect(readdirSync(root).filter((name) => name.startsWith(".staged-"))).toHaveLength(1);
  });

  it("runs the toy, which is no graph of the cache, against double precision", async () => {
    const made = backend(cacheOf());
    const inputs = toyComponent(findEngine("deepmind"))
      .configure({}, { tokens: 5 }, () => {})
      .randomInputs(3);
    const request = { engine: "deepmind", component: "toy", config: {}, sizes: { tokens: 5 } } as const;
    const runner = await made.load({ ...request, weights: { kind: "random", seed: 3 } });
    const [[name, shape]] = toyComponent(findEngine("deepmind")).configure({}, { tokens: 5 }, () => {}).weights;
    const weights = findEngine("deepmind").randomWeight(name, shape, 3);
    const want = toyReference(inputs.get("x")?.data as Float32Array, weights);
    const got = (await runner.run(inputs)).get("y")?.data as Float32Array;
    expect(compare(got, want).error).toBeLessThan(reduction(64));
  });
});

describe("a trunk, of which a graph is one trip", () => {
  it("is passed as often as the config says, with each trip's own rows and the last one's results", async () => {
    const { graph, request, inputs, wanted } = trunkGraph();
    const runner = await backend(cacheOf(graph)).load(request);
    const seen: number[] = [];
    const { outputs, times } = await runner.time(inputs, { progress: ({ run }) => seen.push(run) });
    expect([seen, times.sections[0].runs]).toEqual([[1, 2], 2]);
    for (const [name, want] of wanted) expect(outputs.get(name)).toEqual(want);
  });

  it("gives the outputs that were asked for alone, and refuses one that there is not", async () => {
    const { graph, request, inputs, wanted } = trunkGraph();
    const made = backend(cacheOf(graph));
    await using runner = await made.load({ ...request, outputs: ["z"] });
    expect(await runner.run(inputs)).toEqual(new Map([["z", wanted.get("z")]]));
    await expect(made.load({ ...request, outputs: ["zz"] })).rejects.toThrow(
      'ligo trunk has no output "zz"; known are ',
    );
  });

  it("takes any number of recycles from one graph, and refuses inputs for another", async () => {
    const { graph, request, inputs } = trunkGraph();
    const root = cacheOf(graph);
    const config = { ...(request.config as object), num_cycles: 3 };
    const sizes = { ...request.sizes, cycles: 3 };
    const runner = await backend(root).load({ ...request, config, sizes });
    await expect(runner.run(inputs)).rejects.toThrow(/the inputs have cycles = 2, but this runner was loaded for 3/);
  });
});

describe("what is refused", () => {
  it("no graph: says the command that exports it", async () => {
    const missing = await refusal(cacheOf());
    expect(missing).toBeInstanceOf(UnavailableError);
    expect([missing.message, (missing as UnavailableError).fix]).toEqual([
      "there is no exported graph of ligo distogram_head with this config",
      "af3-gpu export onnx --engine ligo --component distogram_head --config FILE (JSON with this config)",
    ]);
    const { config, widths } = findPreset("ligo", "trunk", "tiny");
    const trunk = { component: "trunk", config, sizes: { ...widths, tokens: 4 } };
    expect(await refusal(cacheOf(), trunk)).toMatchObject({
      fix: "af3-gpu export onnx --engine ligo --component trunk --preset tiny",
    });
  });

  it("a graph for other sizes, or of another commit", async () => {
    const { model, manifest } = modelAndManifest(distogramGraph(config));
    const other = await refusal(cacheOf({ model, manifest: { ...manifest, sizes: { tokens: 64 } } }));
    expect(other.message).toMatch(/the exported graph of ligo distogram_head is for tokens 64, not for tokens \d+/);
    expect((other as UnavailableError).fix).toMatch(/ --seq-len \d+$/);
    const source = { ...manifest.source, commit: "0".repeat(40) };
    expect((await refusal(cacheOf({ model, manifest: { ...manifest, source } }))).message).toMatch(/of another commit/);
  });

  it("the whole network, with the reason", async () => {
    const { config, widths } = findPreset("ligo", "full", "tiny");
    const whole = await refusal(cacheOf(), { component: "full", config, sizes: { ...widths, tokens: 4 } });
    expect(whole).toBeInstanceOf(BadInputError);
    expect(whole.message).toMatch(/^ligo full cannot run on ONNX Runtime: the whole network is not exported/);
  });

  it("a manifest that is no JSON, if no other graph fits", async () => {
    const root = cacheOf(distogramGraph(config));
    writeFileSync(path.join(root, "ligo-distogram_head-plain-0", "manifest.json"), "{");
    expect((await refusal(root)).message).toMatch(/manifest\.json is not a valid manifest: it is no JSON/);
  });

  it.each([
    ["truncated", (model: Uint8Array) => model.subarray(0, 100), /model\.onnx has 100 bytes, its manifest says \d+/],
    [
      "altered",
      (model: Uint8Array) => model.with(200, model[200] ^ 1),
      /model\.onnx has the sha256 .*, its manifest says/,
    ],
  ])("a model that is %s, with what helps", async (_, damage, message) => {
    const { model, manifest } = modelAndManifest(distogramGraph(config));
    const root = cacheOf({ model: damage(model), manifest });
    const found = await refusal(root);
    expect(found).toBeInstanceOf(BadInputError);
    expect(found.message).toMatch(message);
    expect(found.message).toMatch(/export it again with af3-gpu export onnx --engine ligo .* --force/);
    expect(readdirSync(root)).toEqual(["ligo-distogram_head-plain-0"]);
  });

  it("a model that ONNX Runtime does not take, in its words", async () => {
    const graph = distogramGraph(config);
    const nodes = [...graph.nodes.slice(0, -1), { op: "NoSuchOperator", inputs: ["one way"], outputs: ["logits"] }];
    const found = await refusal(cacheOf({ ...graph, nodes }));
    expect(found).toBeInstanceOf(BadInputError);
    expect(found.message).toMatch(/ONNX Runtime refuses .*model\.onnx: .*NoSuchOperator/);
  });

  it("a graph that does not fit its component", async () => {
    const graph = distogramGraph(config);
    const stray = { ...graph.inputs[0], name: "other", tensor: "single" };
    expect((await refusal(cacheOf({ ...graph, inputs: [...graph.inputs, stray] }))).message).toMatch(
      /manifest\.json does not fit ligo distogram_head: the graph's input other is single, which the component does not have/,
    );
    const weights = [["pairformer.w", [11, 13]] as const, graph.weights[1]];
    expect((await refusal(cacheOf({ ...graph, weights }))).message).toMatch(/the weight pairformer\.w is none of/);
    const misshapen = [["distogram_head.linear.weight", [13, 11]] as const, graph.weights[1]];
    expect((await refusal(cacheOf({ ...graph, weights: misshapen }))).message).toMatch(
      /the weight distogram_head\.linear\.weight is \[13, 11\], the config asks for \[11, 13\]/,
    );
  });

  it("weights that are missing or hold no number, before anything is written", async () => {
    const root = cacheOf(distogramGraph(config));
    const matrix = float32([11, 13], new Float32Array(143));
    const file = (tensors: Map<string, HostTensor>) =>
      ({ kind: "file", file: new SafeTensors(writeSafetensors(tensors), "w.safetensors") }) as const;
    const missing = file(new Map([["distogram_head.linear.weight", matrix]]));
    expect((await refusal(root, { weights: missing })).message).toMatch(/missing: distogram_head\.linear\.bias/);
    const bias = float32([11], new Float32Array(11).fill(Number.NaN));
    const broken = new Map([
      ["distogram_head.linear.weight", matrix],
      ["distogram_head.linear.bias", bias],
    ]);
    expect((await refusal(root, { weights: file(broken) })).message).toMatch(/linear\.bias holds NaN at position 0/);
    expect(readdirSync(root)).toEqual(["ligo-distogram_head-plain-0"]);
  });

  it("inputs of another shape, or without a number", async () => {
    const made = backend(cacheOf(distogramGraph(config)));
    const request = await requestOf();
    const runner = await made.load(request);
    const z = (shape: number[], fill: number) =>
      new Map([["z", float32(shape, new Float32Array(shape.reduce((a, b) => a * b)).fill(fill))]]);
    const { tokens } = request.sizes;
    await expect(runner.run(new Map())).rejects.toThrow(/the input z is missing/);
    await expect(runner.run(z([2, 2, 13], 0))).rejects.toThrow(/tokens = 2, but this runner was loaded for/);
    await expect(runner.run(z([tokens, tokens, 13], Number.NaN))).rejects.toThrow(/the input z holds NaN/);
  });

  it.each(["cuda", "coreml"] as const)("the provider %s where it is not, with what gets it", async (provider) => {
    const state = await backend(cacheOf(), provider).status();
    if (state.ready) return;
    expect(state.reason).toMatch(provider);
    expect(state.fix).toMatch(provider === "cuda" ? /onnxruntime-node-install=cuda12/ : /macOS/);
  });
});

describe("ONNX Runtime's process", () => {
  it("that ends by itself is an error of the run, not the end of this one", async () => {
    const made = backend(cacheOf(distogramGraph(config)));
    const { inputs } = await readCase(nodeFiles, golden);
    const runner = await made.load(await requestOf());
    await runner.run(inputs);
    const { pid } = (runner as unknown as { session: { child: { child: { pid: number } } } }).session.child.child;
    process.kill(pid, "SIGKILL");
    const lost = await runner.run(inputs).catch((error: unknown) => error);
    expect(lost).toBeInstanceOf(DeviceError);
    expect(lost).toMatchObject({ kind: "lost", message: expect.stringMatching(/ended by itself \(SIGKILL\)/) });
    const again = await made.load(await requestOf());
    expect((await again.run(inputs)).size).toBe(1);
  });

  it("stops when it is told to", async () => {
    const made = backend(cacheOf(distogramGraph(config)));
    const { inputs } = await readCase(nodeFiles, golden);
    const runner = await made.load(await requestOf());
    const stop = new AbortController();
    const running = runner.run(inputs, { signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toThrow(CancelledError);
  });

  it("finds no room: the folder of graphs cannot be written", async () => {
    const file = path.join(cacheOf(distogramGraph(config)), "ligo-distogram_head-plain-0", "model.onnx");
    expect(statSync(file).isFile()).toBe(true);
    const request = { engine: "ligo", component: "toy", config: {}, sizes: { tokens: 4 } } as const;
    const found = await backend(file)
      .load({ ...request, weights: { kind: "random", seed: 0 } })
      .catch((error: unknown) => error);
    expect(found).toBeInstanceOf(BadInputError);
    expect((found as Error).message).toMatch(/^cannot write to .*model\.onnx: /);
  });
});
