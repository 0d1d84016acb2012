/** One interface for every way to run an engine. */
/// <reference lib="esnext.disposable" preserve="true" />

import type { EngineName, Sizes } from "../engines/core/component.ts";
import type { Weights } from "../engines/core/weights.ts";
import type { Note } from "../formats/config.ts";
import type { TensorMap } from "../formats/tensor.ts";
import type { AdapterSummary } from "../gpu/device/adapter.ts";
import type { PrecisionMode } from "../gpu/plan/precision.ts";
import type { TuningUse } from "../kernels/tune/use.ts";

declare global {
  // A project may have neither the DOM's types nor Node's. Where it has, this is one more declaration of the same interface.
  interface AbortSignal {
    readonly aborted: boolean;
  }
}

export type BackendName = "webgpu" | "onnx-cpu" | "onnx-webgpu" | "onnx-cuda" | "onnx-coreml" | "native";
export const backendNames: readonly BackendName[] = [
  "webgpu",
  "onnx-cpu",
  "onnx-webgpu",
  "onnx-cuda",
  "onnx-coreml",
  "native",
];

/** What a backend runs on. */
export interface DeviceInfo {
  readonly name: string;
  /** Whether a CPU does the work in a GPU's place. */
  readonly software: boolean;
  /** Of a WebGPU device. */
  readonly adapter?: AdapterSummary;
  /** Which variants of our kernels it runs: the reviewed ones, or those of a table of the user's own. */
  readonly tuning?: TuningUse;
  /** Of what computes, by name, such as `torch`. */
  readonly versions?: Readonly<Record<string, string>>;
}

export type BackendStatus =
  | { readonly ready: true; readonly device: DeviceInfo }
  | { readonly ready: false; readonly reason: string; readonly fix: string };

export interface LoadRequest {
  readonly engine: EngineName;
  /** The engine's own name of the component. */
  readonly component: string;
  readonly config: unknown;
  readonly weights: Weights;
  /** `tokens`, and widths that the config does not hold. */
  readonly sizes: Sizes;
  /**
   * Names of the outputs that a run gives, of the component's `outputs` and `reductions`; all of the former if undefined. Others are not read
   * back, and `webgpu` does not make what only they need. Reductions are `webgpu`'s alone: of other backends they are refused.
   */
  readonly outputs?: readonly string[] | undefined;
  /** Bytes that may be held on the device: work is cut into smaller chunks, sections take turns on the device, or it is refused. */
  readonly memoryLimit?: number | undefined;
  /**
   * `mixed`: weights and operands of matrix products as halves, everything else and the whole diffusion module in float32; less
   * memory and traffic for errors of about 1e-3 (docs/precision.md). The backend's own choice if undefined, which is `f32` unless
   * it says otherwise. Backends other than `webgpu` have variants of their own in its place.
   */
  readonly precision?: PrecisionMode | undefined;
  /** The same for the diffusion module, which is `f32` whatever the rest is unless this says `mixed`. */
  readonly diffusionPrecision?: PrecisionMode | undefined;
  /** Threads of backends that compute on the CPU; their own choice if undefined. */
  readonly threads?: number | undefined;
  readonly note?: Note | undefined;
  /** Called whenever another piece has been compiled or uploaded. */
  readonly progress?: ((done: LoadProgress) => void) | undefined;
  /** Ends the load at once with a {@link CancelledError}. */
  readonly signal?: AbortSignal | undefined;
}

/** How far a load is: pipelines out of how many, then bytes out of how many. A backend may know less and tell nothing. */
export interface LoadProgress {
  readonly stage: "compiling" | "uploading";
  readonly done: number;
  readonly total: number;
}

/** How far a run is. */
export interface RunProgress {
  /** The part of the component that runs; empty if it has one only. */
  readonly section: string;
  /** Which run of this section it is, from 1: a recycle, or a step of the sampler. */
  readonly run: number;
  /** Steps of the section that are done, out of how many. */
  readonly step: number;
  readonly steps: number;
  /** What is done of the whole run's work, from 0 to 1: the time that is left follows from it. */
  readonly share: number;
  /** The last of them, by its scopes. */
  readonly label: string;
}

export interface RunOptions {
  readonly progress?: ((done: RunProgress) => void) | undefined;
  /** Ends the run at once with a {@link CancelledError}; the next one waits for what the device has begun. */
  readonly signal?: AbortSignal | undefined;
}

/** Bytes on the device, of the section that needs most if they take turns; undefined where the backend cannot tell. */
export interface MemoryReport {
  readonly weights: number | undefined;
  /** Everything that lives during a run, inputs and outputs included. */
  readonly activations: number | undefined;
  /** Uniforms, and buffers for upload and read-back. */
  readonly overhead: number | undefined;
}

/** How often a section ran in one run of its component, and its milliseconds altogether. */
export interface SectionTimes {
  readonly name: string;
  readonly runs: number;
  readonly execute: number;
  readonly gpu: number | undefined;
}

/** Milliseconds of one run; `execute` has inputs and outputs resident, summed over the sections like `gpu`. */
export interface RunTimes {
  readonly elapsed: number;
  readonly execute: number;
  readonly gpu: number | undefined;
  /** Every section of the component; one without a name if the backend knows no others. */
  readonly sections: readonly SectionTimes[];
}

/** What a run gave, and what it took. */
export interface TimedRun {
  readonly outputs: TensorMap;
  readonly times: RunTimes;
  /** The most bytes on the device during the run, as the backend counts them; undefined where it cannot tell. */
  readonly peakBytes: number | undefined;
  /**
   * Milliseconds of processor time that processes of the backend's own spent on the run, all their threads together: they are not in
   * this process's. Undefined where there are none, or nobody knows.
   */
  readonly processorMs?: number | undefined;
}

/** A component ready to run at one shape. */
export interface Runner extends AsyncDisposable {
  /**
   * @param inputs by the names of golden cases
   * @returns outputs by the names of golden cases, float32, as they were computed: `nonFinite` finds those that overflowed
   * @throws {BadInputError} if an input is missing, misshapen, or holds a value that it should not
   * @throws {CancelledError} if the signal fires
   * @throws {DeviceError} if the device fails
   */
  run(inputs: TensorMap, options?: RunOptions): Promise<TensorMap>;
  /** Runs once and tells where the time went. */
  time(inputs: TensorMap, options?: RunOptions): Promise<TimedRun>;
  readonly memory: MemoryReport;
  /** What a reader of the result must know of how it was run: threads, TF32, graph capture, and the like. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Frees everything on the device. */
  dispose(): Promise<void>;
}

export interface Backend extends AsyncDisposable {
  readonly name: BackendName;
  /** Which of the backend's ways to run it is, such as `mha`; empty if there is one only. */
  readonly variant: string;
  /** Whether it computes in a process of its own, whose processor time is not this one's. */
  readonly ownProcess?: boolean;
  /** Whether this backend can run the engine here, or why not and what helps. */
  status(engine: EngineName): Promise<BackendStatus>;
  /**
   * Builds everything that is not per run.
   * @throws {BadInputError} if config, sizes and weights do not fit, the device is too small for the sizes, or the backend was disposed of
   * @throws {UnavailableError} if the backend cannot run here
   */
  load(request: LoadRequest): Promise<Runner>;
  /** Lets go of devices and processes; the next load or status opens them anew. */
  release(): Promise<void>;
  /** Lets go of everything for good: nothing can be loaded any more. */
  dispose(): Promise<void>;
}

/** `onnx-webgpu:mha`, or the name alone where there is one way only. */
export const backendText = ({ name, variant }: { readonly name: string; readonly variant: string }): string =>
  variant === "" ? name : `${name}:${variant}`;
