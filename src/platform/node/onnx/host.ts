/** ONNX Runtime for Node, each graph in a process of its own: a crash, a hang or Ctrl-C ends that process and no more. */
import { readdirSync, readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { BackendStatus } from "../../../backends/backend.ts";
import type {
  OnnxDone,
  OnnxHost,
  OnnxOpenRequest,
  OnnxProfile,
  OnnxProfileAsk,
  OnnxProvider,
  OnnxSession,
  OnnxSettings,
  OnnxWork,
  StoredGraph,
} from "../../../backends/onnx/host.ts";
import { DeviceError, UnavailableError } from "../../../errors.ts";
import type { AdapterSummary } from "../../../gpu/device/adapter.ts";
import { OnnxChild } from "./child.ts";
import { graphsFolder, stage, storedGraphs } from "./graphs.ts";

/** A model beside its weights, and how many sessions use it. */
interface Staged {
  readonly key: unknown;
  readonly identity: unknown;
  readonly model: Promise<string>;
  users: number;
}

export interface OnnxHostOptions {
  /** As `--device` has it: which adapter `webgpu` runs on. */
  readonly device?: string;
  /** Where exported graphs lie, and models are laid beside their weights. */
  readonly folder?: string;
}

export class NodeOnnxHost implements OnnxHost {
  private readonly device: string;
  private readonly folder: string;
  private readonly statuses = new Map<OnnxProvider, Promise<BackendStatus>>();
  private readonly sessions = new Set<ChildSession>();
  private staged: Staged[] = [];
  /** A process that has found its provider and waits for a graph: starting it is no part of a load. */
  private spare: { readonly provider: OnnxProvider; readonly child: OnnxChild } | undefined;
  private disposed = false;

  constructor({ device = "auto", folder = graphsFolder() }: OnnxHostOptions = {}) {
    this.device = device;
    this.folder = folder;
  }

  status(provider: OnnxProvider): Promise<BackendStatus> {
    const known = this.statuses.get(provider) ?? this.find(provider);
    this.statuses.set(provider, known);
    return known;
  }

  graphs(prefix: string): Promise<readonly StoredGraph[]> {
    return storedGraphs(prefix, this.folder);
  }

  async open(request: OnnxOpenRequest): Promise<OnnxSession> {
    const { provider, model, identity, weights, plain, signal } = request;
    const key = "folder" in model ? model.folder : "own";
    const staged = await this.stage(key, identity, () => stage(model, weights, this.folder));
    const child = this.takeSpare(provider) ?? new OnnxChild();
    try {
      const threads = request.threads ?? physicalCores();
      const open = { provider, device: this.device, model: await staged.model, threads, plain };
      const settings = await child.ask({ op: "open", open }, { signal });
      const session = new ChildSession(child, provider, settings, () => this.release(session, staged));
      this.sessions.add(session);
      return session;
    } catch (error) {
      await child.stop();
      staged.users--;
      throw error;
    }
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await this.spare?.child.stop();
    this.spare = undefined;
    await Promise.all([...this.sessions].map((session) => session.dispose()));
    await Promise.all(this.staged.map(remove));
    this.staged = [];
    this.statuses.clear();
    this.disposed = false; // it may be used again: a cold pass begins anew
  }

  private async find(provider: OnnxProvider): Promise<BackendStatus> {
    const child = new OnnxChild();
    try {
      const { adapter, ...device } = await child.ask({ op: "probe", provider, device: this.device });
      await this.spare?.child.stop();
      this.spare = { provider, child };
      return { ready: true, device: { ...device, ...(adapter ? { adapter: adapter as AdapterSummary } : {}) } };
    } catch (error) {
      await child.stop();
      if (error instanceof UnavailableError) return { ready: false, reason: error.message, fix: error.fix };
      if (!(error instanceof DeviceError)) throw error;
      const fix = "run another backend; if the driver is the cause, another --device may do";
      return { ready: false, reason: error.message, fix };
    }
  }

  private takeSpare(provider: OnnxProvider): OnnxChild | undefined {
    if (this.spare?.provider !== provider) return undefined;
    const { child } = this.spare;
    this.spare = undefined;
    return child;
  }

  /** Writes the weights of a graph once, and keeps those that nobody uses until others are written. */
  private async stage(key: unknown, identity: unknown, make: () => Promise<string>): Promise<Staged> {
    let staged = this.staged.find((one) => one.key === key && one.identity === identity);
    if (!staged) {
      const idle = this.staged.filter(({ users }) => users === 0);
      this.staged = this.staged.filter(({ users }) => users > 0);
      await Promise.all(idle.map(remove));
      staged = { key, identity, model: make(), users: 0 };
      this.staged.push(staged);
    }
    staged.users++;
    try {
      await staged.model;
    } catch (error) {
      this.staged = this.staged.filter((one) => one !== staged);
      throw error;
    }
    return staged;
  }

  private release(session: ChildSession, staged: Staged): void {
    this.sessions.delete(session);
    staged.users--;
    if (this.disposed || this.spare) return;
    // The next load finds a process that runs already; should it fail to start, that load will say so.
    const child = new OnnxChild();
    this.spare = { provider: session.provider, child };
    child.ask({ op: "probe", provider: session.provider, device: this.device }).catch(() => {});
  }
}

const remove = async ({ model }: Staged): Promise<void> => {
  const file = await model.catch(() => undefined);
  if (file) await rm(path.dirname(file), { recursive: true, force: true });
};

class ChildSession implements OnnxSession {
  readonly provider: OnnxProvider;
  private told: OnnxSettings;
  private readonly child: OnnxChild;
  private readonly onEnd: () => void;
  private asked = false;
  private open = true;

  constructor(child: OnnxChild, provider: OnnxProvider, settings: OnnxSettings, onEnd: () => void) {
    this.child = child;
    this.provider = provider;
    this.told = settings;
    this.onEnd = onEnd;
  }

  get settings(): OnnxSettings {
    return this.told;
  }

  async run(
    work: OnnxWork,
    options: {
      readonly signal?: AbortSignal | undefined;
      readonly progress?: ((trip: number) => void) | undefined;
    } = {},
  ): Promise<OnnxDone> {
    const done = await this.child.ask({ op: "run", work }, options);
    if (!this.asked && this.provider !== "cpu") await this.findPlacements();
    this.asked = true;
    return done;
  }

  async profile(work: OnnxWork, { signal, ...ask }: OnnxProfileAsk): Promise<OnnxProfile> {
    const { file, runs } = await this.child.ask({ op: "profile", work, ...ask }, { signal });
    try {
      return { runs, trace: await readFile(file, "utf8") };
    } finally {
      await rm(file, { force: true });
    }
  }

  async dispose(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await this.child.stop();
    this.onEnd();
  }

  /** After the first run and outside of all times: which nodes are left to the CPU. */
  private async findPlacements(): Promise<void> {
    const placements = await this.child.placements();
    if (placements) this.told = { ...this.told, nodesOnCpu: placements.get("CPUExecutionProvider") ?? 0 };
  }
}

/** ONNX Runtime's own choice of threads, counted here so that it can be stated: one per core. */
function physicalCores(): number {
  const all = os.availableParallelism();
  const root = "/sys/devices/system/cpu";
  try {
    const cores = readdirSync(root).filter((name) => /^cpu\d+$/.test(name));
    const siblings = cores.map((name) => readFileSync(path.join(root, name, "topology/thread_siblings_list"), "utf8"));
    return Math.max(1, Math.min(all, new Set(siblings).size));
  } catch {
    return all; // no Linux, or no such files
  }
}
