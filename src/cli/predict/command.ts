/** `af3-gpu predict`: from sequences to structures and scores. */
import { Command } from "commander";
import { msaServer } from "../align.ts";
import { featurisers, presetWords } from "../engine_words.ts";
import { withInputOptions } from "../features_of_input.ts";
import * as option from "../options.ts";
import { chainFile } from "./msas.ts";
import { checkPredictUse, type PredictOptions, seeds, usualEngine } from "./options.ts";
import { predict } from "./predict.ts";

const examples = (): string => `
An input is AlphaFold 3's JSON, a list of AlphaFold Server jobs or of such with more in them (docs/features.md), FASTA
(a chain per record: >A|protein), ColabFold's a3m, or a folder of these. Weights are shipped with nothing; random ones show that all works, and their structures
mean nothing. Every job has a folder in --out; the same command again goes on where it stopped.
Examples:
  af3-gpu predict job.json --weights af3.bin.zst --out predictions
  af3-gpu predict job.json --weights af3.bin.zst --msa-server https://msa.example.org --out predictions
  af3-gpu predict protein.fasta --weights random --steps 20 --samples 1 --out trial
  af3-gpu predict jobs/ --weights af3.bin.zst --out predictions --dry-run
  af3-gpu predict job.json --from-outputs outputs.npz --out predictions`;

const count = (name: string, least: number) => option.wholeNumber(`--${name}`, least);

export const predictCommand = (): Command =>
  withInputOptions(
    new Command("predict")
      .description("from sequences to structures and scores: features, network, files as AlphaFold 3 writes them")
      .argument("<input...>", "files such as job.json or protein.fasta, or folders of such")
      .requiredOption("--out <folder>", "where every job gets a folder", option.place("--out"))
      .option("--engine <name>", featurisers().join(" or "), option.engine, usualEngine())
      .option(
        "--weights <file|random>",
        "af3.bin[.zst] or safetensors; random: to try, means nothing",
        option.place("--weights"),
      )
      .option("--weights-seed <n>", "seed of random weights", option.wholeNumber("--weights-seed", 0, 2 ** 32 - 1), 0)
      .option(
        "--preset <size>",
        presetWords("tiny, block or paper (default what the weights fit; tiny with random ones)"),
        option.preset,
      )
      .option("--seeds <list>", "seeds of the model, such as 1,2,10-14 (default the input's)", seeds)
      .option("--samples <n>", "structures for each seed (default the engine's own, 5)", count("samples", 1))
      .option("--recycles <n>", "trips through the trunk after the first (default its own, 10)", count("recycles", 0))
      .option("--steps <n>", "steps of the sampler (default its own, 200)", count("steps", 1))
      .option("--msa <chain=file>", "a chain's MSA, such as A=a.a3m; as often as there are any", chainFile("--msa"))
      .option("--paired-msa <chain=file>", "a chain's MSA to be paired by species", chainFile("--paired-msa"))
      .option(
        "--msa-server <url>",
        "find MSAs that the input lacks on this server, as align does (docs/align.md)",
        msaServer,
      ),
  )
    .option("--precision <mode>", "f32, or mixed: weights and operands as halves", option.precision(), "f32")
    .option("--device <name>", "auto, cpu, cuda, mps, swiftshader, or part of an adapter's name", option.device, "auto")
    .option("--memory-limit <size>", "what may be held on the device, such as 8GiB", option.size("--memory-limit"))
    .option(
      "--format <name>",
      "of structures: mmcif, or pdb where it has room",
      option.oneOf("--format", ["mmcif", "pdb"]),
      "mmcif",
    )
    .option("--full-confidences", "write confidences of all pairs of tokens too")
    .option("--save-outputs", "keep the network's outputs, for --from-outputs")
    .option(
      "--from-outputs <file>",
      "make structures and scores of outputs that were kept, without a network",
      option.place("--from-outputs"),
    )
    .option("--deepmind-terms", "write AlphaFold 3's terms of use beside the outputs, as for its af3.bin")
    .option("--dry-run", "say what would run, what fits and how long it takes, and stop")
    .option("--force", "replace what is there")
    .option("--json", "print results as JSON")
    .addHelpText("after", examples())
    .action(predictVerb);

async function predictVerb(paths: readonly string[], options: PredictOptions, command: Command): Promise<void> {
  checkPredictUse(command, options);
  await predict(paths, options);
}
