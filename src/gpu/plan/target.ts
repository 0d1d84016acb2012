/** What a plan must know of the device that will run it, as plain data: plans are recorded without a device. */

/** A row of the reviewed tuning table: the first row whose conditions hold decides. */
export interface TuningRow {
  /** Name of the variant to use. */
  readonly variant: string;
  /** Conditions; an absent one always holds. */
  readonly when: {
    readonly kernel?: string;
    readonly software?: boolean;
    readonly subgroupSize?: number;
  };
  /** Parameters of the variant that differ from its own. */
  readonly params?: Readonly<Record<string, number>>;
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

export interface Target {
  readonly software: boolean;
  readonly features: ReadonlySet<string>;
  /** The size of every subgroup, or undefined if it varies or is unknown. */
  readonly subgroupSize: number | undefined;
  readonly limits: TargetLimits;
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
  readonly tuning: readonly TuningRow[];
}

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

/** What every device can run: WebGPU's default limits, no optional features. For plans made without an adapter. */
export const anyDevice = (tuning: readonly TuningRow[]): Target => ({
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
