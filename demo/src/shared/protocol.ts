/** What the page and its worker say to each other. */

import type { EngineName, PrecisionMode } from "af3-gpu";
import type { BenchRow } from "af3-gpu/bench";

/** One precision, or both in turns; as the command line has it. */
export type PrecisionChoice = PrecisionMode | "f32,mixed";

/** What the visitor chose. */
export interface Choices {
  readonly engine: EngineName;
  readonly tokens: number;
  readonly seed: number;
  /** One-letter codes; empty for residues from the seed. */
  readonly sequence: string;
  readonly passes: number;
  readonly precision: PrecisionChoice;
  /** Address of a file of weights; empty for random ones. */
  readonly weights: string;
}

/** Bytes of a weights file that was chosen on the visitor's machine. */
export interface WeightsFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface RunRequest {
  readonly choices: Choices;
  readonly file: WeightsFile | undefined;
  /** Where the page lies; the worker's own address is another. */
  readonly base: string;
  /** What the page knows of the browser and a worker does not. */
  readonly visible: boolean;
}

/** What the worker can be asked to do, one thing at a time. */
export type Job =
  | { readonly kind: "describe" }
  | { readonly kind: "run"; readonly request: RunRequest }
  | { readonly kind: "oppose"; readonly request: RunRequest };

export type ToWorker =
  | { readonly kind: "job"; readonly id: number; readonly job: Job }
  | { readonly kind: "visible"; readonly visible: boolean }
  | { readonly kind: "stop" };

export interface DeviceCard {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly software: boolean;
  readonly subgroups: string;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

export interface Progress {
  /** What is being done, for people. */
  readonly doing: string;
  /** From 0 to 1 over the whole run. */
  readonly share: number;
  /** Which of the trunk's blocks runs; undefined outside of a run of the trunk. */
  readonly block?: number;
}

/** A layer's dispatch and what it took. */
export interface StepTime {
  readonly label: string;
  readonly kernel: string;
  readonly ms: number;
}

/** Of a run in one precision. */
export interface StepTimes {
  readonly precision: PrecisionMode;
  /** `gpu`: timestamps per dispatch; `wall`: wall clock per section. */
  readonly clock: "gpu" | "wall";
  /** How many runs the times are means of. */
  readonly runs: number;
  readonly steps: readonly StepTime[];
}

/** Of a run in one precision. */
export interface Times {
  readonly precision: PrecisionMode;
  readonly compile: number;
  readonly first: number;
  readonly passes: readonly PassTime[];
  /** Passes that were thrown away because the tab was in the background. */
  readonly discarded: number;
  readonly flops: number;
  readonly weightBytes: number;
  readonly peakBytes: number;
  /** What the plan says of itself, as in rows of results. */
  readonly settings: BenchRow["settings"];
}

export interface PassTime {
  readonly elapsed: number;
  readonly execute: number;
  readonly gpu: number | undefined;
}

/** One output of one recording. */
export interface CheckLine {
  readonly precision: PrecisionMode;
  readonly recording: string;
  readonly output: string;
  readonly error: number;
  readonly bound: number;
  readonly passed: boolean;
}

export interface Check {
  readonly passed: boolean;
  readonly lines: readonly CheckLine[];
  /** The recording that is this very run, if there is one. */
  readonly same: string | undefined;
  /** Why a recording could not be read or run. */
  readonly broken: string | undefined;
  /** The repository that was recorded, and its commit. */
  readonly source: { readonly repo: string; readonly commit: string } | undefined;
}

export interface Maps {
  readonly tokens: number;
  /** Of distance, and where the first begins and the last ends, in Ångström. */
  readonly bins: number;
  readonly range: readonly [number, number];
  /** [tokens, tokens] Ångström. */
  readonly distance: Float32Array;
  /** [tokens, tokens] probabilities. */
  readonly contact: Float32Array;
  /** One-letter codes of the tokens, X where a token is none of the twenty amino acids; undefined where that is not known. */
  readonly residues?: string | undefined;
}

export interface PairStatistics {
  readonly shape: readonly number[];
  readonly mean: number;
  readonly deviation: number;
  readonly least: number;
  readonly median: number;
  readonly most: number;
  readonly notFinite: number;
  /** Median and histogram are those of every so many values. */
  readonly every: number;
  /** Counts of values between `from` and `to`, which hold all but the outer thousandths. */
  readonly histogram: { readonly from: number; readonly to: number; readonly counts: readonly number[] };
  /** Root mean square by channel. */
  readonly channels: readonly number[];
}

/** One runtime's passes, in turns with the others. */
export interface Opponent {
  readonly name: string;
  /** As in rows of results. */
  readonly precision: string;
  readonly settings: string;
  readonly compile: number | undefined;
  readonly passes: readonly number[];
  /** Largest error of its outputs, and what they were compared with, as in rows of results. */
  readonly error: number | undefined;
  readonly check: string;
  /** Why it has no times. */
  readonly failed: string | undefined;
}

export type Part =
  | { readonly name: "blocks"; readonly blocks: readonly string[] }
  | { readonly name: "check"; readonly check: Check }
  | { readonly name: "times"; readonly times: Times }
  | { readonly name: "steps"; readonly steps: StepTimes }
  | { readonly name: "maps"; readonly maps: Maps | undefined; readonly why: string }
  | { readonly name: "pair"; readonly statistics: PairStatistics }
  | { readonly name: "rows"; readonly rows: readonly BenchRow[] }
  | { readonly name: "tensors"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly name: "opponents"; readonly opponents: readonly Opponent[]; readonly rows: readonly BenchRow[] };

/** What went wrong, in kinds that have messages of their own. */
export type FailureKind =
  | "no-webgpu"
  | "insecure"
  | "no-worker-webgpu"
  | "no-adapter"
  | "limits"
  | "lost"
  | "out-of-memory"
  | "too-large"
  | "weights"
  | "sequence"
  | "input"
  | "silent"
  | "script"
  | "bug";

export interface Failure {
  readonly kind: FailureKind;
  /** The library's own sentence. */
  readonly detail: string;
  /** The largest N that fits, if that is what helps. */
  readonly largest?: number;
}

export type FromWorker =
  | { readonly kind: "device"; readonly card: DeviceCard }
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "part"; readonly part: Part }
  | { readonly kind: "done" }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly failure: Failure };

/** A sign of life, or what a job says; a job that has been replaced by another is not listened to. */
export type Envelope = { readonly id: number; readonly message: FromWorker } | "alive";
