/** From a network's outputs for a seed to files. */
import type { Engine } from "../../engines/core/engine.ts";
import type { Featurised } from "../../engines/core/featurise.ts";
import { predictionForm } from "../../engines/core/prediction.ts";
import type { TensorMap } from "../../formats/tensor.ts";
import type { Complex } from "../../pipeline/complex.ts";
import {
  type OutputFile,
  type OutputOptions,
  sampleFiles,
  sampleName,
  structureText,
} from "../../pipeline/outputs/files.ts";
import { atomsOf } from "../../pipeline/outputs/structure.ts";
import { PAGE, samplePage } from "./page.ts";

/** A sample's scores and files. */
export interface Result {
  readonly sample: number;
  readonly rankingScore: number;
  readonly ptm: number;
  readonly iptm: number;
  readonly files: readonly OutputFile[];
}

/** The samples of a seed, one after the other. @throws {BadInputError} if outputs and job do not fit */
export function* resultsOf(
  engine: Engine,
  name: string,
  { complex, tokens, tensors }: Featurised,
  outputs: TensorMap,
  seed: number,
  options: OutputOptions,
): Generator<Result> {
  for (const prediction of predictionForm(engine).samples({ name, complex, tokens }, tensors, outputs, seed)) {
    const { sample, rankingScore, summary } = prediction;
    const { ptm, iptm } = summary;
    const own = sampleName(prediction);
    const page = { path: `${own}/${name}_${own}_${PAGE}`, chunks: [samplePage(prediction, options)] };
    yield { sample, rankingScore, ptm, iptm, files: [...sampleFiles(prediction, options), page] };
  }
}

/** Finds out before a network runs whether a format can hold the complex at all. @throws {BadInputError} if it cannot */
export function checkFormat(name: string, complex: Complex, { format }: OutputOptions): void {
  const atoms = atomsOf(complex);
  structureText(
    { name, complex, atoms, positions: new Float32Array(3 * atoms.length), plddt: atoms.map(() => 0) },
    "",
    {
      format,
    },
  );
}
