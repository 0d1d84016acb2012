/** What the ONNX backends need of the platform: the graphs that were exported, and ONNX Runtime with one of its providers. */
import type { BadInputError } from "../../errors.ts";
import type { OnnxType } from "../../formats/onnx_graph.ts";
import type { BackendStatus } from "../backend.ts";
import type { OnnxManifest } from "./manifest.ts";

/** ONNX Runtime's name of what executes. */
export type OnnxProvider = "cpu" | "webgpu" | "cuda" | "coreml";
export const onnxProviders: readonly OnnxProvider[] = ["cpu", "webgpu", "cuda", "coreml"];

/** A tensor as a graph takes it. */
export interface OnnxFeed {
  readonly type: OnnxType;
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

/** Tensors by the names of a graph's inputs. */
export type OnnxFeeds = Readonly<Record<string, OnnxFeed>>;

/** One run of a graph, which may be several trips through it. */
export interface OnnxWork {
  /** Inputs that all trips share. */
  readonly constant: OnnxFeeds;
  /** By trip, the inputs that are its own; the first has what is carried from trip to trip, too. */
  readonly trips: readonly OnnxFeeds[];
  /** Which output of a trip is which input of the next. */
  readonly carry: readonly { readonly output: string; readonly input: string }[];
  /** The outputs to read back after the last trip. */
  readonly outputs: readonly string[];
}

/** A float32 tensor that a graph gave. */
export interface OnnxResult {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export interface OnnxDone {
  readonly outputs: Readonly<Record<string, OnnxResult>>;
  /** Milliseconds with upload and read-back. */
  readonly elapsed: number;
  /** Milliseconds with inputs and outputs resident, where the provider can keep them there. */
  readonly execute: number;
  readonly peakBytes: number | undefined;
  /** Milliseconds of processor time that a process of its own spent on it; undefined where ONNX Runtime runs in this one. */
  readonly processorMs?: number | undefined;
}

export type OnnxSettings = Readonly<Record<string, string | number | boolean>>;

/** A graph that ONNX Runtime has loaded. */
export interface OnnxSession {
  /** What was asked of ONNX Runtime, and what it told; grows with the first run. */
  readonly settings: OnnxSettings;
  /**
   * @param signal ends the session if it fires: native code cannot be stopped otherwise
   * @param progress is told of each trip that has ended, from 1
   * @throws {DeviceError} if ONNX Runtime fails or its process ends
   * @throws {CancelledError} if the signal fires
   */
  run(
    work: OnnxWork,
    options?: { readonly signal?: AbortSignal | undefined; readonly progress?: ((trip: number) => void) | undefined },
  ): Promise<OnnxDone>;
  /**
   * Runs again in a session of its own that ONNX Runtime profiles. Not offered by every host.
   * @throws what {@link run} does
   */
  profile?(work: OnnxWork, ask: OnnxProfileAsk): Promise<OnnxProfile>;
  dispose(): Promise<void>;
}

export interface OnnxProfileAsk {
  /** At most so many runs, and the one before them that allocates. */
  readonly runs: number;
  /** Fewer, but one, once so many milliseconds have gone by. */
  readonly patience: number;
  readonly signal?: AbortSignal | undefined;
}

export interface OnnxProfile {
  /** How many runs it is of, with the first one. */
  readonly runs: number;
  /** What ONNX Runtime wrote: a trace in Chrome's format, as JSON. */
  readonly trace: string;
}

/** A graph in the cache, or why it cannot be read. */
export type StoredGraph =
  | { readonly folder: string; readonly manifest: OnnxManifest }
  | { readonly folder: string; readonly broken: BadInputError };

/** A part of the file of weights: float32 values of one parameter. */
export interface WeightPart {
  /** Bytes from the beginning of the file. */
  readonly at: number;
  readonly values: Float32Array;
}

/** Where a model's bytes are: a graph in the cache, or in memory if it is our own. */
export type OnnxModel = { readonly folder: string; readonly manifest: OnnxManifest } | { readonly bytes: Uint8Array };

export interface OnnxOpenRequest {
  readonly provider: OnnxProvider;
  readonly model: OnnxModel;
  /** Equal for equal weights of this model: their file is written once. */
  readonly identity: unknown;
  readonly weights: () => Iterable<WeightPart>;
  /** Of the provider `cpu`, and of what others leave to the CPU; all physical cores if undefined. */
  readonly threads: number | undefined;
  /** Whether the time with upload and read-back is that of one call with host tensors, as the smallest graphs need it. */
  readonly plain: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface OnnxHost {
  /** Whether a provider is here, or why not. */
  status(provider: OnnxProvider): Promise<BackendStatus>;
  /** The graphs in the cache whose folders begin so. */
  graphs(prefix: string): Promise<readonly StoredGraph[]>;
  /**
   * Loads a model with its weights.
   * @throws {BadInputError} if a file is damaged or ONNX Runtime refuses it
   * @throws {UnavailableError} if the provider is not here
   * @throws {DeviceError} if ONNX Runtime's process ends
   */
  open(request: OnnxOpenRequest): Promise<OnnxSession>;
  /** Ends everything that is open and removes what was written for it. */
  dispose(): Promise<void>;
}
