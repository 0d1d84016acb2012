/** What is run: the preset `tiny` of an engine's trunk, with weights and features by the visitor's choices. */
import { type EngineName, type Files, fetchFiles, openWeights, type WeightFile, type Weights } from "af3-gpu";
import { type Workload as BenchWorkload, makeWorkload as makeBenchWorkload } from "af3-gpu/bench";
import { tokensOf } from "../shared/choices.ts";
import type { Choices, RunRequest, WeightsFile } from "../shared/protocol.ts";
import { KnownFailure } from "./failures.ts";

export interface Workload {
  readonly choices: Choices;
  readonly engine: EngineName;
  readonly tokens: number;
  readonly weights: Weights;
  /** Name of the pair representation among the outputs. */
  readonly pair: string;
  /** The same as the benchmark takes it: what `af3-gpu bench` runs, but for a sequence, which changes the residues. */
  readonly bench: BenchWorkload;
}

/** Reads the weights and the config. @throws {KnownFailure} if the weights cannot be read */
export async function makeWorkload({ choices, file, base }: RunRequest): Promise<Workload> {
  const { engine, seed, sequence } = choices;
  const tokens = tokensOf(choices);
  const weights = await readWeights(choices, file, base);
  const bench = await makeBenchWorkload(
    fetchFiles,
    {
      ...{ engine, mode: "trunk", component: "trunk", preset: "tiny", tokens, seed },
      weights: weights ? file?.name || choices.weights : "random",
      features: sequence ? `synthetic, sequence ${sequence}` : "synthetic",
    },
    {
      weights,
      ...(sequence && { inputs: (configured) => configured.randomInputs(seed, { sequence }) }),
    },
  );
  const pair = bench.configured.component.outputs.find(({ role }) => role === "pair")?.name ?? "";
  return { choices, engine, tokens, weights: bench.weightsFrom, pair, bench };
}

async function readWeights(
  { weights }: Choices,
  file: WeightsFile | undefined,
  base: string,
): Promise<WeightFile | undefined> {
  if (!file && !weights) return undefined;
  try {
    return file
      ? await openWeights(oneFile(file), file.name)
      : await openWeights(fetchFiles, new URL(weights, base).href);
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
