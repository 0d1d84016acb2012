/** The backend `native`: the pinned repositories themselves, in processes of Python that run their shims (docs/native.md). */

import type { ConfiguredComponent, EngineName, TensorSpec } from "../../engines/core/component.ts";
import { weightSource } from "../../engines/core/weights.ts";
import { findComponent, findEngine } from "../../engines/index.ts";
import { BadInputError, throwIfAborted, UnavailableError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import { givenOptions } from "../../formats/given.ts";
import type { TensorMap } from "../../formats/tensor.ts";
import type {
  Backend,
  BackendStatus,
  DeviceInfo,
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
import type { ShimHost, ShimMessage, ShimProcess } from "./host.ts";
import {
  accepted,
  type Hello,
  type Loaded,
  readHello,
  readLoaded,
  readRan,
  type ShimDevice,
  type ShimSettings,
} from "./protocol.ts";
import { givenTensors, outputsOf, tensorParts, weightParts } from "./tensors.ts";

const DEVICES = ["cuda", "mps", "cpu"];
const [WEIGHTS, INPUTS, OUTPUTS] = ["weights.safetensors", "inputs.safetensors", "outputs.safetensors"];

export interface NativeOptions {
  /** `eager`, `compile`, `tf32` or `bf16`; empty for the shim's own choice. */
  readonly variant?: string;
  /** `auto`, `cpu`, `cuda` or `mps`. */
  readonly device?: string;
  /** Threads of the CPU, where a request does not say. */
  readonly threads?: number | undefined;
}

/** A shim that has said who it is. */
interface Shim {
  readonly engine: EngineName;
  readonly child: ShimProcess;
  readonly hello: Hello;
}

const nameOf = (engine: EngineName): string => `the ${engine} shim`;

export class NativeBackend implements Backend {
  readonly name = "native";
  readonly variant: string;
  readonly ownProcess = true;
  private readonly device: string;
  private readonly threads: number | undefined;
  private readonly host: ShimHost;
  private readonly disposed = new Ending("this backend", "make another");
  private readonly children = new Set<ShimProcess>();
  private readonly states = new Map<EngineName, Promise<BackendStatus>>();
  private idle: Shim[] = [];

  constructor(host: ShimHost, { variant = "", device = "auto", threads }: NativeOptions = {}) {
    this.host = host;
    this.variant = variant;
    this.device = device;
    this.threads = threads;
  }

  /** Starts the shim: only its Python can tell what it runs on. It stays for the first load. */
  status(engine: EngineName): Promise<BackendStatus> {
    const known = this.states.get(engine) ?? this.find(engine);
    this.states.set(engine, known);
    return known;
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
    const source = weightSource(engine, configured, weights, note);
    if (request.memoryLimit !== undefined)
      throw new UnavailableError("native keeps to no memory limit", "leave out --memory-limit for this backend");
    const shim = await this.take(engineName, signal);
    const { child } = shim;
    try {
      const { device, variant } = this.choose(engineName, shim.hello);
      if (!shim.hello.components.includes(name))
        throw new BadInputError(`${nameOf(engineName)} has no component ${name}`);
      await child.write(
        WEIGHTS,
        weightParts(configured, source, () => throwIfAborted(signal)),
      );
      const asked = {
        op: "load",
        component: name,
        config: config ?? {},
        sizes: configured.sizes,
        weights: child.path(WEIGHTS),
        device: device.name,
        variant,
        threads: request.threads ?? this.threads ?? null,
      };
      const loaded = readLoaded(accepted(nameOf(engineName), await child.ask(asked, signal)));
      return new NativeRunner(configured, outputs, shim.child, loaded, device, note, () => this.giveBack(shim));
    } catch (error) {
      await this.giveBack(shim);
      throw error;
    } finally {
      await child.remove(WEIGHTS); // the weights are where they are needed, or nowhere
    }
  }

  dispose(): Promise<void> {
    this.disposed.end();
    return this.release();
  }

  async release(): Promise<void> {
    const children = [...this.children];
    this.children.clear();
    this.states.clear();
    this.idle = [];
    await Promise.all(children.map((child) => child.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private async find(engine: EngineName): Promise<BackendStatus> {
    try {
      const shim = await this.take(engine);
      this.idle.push(shim);
      const { device } = this.choose(engine, shim.hello);
      // A CPU stands in for no GPU here: it is where these frameworks run as their authors meant it.
      const info: DeviceInfo = { name: device.description, software: false, versions: shim.hello.versions };
      return { ready: true, device: info };
    } catch (error) {
      if (error instanceof UnavailableError) return { ready: false, reason: error.message, fix: error.fix };
      const reason = error instanceof Error ? error.message : String(error);
      return { ready: false, reason, fix: `run \`npm run setup:native -- ${engine}\`` };
    }
  }

  /** A shim that nobody uses, or a new one. @throws {UnavailableError} if there can be none */
  private async take(engine: EngineName, signal?: AbortSignal): Promise<Shim> {
    const found = this.idle.find((shim) => shim.engine === engine && shim.child.alive);
    this.idle = this.idle.filter((shim) => shim !== found && shim.child.alive);
    if (found) return found;
    if (!findEngine(engine).source)
      throw new UnavailableError(`${engine} reproduces no repository that could run`, "name another backend for it");
    const missing = await this.host.missing(engine);
    if (missing) throw new UnavailableError(missing.reason, missing.fix);
    const child = await this.host.start(engine);
    this.children.add(child);
    try {
      const hello = readHello(nameOf(engine), accepted(nameOf(engine), await child.ask({ op: "hello" }, signal)));
      return { engine, child, hello };
    } catch (error) {
      await this.end(child);
      throw error;
    }
  }

  /** A shim that is done with a network is free for the next; one that has failed is not. */
  private async giveBack(shim: Shim): Promise<void> {
    const { child } = shim;
    if (!this.children.has(child)) return;
    try {
      if (!child.alive) throw new Error("it has ended");
      accepted(nameOf(shim.engine), await child.ask({ op: "unload" }));
      this.idle.push(shim);
    } catch {
      await this.end(child);
    }
  }

  private async end(child: ShimProcess): Promise<void> {
    this.children.delete(child);
    await child.close();
  }

  /** Where and how the shim runs. @throws {UnavailableError} if it cannot run as it should */
  private choose(engine: EngineName, { devices }: Hello): { readonly device: ShimDevice; readonly variant: string } {
    const { device: wanted } = this;
    const device = (wanted === "auto" ? DEVICES : [wanted])
      .map((name) => devices.find((one) => one.name === name))
      .find((one) => one !== undefined);
    const here = devices.map(({ name }) => name).join(", ");
    if (!device) throw new UnavailableError(`${nameOf(engine)} runs on ${here} here, not on ${wanted}`, `use ${here}`);
    const variant = this.variant || device.variants[0];
    if (!device.variants.includes(variant)) {
      const known = device.variants.join(", ");
      throw new UnavailableError(
        `${nameOf(engine)} has the variants ${known} on ${device.name}, not ${variant}`,
        `use native:${device.variants[0]}${variant === "tf32" ? ", or --device cuda: TF32 is a mode of NVIDIA GPUs" : ""}`,
      );
    }
    return { device, variant };
  }
}

class NativeRunner implements Runner {
  readonly memory: MemoryReport;
  readonly settings: ShimSettings;
  private readonly configured: ConfiguredComponent;
  private readonly outputs: readonly TensorSpec[];
  private readonly child: ShimProcess;
  private readonly device: ShimDevice;
  private readonly inputs: InputCheck;
  private readonly release: () => Promise<void>;
  private readonly ending = new Ending("this runner", "load another");
  private disposed: Promise<void> | undefined;

  constructor(
    configured: ConfiguredComponent,
    outputs: readonly TensorSpec[],
    child: ShimProcess,
    loaded: Loaded,
    device: ShimDevice,
    note: Note,
    release: () => Promise<void>,
  ) {
    this.configured = configured;
    this.outputs = outputs;
    this.child = child;
    this.device = device;
    this.inputs = new InputCheck(configured, note);
    this.release = release;
    this.settings = loaded.settings;
    this.memory = { weights: loaded.weightsBytes, activations: undefined, overhead: undefined };
  }

  async run(inputs: TensorMap, options: RunOptions = {}): Promise<TensorMap> {
    return (await this.time(inputs, options)).outputs;
  }

  async time(inputs: TensorMap, options: RunOptions = {}): Promise<TimedRun> {
    this.ending.check();
    givenOptions(options);
    const { signal } = options;
    const { child, configured, device } = this;
    const { engine } = configured.component;
    this.inputs.check(inputs);
    throwIfAborted(signal);
    try {
      await child.write(INPUTS, tensorParts(givenTensors(configured, inputs)));
      const asked: ShimMessage = { op: "run", inputs: child.path(INPUTS), outputs: child.path(OUTPUTS) };
      const ran = readRan(nameOf(engine), accepted(nameOf(engine), await this.ending.during(child.ask(asked, signal))));
      const outputs = outputsOf(configured, this.outputs, await child.read(OUTPUTS), child.path(OUTPUTS));
      const { elapsed, execute } = ran;
      const sections = [{ name: "", runs: 1, execute, gpu: undefined }];
      return {
        outputs,
        times: { elapsed, execute, gpu: undefined, sections },
        // On a CPU the device's memory is the process's own.
        peakBytes: ran.peakBytes ?? (device.name === "cpu" ? ran.processPeakBytes : undefined),
        processorMs: ran.processorMs,
      };
    } finally {
      await Promise.all([child.remove(INPUTS), child.remove(OUTPUTS)]);
    }
  }

  dispose(): Promise<void> {
    this.ending.end();
    this.disposed ??= this.release();
    return this.disposed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
