/** What is run: the preset `tiny` of an engine's trunk, with weights and features by the visitor's choices. */
import { type EngineName, type Files, openWeights, preset, type TensorMap, type Weights } from "af3-gpu";
import type { ConfiguredComponent, Sizes } from "../../../src/engines/core/component.ts";
import { findComponent, findEngine } from "../../../src/engines/index.ts";
import { fetchFiles } from "../../../src/platform/browser/files.ts";
import { tokensOf } from "../shared/choices.ts";
import type { Choices, RunRequest, WeightsFile } from "../shared/protocol.ts";
import { KnownFailure } from "./failures.ts";

export interface Workload {
  readonly choices: Choices;
  readonly engine: EngineName;
  readonly tokens: number;
  readonly config: unknown;
  readonly configured: ConfiguredComponent;
  readonly sizes: Sizes;
  readonly weights: Weights;
  /** Name of the pair representation among the outputs. */
  readonly pair: string;
}

/** Reads the weights and the config. @throws {KnownFailure} if the weights cannot be read */
export async function makeWorkload({ choices, file, base }: RunRequest): Promise<Workload> {
  const { engine } = choices;
  const tokens = tokensOf(choices);
  const { config, widths } = preset(engine, "trunk", "tiny");
  const trunk = findComponent(findEngine(engine), "trunk");
  const configured = trunk.configure(config, { ...widths, tokens }, () => {});
  const weights = await readWeights(choices, file, base);
  const pair = trunk.outputs.find(({ role }) => role === "pair")?.name ?? "";
  return { choices, engine, tokens, config, configured, sizes: configured.sizes, weights, pair };
}

async function readWeights(choices: Choices, file: WeightsFile | undefined, base: string): Promise<Weights> {
  if (!file && !choices.weights) return { kind: "random", seed: choices.seed };
  try {
    const opened = file
      ? await openWeights(oneFile(file), file.name)
      : await openWeights(fetchFiles, new URL(choices.weights, base).href);
    return { kind: "file", file: opened };
  } catch (error) {
    throw error instanceof Error ? new KnownFailure("weights", error) : error;
  }
}

/** A file that is in memory already. */
const oneFile = ({ name, bytes }: WeightsFile): Files => ({
  read: async () => bytes,
  async *stream() {
    yield bytes;
  },
  exists: async (path) => path === name,
  list: async () => undefined,
});

/** The same tensors as `af3-gpu bench` makes; a sequence changes the residues in them. */
export function inputsOf({ choices, configured }: Workload): TensorMap {
  const { seed, sequence } = choices;
  return configured.randomInputs(seed, sequence ? { sequence } : {});
}
