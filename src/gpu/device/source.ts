/** Where adapters come from. */
import type { AdapterSummary } from "./adapter.ts";

declare global {
  // The public types say no more of WebGPU than this name: TypeScript's own DOM types and @webgpu/types contradict each other,
  // and a project may have neither. Declared again, an interface is the same one.
  interface GPU {}
}

/** What helps where no device can be had: a matter of the platform, for a page has no command line and a terminal no flags to set. */
export interface Advice {
  /** No adapter fits the choice. @param found whether there was any adapter */
  missing(choice: string, found: boolean): string;
  /** An adapter lacks what the kernels need. */
  readonly small: string;
  /** An adapter would not open. */
  readonly refused: string;
}

/** One way to reach a driver. The platform lists them in the order to try. */
export interface GpuSource {
  /** For messages, such as `the system's Vulkan driver`. */
  readonly name: string;
  /** Whether this source must be asked for by name or is only a last resort. */
  readonly software: boolean;
  readonly advice?: Advice;
  /** Makes sure that there is anything to ask. @throws {UnavailableError} which ends the search, as no other source would do better */
  ready?(): Promise<void>;
  /** Opens the source. @param adapter part of the name of the adapter to prefer. @throws if it is not there */
  open(adapter?: string): Promise<GPU>;
  /** Makes a call that asks for an adapter where the source's drivers are found, and leaves no trace of it behind. */
  within?<T>(ask: () => T): T;
  /** Bytes that a device of an adapter has, where the platform can tell. */
  memory?(adapter: AdapterSummary): number | undefined;
  /** Names of all adapters that can be asked for, where the source can tell. */
  names?(): Promise<readonly string[]>;
}
