/** ONNX Runtime Web for the backends `onnx-webgpu` and `onnx-cpu`: the page's end of what src/platform/node/onnx/host.ts is in Node. */
import { type BackendStatus, BadInputError, CancelledError, DeviceError, type DeviceInfo, fetchFiles } from "af3-gpu";
import {
  type OnnxDone,
  type OnnxFeeds,
  type OnnxHost,
  type OnnxOpenRequest,
  type OnnxProvider,
  type OnnxSession,
  type OnnxWork,
  readManifest,
  type StoredGraph,
} from "af3-gpu/onnx";
import type * as Ort from "onnxruntime-web";

type Tensors = Record<string, Ort.Tensor>;
type Runtime = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

/** Each build has its own providers; none is fetched before it is used. */
async function runtime(provider: OnnxProvider): Promise<Runtime> {
  if (provider === "webgpu") return await import("onnxruntime-web/webgpu");
  const ort = await import("onnxruntime-web/wasm");
  // Threads need memory that is shared, which browsers give to isolated pages only.
  ort.env.wasm.numThreads = globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  return ort;
}

export class WebOnnxHost implements OnnxHost {
  private readonly base: string;
  private readonly adapter: DeviceInfo;
  private readonly sessions = new Set<OnnxSession>();

  /**
   * @param base address of the page, beside which the graphs lie
   * @param adapter the browser's, as far as it is known
   */
  constructor(base: string, adapter: DeviceInfo = { name: "the browser's GPU", software: false }) {
    this.base = new URL("graphs/", base).href;
    this.adapter = adapter;
  }

  async status(provider: OnnxProvider): Promise<BackendStatus> {
    return { ready: true, device: provider === "webgpu" ? this.adapter : { name: "WebAssembly", software: true } };
  }

  async graphs(prefix: string): Promise<readonly StoredGraph[]> {
    const names: string[] = JSON.parse(new TextDecoder().decode(await fetchFiles.read(`${this.base}index.json`)));
    return Promise.all(
      names
        .filter((name) => name.startsWith(prefix))
        .map(async (name) => {
          const folder = `${this.base}${name}`;
          try {
            return {
              folder,
              manifest: readManifest(await fetchFiles.read(`${folder}/manifest.json`), `${name}/manifest.json`),
            };
          } catch (error) {
            if (error instanceof BadInputError) return { folder, broken: error };
            throw error;
          }
        }),
    );
  }

  async open({ provider, model, weights }: OnnxOpenRequest): Promise<OnnxSession> {
    if (!("folder" in model)) throw new BadInputError("only exported graphs run in the page");
    const ort = await runtime(provider);
    const graph = await fetchFiles.read(`${model.folder}/model.onnx`);
    const data = new Uint8Array(model.manifest.weightsBytes);
    for (const { at, values } of weights())
      data.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    try {
      const session = await ort.InferenceSession.create(graph, {
        executionProviders: [provider === "cpu" ? "wasm" : "webgpu"],
        graphOptimizationLevel: "all",
        externalData: [{ path: "weights.bin", data }],
        logSeverityLevel: 3,
      });
      const opened = new WebSession(ort, session, provider);
      this.sessions.add(opened);
      return opened;
    } catch (error) {
      throw new DeviceError("internal", `ONNX Runtime cannot open the graph: ${firstLine(error)}`);
    }
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions) await session.dispose();
    this.sessions.clear();
  }
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split("\n")[0];

class WebSession implements OnnxSession {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  private readonly ort: Runtime;
  private session: Ort.InferenceSession | undefined;

  constructor(ort: Runtime, session: Ort.InferenceSession, provider: OnnxProvider) {
    this.ort = ort;
    this.session = session;
    const runtime = `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common}`;
    this.settings = { runtime, ...(provider === "cpu" && { threads: ort.env.wasm.numThreads ?? 1 }) };
  }

  async run(
    { constant, trips, carry, outputs }: OnnxWork,
    { signal, progress }: Parameters<OnnxSession["run"]>[1] = {},
  ): Promise<OnnxDone> {
    const { session } = this;
    if (!session) throw new Error("this session has been disposed of");
    const start = performance.now();
    const shared = this.tensors(constant);
    let [carried, given]: [Tensors, Tensors] = [{}, {}];
    for (const [trip, own] of trips.entries()) {
      if (signal?.aborted) throw new CancelledError();
      const last = trip === trips.length - 1;
      const fetched = [...new Set([...(last ? outputs : []), ...(last ? [] : carry.map(({ output }) => output))])];
      try {
        given = (await session.run({ ...shared, ...this.tensors(own), ...carried }, fetched)) as Tensors;
      } catch (error) {
        throw new DeviceError("internal", `ONNX Runtime: ${firstLine(error)}`);
      }
      carried = Object.fromEntries(carry.map(({ output, input }) => [input, given[output]]));
      progress?.(trip + 1);
    }
    const results = Object.fromEntries(
      outputs.map((name) => [name, { dims: given[name].dims, data: given[name].data as Float32Array }]),
    );
    const elapsed = performance.now() - start;
    // Tensors come from the host and go back to it, so that there is no time without transfers.
    return { outputs: results, elapsed, execute: elapsed, peakBytes: undefined };
  }

  async dispose(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    await session?.release();
  }

  private tensors(feeds: OnnxFeeds): Tensors {
    return Object.fromEntries(
      Object.entries(feeds).map(([name, { type, data, dims }]) => [
        name,
        new this.ort.Tensor(type, data as never, dims),
      ]),
    );
  }
}
