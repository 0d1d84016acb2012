/** What a plan must know of the device that will run it, as plain data: plans are recorded without a device. */
import type { Family } from "./kernel.ts";
import type { PrecisionPolicy } from "./precision.ts";

/** Where the numbers of a row come from. */
export type Origin =
  | { readonly kind: "measured"; readonly on: string; readonly see: string }
  | { readonly kind: "judgement"; readonly because: string };

/**
 * A row of a tuning table: which variant runs, and with which parameters. The first row that holds and whose variant can run
 * decides. It is about one kernel, or about all kernels that have this variant in a family.
 */
export type TuningRow = RowContent &
  ({ readonly kernel: string; readonly family?: undefined } | { readonly family: Family; readonly kernel?: undefined });

interface RowContent {
  /** Name of the variant to use. */
  readonly variant: string;
  /** Parameters of the variant that differ from its own. */
  readonly params?: Readonly<Record<string, number>>;
  /** Which adapters it is about; what is absent always holds. */
  readonly adapter?: AdapterCondition;
  /**
   * Bounds on sizes, inclusive: of a row for a kernel on that kernel's sizes and parameters, of a row for a family on `batch`,
   * `rows` and `columns` of the work.
   */
  readonly sizes?: Readonly<Record<string, readonly [least: number, most: number]>>;
  /** Whether it is about calls that have halves, or about those that have none; about both without it. */
  readonly halves?: boolean;
  /** A family that it makes way for in calls with halves, on devices on which that family's matrix units were right. */
  readonly yieldsTo?: Family;
  readonly origin: Origin;
}

/** Texts are parts of what WebGPU says of the adapter, in either case. */
export interface AdapterCondition extends Partial<AdapterIdentity> {
  readonly software?: boolean;
  /** Of every subgroup: adapters whose subgroups vary are never meant. */
  readonly subgroupSize?: number;
}

/** What WebGPU says of an adapter; texts may be empty. */
export interface AdapterIdentity {
  readonly vendor: string;
  /** Such as `rdna-3`, `ampere`, `metal-3`. */
  readonly architecture: string;
  readonly device: string;
}

export interface TargetLimits {
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly minStorageBufferOffsetAlignment: number;
}

/**
 * A product of matrices that the lanes of a subgroup compute together: of [M, K] by [K, N]. Types are WGSL's names of what is multiplied,
 * and of what the products are summed in.
 */
export interface SubgroupMatrix {
  readonly component: string;
  readonly result: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

export interface Target {
  readonly adapter: AdapterIdentity;
  readonly software: boolean;
  readonly features: ReadonlySet<string>;
  /** The size of every subgroup, or undefined if it varies or is unknown. */
  readonly subgroupSize: number | undefined;
  /** The smallest and the largest size that subgroups can have, where the adapter tells. */
  readonly subgroupSizes?: readonly [least: number, most: number] | undefined;
  /** What the adapter multiplies by whole subgroups; nothing, without the feature. */
  readonly subgroupMatrices?: readonly SubgroupMatrix[];
  /**
   * The families whose variants that multiply in less than float32 were tested on this device: undefined where they were right, so that plans
   * may choose them, else what was wrong. Of a family that is not there nothing is known.
   */
  readonly tested?: ReadonlyMap<Family, string | undefined>;
  readonly limits: TargetLimits;
  /** Bytes that all buffers together may have, where that is known: WebGPU does not tell. */
  readonly memory?: number | undefined;
  /**
   * How large an intermediate may grow before the layer that makes it works in chunks of rows; one representation's
   * size is always allowed, unless chunks are strict. Results do not depend on it.
   */
  readonly chunkBytes: number;
  /** Whether {@link chunkBytes} holds for intermediates smaller than the representation too: for a limit of memory. */
  readonly strictChunks?: boolean;
  /**
   * Whether the device holds only what the section that runs needs, and the host the rest: for a limit of memory. Results do not
   * depend on it (docs/decisions/0011-offload.md).
   */
  readonly offload?: boolean;
  /** In which precision plans are recorded; float32 without it. */
  readonly precision?: PrecisionPolicy;
  readonly tuning: readonly TuningRow[];
}

/** Each family whose matrix units were wrong on a target, with what was wrong; none where nothing was tested. */
export const wrongUnits = ({ tested = new Map() }: Pick<Target, "tested">): string[] =>
  [...tested].flatMap(([family, wrong]) => (wrong === undefined ? [] : [`${family}: ${wrong}`]));

/** WebGPU's default limits: what every adapter has. */
export const defaultLimits: TargetLimits = {
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  maxBufferSize: 256 * 2 ** 20,
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxStorageBuffersPerShaderStage: 8,
  minStorageBufferOffsetAlignment: 256,
};

/** The two limits on the size of an array. */
export type ArrayLimits = Pick<TargetLimits, "maxStorageBufferBindingSize" | "maxBufferSize">;

/** Of the steps in which Dawn grants limits, the one of GPUs with some gigabytes: for plans for a GPU that is not here to be asked. */
export const usualArrayLimits: ArrayLimits = {
  maxStorageBufferBindingSize: 2 ** 31 - 4,
  maxBufferSize: 2 ** 31,
};

/** What every device can run: WebGPU's default limits, no optional features. For plans made without an adapter. */
export const anyDevice = (tuning: readonly TuningRow[]): Target => ({
  adapter: { vendor: "", architecture: "", device: "" },
  software: false,
  features: new Set(),
  subgroupSize: undefined,
  limits: defaultLimits,
  chunkBytes: defaultChunkBytes,
  tuning,
});

/** The default of {@link Target.chunkBytes}: small enough to keep the peak near five pair tensors, large enough to fill a GPU. */
export const defaultChunkBytes = 32 * 2 ** 20;

/** Whether sizes are frozen into shaders, or travel as uniforms so that one shader serves all sizes. */
export type Sizing = "frozen" | "uniform";

/**
 * GPUs compile quickly and in parallel, and may gain from sizes that the compiler knows. On a CPU a shader's first use costs
 * about a second, and known sizes gain nothing (docs/decisions/0009-sizes-as-uniforms.md).
 */
export const sizingOf = ({ software }: Pick<Target, "software">): Sizing => (software ? "uniform" : "frozen");
