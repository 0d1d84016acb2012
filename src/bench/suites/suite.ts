/** Suites of other projects: their shapes, inputs and tolerances, run through our layers. What differs: docs/suites.md. */
import type { Plan } from "../../gpu/plan/plan.ts";

/** A value passes if |got − want| ≤ atol + rtol · |want|. */
export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** Some values of an output in double precision. */
export interface Reference {
  /** Flat positions in the output. */
  readonly positions: ArrayLike<number>;
  readonly want: Float64Array;
  /**
   * The part of `want` that the layer computed, where the rest is an input that it adds. The relative tolerance counts this
   * part alone: beside a large input, any update would pass.
   */
  readonly update?: Float64Array;
}

/** What a run of an entry's plan takes, by input. */
export type Inputs = ReadonlyMap<string, Float32Array>;

/** One shape with one kind of inputs. */
export interface SuiteEntry {
  /** The suite that it belongs to. */
  readonly suite: string;
  readonly shape: string;
  /** How the inputs are drawn, such as `normal, masked`. */
  readonly inputs: string;
  readonly tolerance: Tolerance;
  /** Elements of the batch. Each is a run of the plan; times add up. */
  readonly batch: number;
  /** Whether the geometric mean counts it; one entry of each shape. */
  readonly scored: boolean;
  /** Records the layer on the plan's inputs, `times` times over, with the output `output`. Makes no values. */
  record(plan: Plan, seed: number, times: number): void;
  /** Draws the inputs of an element of the batch. */
  draw(seed: number, element: number): Inputs;
  /** Computes some values of that element's output. */
  reference(inputs: Inputs, seed: number): Reference;
}

export interface Suite {
  readonly name: string;
  readonly entries: readonly SuiteEntry[];
}

/** The name of every entry's output. */
export const OUTPUT = "output";

export const entryName = ({ suite, shape, inputs }: SuiteEntry): string => `${suite} ${shape}, ${inputs}`;
