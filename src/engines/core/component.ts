/** A part of an engine that can run alone: what goes in, what comes out, and how it is recorded. */
import type { Note } from "../../formats/config.ts";
import type { HostTensor, TensorMap } from "../../formats/tensor.ts";
import type { presets } from "../../generated/presets.ts";
import type { StoredArray } from "../../gpu/plan/dtype.ts";
import type { Output, Plan, Tensor } from "../../gpu/plan/plan.ts";
import type { PositionBounds } from "../../kernels/check/tolerance.ts";
import type { WeightSource } from "../../model/linear.ts";
import type { SyntheticOptions } from "../../pipeline/synthetic/assembly.ts";

/** The name of a registered engine: one of those that have a file under presets/, or of those that were added to them. */
export type EngineName = keyof typeof presets | (string & {});

/** Sizes by name: `tokens`, and widths that a config need not hold, such as `c_s`. */
export type Sizes = Readonly<Record<string, number>>;

/** An input or output by its name in golden cases. */
export interface TensorSpec {
  readonly name: string;
  /** Names of sizes, or fixed sizes; no axis for a scalar. */
  readonly shape: readonly (string | number)[];
  /** `mask`: zeros and ones, in int32 or float32. `integer`: int32. Without a kind: finite float32. */
  readonly kind?: "mask" | "integer";
  /** Whether a run can do without it. */
  readonly optional?: boolean;
  /** The least and the largest value allowed. */
  readonly range?: readonly [least: number, largest: number];
  /** `pair`: the pair representation, which pages draw. `level`: noise levels in ångström. */
  readonly role?: "pair" | "level";
}

/** An output, and how far it may stray from a recorded one. */
export interface OutputSpec extends TensorSpec {
  /** On the largest error; the common bound of components if there is none. */
  readonly bound?: number;
  /** On the RMSD of each sample, for sampled positions, in the place of the largest error. */
  readonly positions?: PositionBounds;
}

/** What a whole network counts: trips through the trunk after the first, steps of the sampler's schedule, and samples. */
export type CountName = "recycles" | "steps" | "samples";

/** Names of outputs. */
export type Wanted = ReadonlySet<string>;

/** How a config keeps a count. */
export interface Count {
  /** The fields that lead to it. */
  readonly path: readonly string[];
  /** What the config says of a count. */
  toConfig?(count: number): number;
  /** The least that makes sense. */
  readonly least: number;
}

export interface Component {
  readonly engine: EngineName;
  /** The engine's own name, as in golden cases. */
  readonly name: string;
  /** The name that engines share for such a component, where its own differs from engine to engine. */
  readonly shortName?: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly OutputSpec[];
  /** Outputs that are given only where they are asked for by name, in the place of larger ones that they are made of. */
  readonly reductions?: readonly OutputSpec[];
  /** Whether its inputs are the features of a complex, and not representations. */
  readonly readsFeatures?: boolean;
  /** What its config counts, so that commands can ask for other counts. */
  readonly counts?: Partial<Readonly<Record<CountName, Count>>>;
  /** The size that counts trips through the trunk, the first one included, where an exported graph is one trip. */
  readonly trips?: string;
  /** Why no graph of it is exported; undefined if there can be one. */
  readonly notExported?: string;
  /** Whether it has no attention, so that there is one way only to export it. */
  readonly withoutAttention?: boolean;
  /** Of a distogram: the edges between the bins of its logits, one fewer, in Ångström. @throws {BadInputError} as `configure` does */
  binEdges?(config: unknown, sizes: Sizes): readonly number[];
  /**
   * Reads a config for inputs of these sizes.
   * @param note is told of fields that are ignored
   * @throws {BadInputError} if a field is malformed, a width is missing or contradicts the sizes
   */
  configure(config: unknown, sizes: Sizes, note: Note): ConfiguredComponent;
}

/** What a section is given: for each input that its plan declared, an array of its type and size. */
export type SectionInputs = ReadonlyMap<Tensor, StoredArray>;

/** What a section gives back. */
export interface SectionOutputs {
  /** @throws if the section has no such output, or one that is not float32: a mistake in what was recorded */
  get(output: Output): Float32Array;
}

/** Runs the sections of a component's plan. */
export interface Session {
  /** @param section undefined for the only one */
  run(section: string | undefined, inputs: SectionInputs): Promise<SectionOutputs>;
}

/** A session on something that runs sections with inputs and outputs by their names. */
export const sessionOf = (
  run: (
    section: string | undefined,
    inputs: ReadonlyMap<string, StoredArray>,
  ) => Promise<ReadonlyMap<string, StoredArray>>,
): Session => ({
  async run(section, inputs) {
    const outputs = await run(section, new Map([...inputs].map(([{ name }, values]) => [name, values])));
    return {
      get({ name }) {
        const values = outputs.get(name);
        if (!(values instanceof Float32Array)) throw new Error(`the output ${name} holds no float32`);
        return values;
      },
    };
  },
});

/** A recorded plan of one section: inputs go in once, outputs come out once. */
export interface SinglePass {
  /** Checked inputs as the plan takes them: padded, masks in both orientations. */
  toDevice(inputs: TensorMap): SectionInputs;
  /** The plan's outputs under the names and shapes of golden cases. */
  fromDevice(outputs: SectionOutputs): Map<string, HostTensor>;
}

/** A recorded plan with sections that the component runs as often as it needs. */
export interface ManyPasses {
  /**
   * Runs the recorded sections.
   * @param inputs checked
   * @returns outputs under the names and shapes of golden cases
   */
  run(session: Session, inputs: TensorMap): Promise<Map<string, HostTensor>>;
}

/** What runs a plan that a component has recorded: it knows the plan's inputs and outputs by their handles. */
export type Recorded = SinglePass | ManyPasses;

/** Runs a component's recorded plan. @param inputs checked @returns outputs under the names and shapes of golden cases */
export async function runRecorded(
  recorded: Recorded,
  session: Session,
  inputs: TensorMap,
): Promise<Map<string, HostTensor>> {
  if ("run" in recorded) return recorded.run(session, inputs);
  return recorded.fromDevice(await session.run(undefined, recorded.toDevice(inputs)));
}

/** How often one run of a component runs a section of its plan. */
export const runsOf = ({ repeats }: Pick<ConfiguredComponent, "repeats">, section: string): number =>
  repeats?.get(section) ?? 1;

/** A component at one config and one shape. */
export interface ConfiguredComponent {
  readonly component: Component;
  /** All sizes, with those that the config gave. */
  readonly sizes: Sizes;
  /** Names and shapes of all weights that the config asks for. */
  readonly weights: ReadonlyMap<string, readonly number[]>;
  /** Names and shapes of what published files of it hold besides, and nothing reads. */
  readonly unread?: ReadonlyMap<string, readonly number[]>;
  /** How often one run of the component runs each section that it runs more than once, by the section's name. */
  readonly repeats?: ReadonlyMap<string, number>;
  /**
   * Records the component.
   * @param source values of weights; without it the plan can be inspected but not run
   * @param wanted names of the outputs that are read; all that there are, without reductions, if undefined. Others may be left out
   * @returns what runs this plan
   */
  record(plan: Plan, source?: WeightSource, wanted?: Wanted): Recorded;
  /**
   * The standard synthetic inputs (docs/random-tensors.md).
   * @param changes of the complex, for a component that reads features
   */
  randomInputs(seed: number, changes?: Partial<SyntheticOptions>): Map<string, HostTensor>;
  /** The outputs in double precision, of a component that has no recorded case: it is judged by them. @param source values of weights */
  reference?(inputs: TensorMap, source: WeightSource): ReadonlyMap<string, Float64Array>;
}
