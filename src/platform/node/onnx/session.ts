/** A graph in onnxruntime-node. It runs in a process of its own: native code may end it, and blocks it while it computes. */
import type * as Ort from "onnxruntime-node";
import type { OnnxDone, OnnxFeeds, OnnxProvider, OnnxSettings, OnnxWork } from "../../../backends/onnx/host.ts";
import { hostSession, type OrtModule, providerOptions } from "./options.ts";
import type { OpenAsk } from "./protocol.ts";
import { ResidentTensors } from "./resident.ts";

type Tensors = Record<string, Ort.Tensor>;

/** What a reader of times must know of each provider. */
const PROVIDER_SETTINGS: Readonly<Record<OnnxProvider, OnnxSettings>> = {
  cpu: {},
  webgpu: {
    validation: "disabled",
    graphCapture: "not offered by onnxruntime-node",
    resident: "float32 inputs, carried tensors and outputs",
  },
  cuda: { tf32: "off", resident: "not offered by onnxruntime-node: execution includes transfers" },
  coreml: { format: "ML Program", resident: "not offered by onnxruntime-node: execution includes transfers" },
};

/**
 * Runs always fetch all outputs: asked for some of them that are to stay on the device, onnxruntime-node 1.30 gives them the
 * names of others.
 */
export class OrtSession {
  private readonly ort: OrtModule;
  private readonly session: Ort.InferenceSession;
  private readonly ask: OpenAsk;
  /** Of WebGPU only: the others take and give host tensors. */
  private readonly resident: ResidentTensors | undefined;
  /** Takes and gives host tensors where {@link session} does not. */
  private readonly plain: Ort.InferenceSession | undefined;
  /** Resident memory of the process before anything was loaded. */
  private readonly before: number;

  private constructor(
    ort: OrtModule,
    ask: OpenAsk,
    before: number,
    session: Ort.InferenceSession,
    plain: Ort.InferenceSession | undefined,
    onDevice: boolean,
  ) {
    this.ort = ort;
    this.ask = ask;
    this.before = before;
    this.session = session;
    this.plain = plain;
    if (onDevice) this.resident = new ResidentTensors(ort, ask);
  }

  /** @param profile where ONNX Runtime writes a profile of all runs, as far as its name goes; none is made without */
  static async open(ort: OrtModule, ask: OpenAsk, profile?: string): Promise<OrtSession> {
    const before = process.memoryUsage.rss();
    // Profiled, each run ends before the next begins, and has no dispatches but those of the graph.
    const onDevice = ask.provider === "webgpu" && profile === undefined;
    const session = await ort.InferenceSession.create(ask.model, {
      ...providerOptions(ask),
      ...(onDevice && { preferredOutputLocation: "gpu-buffer" }),
      ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
    });
    const plain = onDevice && ask.plain ? await hostSession(ort, ask) : undefined;
    return new OrtSession(ort, ask, before, session, plain, onDevice);
  }

  get settings(): OnnxSettings {
    return { threads: this.ask.threads, ...PROVIDER_SETTINGS[this.ask.provider] };
  }

  async run(work: OnnxWork, progress: (trip: number) => void): Promise<OnnxDone> {
    const done = this.resident
      ? await this.runOnDevice(this.resident, work, progress)
      : await this.runOnHost(work, progress);
    if (!this.plain) return done;
    // A call with host tensors is what users make; the detour by resident tensors would cost the smallest graphs more than their work.
    const start = performance.now();
    await this.plain.run(this.tensors({ ...work.constant, ...work.trips[0] }));
    return { ...done, elapsed: performance.now() - start };
  }

  /** Has the profile written, if there is one. */
  endProfiling(): void {
    this.session.endProfiling();
  }

  async release(): Promise<void> {
    await this.session.release();
    await this.plain?.release();
  }

  private async runOnHost(
    { constant, trips, carry, outputs }: OnnxWork,
    progress: (trip: number) => void,
  ): Promise<OnnxDone> {
    const start = performance.now();
    const shared = this.tensors(constant);
    let carried: Tensors = {};
    let given: Tensors = {};
    let execute = 0;
    for (const [trip, own] of trips.entries()) {
      const feeds = { ...shared, ...this.tensors(own), ...carried };
      const began = performance.now();
      given = (await this.session.run(feeds)) as Tensors;
      execute += performance.now() - began;
      carried = Object.fromEntries(carry.map(({ output, input }) => [input, given[output]]));
      progress(trip + 1);
    }
    const results = Object.fromEntries(
      outputs.map((name) => [name, { dims: given[name].dims, data: given[name].data as Float32Array }]),
    );
    const elapsed = performance.now() - start;
    const peak = 1024 * process.resourceUsage().maxRSS - this.before;
    return {
      outputs: results,
      elapsed,
      execute,
      peakBytes: this.ask.provider === "cpu" ? Math.max(0, peak) : undefined,
    };
  }

  private async runOnDevice(
    resident: ResidentTensors,
    { constant, trips, carry, outputs }: OnnxWork,
    progress: (trip: number) => void,
  ): Promise<OnnxDone> {
    const start = performance.now();
    const shared = await resident.upload(constant);
    const own: Tensors[] = [];
    for (const feeds of trips) own.push(await resident.upload(feeds));
    await resident.finish(Object.values({ ...shared, ...own[0] }).find(isResident));
    const began = performance.now();
    let given: Tensors = {};
    for (const [trip, feeds] of own.entries()) {
      const carried = trip === 0 ? {} : Object.fromEntries(carry.map(({ output, input }) => [input, given[output]]));
      const before = given;
      given = (await this.session.run({ ...shared, ...feeds, ...carried })) as Tensors;
      for (const tensor of Object.values(before)) tensor.dispose();
      progress(trip + 1);
    }
    await resident.finish(Object.values(given)[0]);
    const execute = performance.now() - began;
    const results = await resident.download(Object.fromEntries(outputs.map((name) => [name, given[name]])));
    const elapsed = performance.now() - start;
    for (const tensor of [shared, ...own, given].flatMap((tensors) => Object.values(tensors))) tensor.dispose();
    return { outputs: results, elapsed, execute, peakBytes: undefined };
  }

  private tensors(feeds: OnnxFeeds): Tensors {
    return Object.fromEntries(
      Object.entries(feeds).map(([name, feed]) => [
        name,
        new this.ort.Tensor(feed.type, feed.data as never, feed.dims),
      ]),
    );
  }
}

const isResident = ({ location }: Ort.Tensor): boolean => location === "gpu-buffer";
