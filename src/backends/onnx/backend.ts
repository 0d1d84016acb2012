/** The backends `onnx-cpu`, `onnx-webgpu`, `onnx-cuda` and `onnx-coreml`: graphs exported from the real repositories in ONNX Runtime. */

import { weightSource } from "../../engines/core/weights.ts";
import { findComponent, findEngine } from "../../engines/index.ts";
import { throwIfAborted, UnavailableError } from "../../errors.ts";
import { givenName, givenOptions, givenParts } from "../../formats/given.ts";
import type { TensorMap } from "../../formats/tensor.ts";
import type {
  Backend,
  BackendName,
  BackendStatus,
  LoadRequest,
  MemoryReport,
  Runner,
  RunOptions,
  TimedRun,
} from "../backend.ts";
import { Ending } from "../ending.ts";
import { InputCheck } from "../input_check.ts";
import { checkRequest, plainOutputsOf } from "../load_check.ts";
import { checkFloat32 } from "../precision.ts";
import type { ProfiledStep } from "../profile.ts";
import { checkGraph, type GraphRun, outputsOf, workOf } from "./feeds.ts";
import { findGraph, tripsOf } from "./find.ts";
import {
  type OnnxHost,
  type OnnxModel,
  type OnnxProfileAsk,
  type OnnxProvider,
  type OnnxSession,
  type OnnxSettings,
  onnxProviders,
  type WeightPart,
} from "./host.ts";
import { type OnnxManifest, type OnnxVariant, onnxVariants } from "./manifest.ts";
import { nodeTimes } from "./node_times.ts";
import { toyGraph } from "./toy.ts";

export class OnnxBackend implements Backend {
  readonly name: BackendName;
  readonly variant: OnnxVariant;
  private readonly provider: OnnxProvider;
  private readonly host: OnnxHost;
  private readonly disposed = new Ending("this backend", "make another");

  /**
   * @param host the platform's ONNX Runtime; the backend disposes of it
   * @throws {BadInputError} if there is no such provider or variant, or the host cannot do what one must
   */
  constructor(provider: OnnxProvider, variant: OnnxVariant, host: OnnxHost) {
    givenName("the provider", provider, onnxProviders);
    givenName("the variant", variant, onnxVariants);
    const ways = { status: "function", graphs: "function", open: "function", dispose: "function" } as const;
    givenParts("the host", "a host of ONNX Runtime", host, ways);
    this.name = `onnx-${provider}`;
    this.variant = variant;
    this.provider = provider;
    this.host = host;
  }

  status(): Promise<BackendStatus> {
    return this.host.status(this.provider);
  }

  async load(request: LoadRequest): Promise<Runner> {
    this.disposed.check();
    checkRequest(request);
    checkFloat32(request, this.name);
    const { engine: engineName, component: name, config, weights, sizes, signal } = request;
    const note = request.note ?? (() => {});
    const engine = findEngine(engineName);
    const component = findComponent(engine, name);
    const configured = component.configure(config, sizes, note);
    const outputs = plainOutputsOf(this.name, component, request.outputs);
    if (request.memoryLimit !== undefined)
      throw new UnavailableError(`${this.name} keeps to no memory limit`, "leave out --memory-limit for this backend");
    const toy = name === "toy";
    // The request may know sizes that no plan depends on, such as how many rows the whole MSA has.
    const wanted = { component, variant: this.variant, config, sizes: { ...sizes, ...configured.sizes } };
    const { manifest, model, file } = toy
      ? own(toyGraph(configured, this.variant))
      : stored(await findGraph(this.host, wanted));
    const graph: GraphRun = { manifest, configured, trips: tripsOf(manifest, configured), outputs };
    checkGraph(graph, file);
    const source = weightSource(engine, configured, weights, note);
    throwIfAborted(signal);
    const session = await this.host.open({
      provider: this.provider,
      model,
      identity: weights.kind === "random" ? `${engineName} random ${weights.seed}` : weights.file,
      weights: () => weightParts(manifest, source, signal),
      threads: request.threads,
      plain: toy,
      signal,
    });
    return new OnnxRunner(this.provider, graph, session, note);
  }

  release(): Promise<void> {
    return this.host.dispose();
  }

  dispose(): Promise<void> {
    this.disposed.end();
    return this.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

interface Found {
  readonly manifest: OnnxManifest;
  readonly model: OnnxModel;
  readonly file: string;
}

const own = ({ manifest, bytes }: { manifest: OnnxManifest; bytes: Uint8Array }): Found => ({
  manifest,
  model: { bytes },
  file: "the toy's graph",
});

const stored = (graph: { readonly folder: string; readonly manifest: OnnxManifest }): Found => ({
  manifest: graph.manifest,
  model: graph,
  file: `${graph.folder}/manifest.json`,
});

/** The file of weights, tensor by tensor: each is read or made when it is its turn. */
function* weightParts(
  { weights }: OnnxManifest,
  source: (name: string) => Float32Array,
  signal: AbortSignal | undefined,
): Generator<WeightPart> {
  for (const { tensor, offset } of weights) {
    throwIfAborted(signal);
    yield { at: offset, values: source(tensor) };
  }
}

export class OnnxRunner implements Runner {
  readonly memory: MemoryReport;
  private readonly provider: OnnxProvider;
  private readonly graph: GraphRun;
  private readonly session: OnnxSession;
  private readonly inputs: InputCheck;

  constructor(provider: OnnxProvider, graph: GraphRun, session: OnnxSession, note: (text: string) => void) {
    this.provider = provider;
    this.graph = graph;
    this.session = session;
    this.inputs = new InputCheck(graph.configured, note);
    // What ONNX Runtime allocates beyond the weights cannot be asked for from Node.
    this.memory = { weights: graph.manifest.weightsBytes, activations: undefined, overhead: undefined };
  }

  get settings(): OnnxSettings {
    const { opset, nodes, sizes } = this.graph.manifest;
    const shapes = Object.keys(sizes).length ? "fixed" : "any";
    return { graph: `opset ${opset}, ${nodes} nodes, ${shapes} size`, ...this.session.settings };
  }

  async run(inputs: TensorMap, options: RunOptions = {}): Promise<TensorMap> {
    return (await this.time(inputs, options)).outputs;
  }

  async time(inputs: TensorMap, options: RunOptions = {}): Promise<TimedRun> {
    const { configured, trips } = this.graph;
    givenOptions(options);
    const { progress, signal } = options;
    this.inputs.check(inputs);
    throwIfAborted(signal);
    const { outputs, elapsed, execute, peakBytes, processorMs } = await this.session.run(workOf(this.graph, inputs), {
      signal,
      progress:
        progress &&
        ((run) =>
          progress({ section: "", run, step: 1, steps: 1, share: run / trips, label: configured.component.name })),
    });
    const sections = [{ name: "", runs: trips, execute, gpu: undefined }];
    return {
      outputs: outputsOf(this.graph, outputs),
      times: { elapsed, execute, gpu: undefined, sections },
      peakBytes,
      processorMs,
    };
  }

  /**
   * Runs a few times more, with every node timed by ONNX Runtime itself.
   * @returns the nodes of each run, and ONNX Runtime's own trace; a sentence if there is none to be had
   * @throws what {@link time} does
   */
  async profileNodes(
    inputs: TensorMap,
    ask: OnnxProfileAsk,
  ): Promise<string | { readonly runs: ProfiledStep[][]; readonly trace: string }> {
    if (this.provider !== "cpu" && this.provider !== "webgpu")
      return `of ${this.provider}, ONNX Runtime tells how long it took to hand a node over, not how long it ran there: no profile`;
    if (!this.session.profile) return "ONNX Runtime makes no profile here";
    this.inputs.check(inputs);
    throwIfAborted(ask.signal);
    const { runs, trace } = await this.session.profile(workOf(this.graph, inputs), ask);
    const steps = nodeTimes(trace, this.provider, runs, this.graph.trips);
    if (steps[0].length === 0) return "ONNX Runtime has no timestamps of this adapter: no profile";
    return { runs: steps, trace };
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
