/** An engine: a public implementation whose networks we reproduce. */
import type { Component, EngineName } from "./component.ts";

export interface Engine {
  readonly name: EngineName;
  readonly components: readonly Component[];
  /** A weight's seeded random values, the same bytes as the exporters make (docs/random-tensors.md). */
  randomWeight(name: string, shape: readonly number[], seed: number): Float32Array;
}
